"""Identities, alert ids and days."""

import uuid
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from streams.domain.identity import ALERT_NAMESPACE, alert_id, identity_of, iso_day

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
DAYS = st.integers(0, 40_000)


@given(TEXT, TEXT, DAYS, TEXT, st.integers(0, 9), TEXT)
def test_an_alert_id_is_the_uuid5_of_its_parts(
    brand: str, store: str, day: int, source: str, generation: int, response_id: str
) -> None:
    """Others can work it out with any library that knows UUIDs."""
    on = (date(1970, 1, 1) + timedelta(days=day)).isoformat()
    name = f"{brand}|{store}|{on}|{source}|{generation}|{response_id}"
    assert str(uuid.uuid5(ALERT_NAMESPACE, name)) == alert_id(brand, store, day, source, generation, response_id)


def test_the_namespace_and_an_id_stay_as_published() -> None:
    """What follow-up systems have stored is found again for ever."""
    assert "6f2a4f0e-6c5b-5d0e-9a53-2f4c1f7b8e21" == str(ALERT_NAMESPACE)
    assert "b8b15522-f541-5a3f-85fa-cbdfeca2aa1e" == alert_id("Nord", "Lyon", 20_000, "", 0, "r-1")


@given(DAYS)
def test_a_day_is_its_iso_date(day: int) -> None:
    """The same date as the calendar of Python has."""
    assert (date(1970, 1, 1) + timedelta(days=day)).isoformat() == iso_day(day)


@given(st.tuples(TEXT, TEXT), st.tuples(TEXT, TEXT))
def test_source_and_response_id_do_not_run_into_each_other(one: tuple[str, str], other: tuple[str, str]) -> None:
    """`a`, `bc` and `ab`, `c` are two responses."""
    no_nul = [(source.replace("\0", ""), name.replace("\0", "")) for source, name in (one, other)]
    assert (no_nul[0] == no_nul[1]) == (identity_of(*no_nul[0]) == identity_of(*no_nul[1]))
    assert identity_of("a", "bc") != identity_of("ab", "c") != identity_of("", "abc")


def test_an_identity_is_64_bits() -> None:
    """It is kept in an unsigned column of eight bytes."""
    assert all(0 <= identity_of("till", f"r-{n}") < 2**64 for n in range(100))
    assert 100 == len({identity_of("till", f"r-{n}") for n in range(100)})
