"""The names of brands and stores."""

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from streams.events import names
from streams.events.names import normal_name


@given(st.text(max_size=70) | st.text("a |\t\u00a0\u2003\u2028\u200d\u0301é\x85", max_size=4))
def test_a_name_is_taken_in_form_c_or_not_at_all(name: str) -> None:
    """1 to 64 characters, no outer blank, no bar, no control or separator; a taken one is taken again unchanged."""
    form_c = unicodedata.normalize("NFC", name)
    kinds = {unicodedata.category(character) for character in form_c}
    fits = 1 <= len(form_c) <= 64 and form_c == form_c.strip() and "|" not in form_c and not kinds & {"Cc", "Zl", "Zp"}

    assert normal_name(name) == (form_c if fits else None)
    if fits:
        assert normal_name(form_c) == form_c
        assert re.search(names.PATTERN, form_c)


def test_the_memory_of_names_is_bounded() -> None:
    """A stream of ever new names does not fill it."""
    for number in range(200_100):
        normal_name(f"store {number}")

    assert len(names.known) <= 200_000
