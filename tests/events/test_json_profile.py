"""The JSON that is taken, apart from what it says."""

import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.events.json_grammar import is_json
from streams.events.json_profile import RECORD_BYTES_MAX, is_proven, read_json
from streams.events.rejected import Rejected
from tests.events.documents import VALUES, Pairs, as_doubles, documents, spelled

TOKENS = st.sampled_from(
    ["{", "}", "[", "]", ":", ",", '"a"', '"', "1", "-0.5e3", "01", "1e400", "true", "nul", " ", "\n", "\\"]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(TOKENS, max_size=12).map("".join) | VALUES.map(json.dumps))
def test_the_grammar_agrees_with_the_parser(text: str) -> None:
    """For texts that a parser can hold, the iterative grammar says what the parser says."""
    document = read_json(text.encode())
    refused = document == Rejected("invalid_json")

    if not refused or "\\u" not in text:  # the grammar is not asked about characters
        assert (not refused) == is_json(text)


@settings(max_examples=300, deadline=None)
@given(raw=documents().flatmap(spelled))
def test_what_is_proven_is_within_the_profile(raw: bytes) -> None:
    """A proof is never wrong: the slow reader takes what was proven, as the same document."""
    try:
        document = orjson.loads(raw)
    except ValueError:
        return

    if is_proven(raw, document):
        assert document == as_doubles(read_json(raw))


@settings(max_examples=200, deadline=None)
@given(pairs=documents(), data=st.data())
def test_a_planted_duplicate_is_found(pairs: Pairs, data: st.DataObject) -> None:
    """One more pair with a name that is there: refused, and never proven."""
    raw = data.draw(spelled([*pairs, pairs[0]]))

    assert isinstance(read_json(raw), Rejected)
    try:
        document = json.loads(raw)
    except ValueError:
        return
    assert not is_proven(raw, document)


@pytest.mark.timeout(20)  # each takes about 30 ms; a step that is quadratic in the length takes minutes
@pytest.mark.parametrize(
    "poison",
    [
        pytest.param(b"[" * 60_000, id="unfinished"),
        pytest.param(b"[" * 30_000 + b"]" * 30_000, id="deep arrays"),
        pytest.param(b'{"a":' * 10_000 + b"1" + b"}" * 10_000, id="deep objects"),
        pytest.param(b'"' + b'\\"' * 30_000, id="escaped quotes without end"),
        pytest.param(b"[" * 20 + b'"\\' * 20_000, id="escaped quotes, deep"),
        pytest.param(b'["' + b"\\u0041" * 10_000, id="escapes without end"),
        pytest.param(b'["\\u0041",' * 6_000, id="many escaped texts"),
        pytest.param(b"1" * 60_000, id="digits"),
        pytest.param(b'{"a":1,' * 9_000, id="objects without end"),
        pytest.param(b"\xef\xbb\xbf" * 20_000, id="byte order marks"),
        pytest.param(b" " * 60_000, id="blanks"),
    ],
)
def test_no_record_is_poison(poison: bytes) -> None:
    """The longest nonsense is refused at once, without recursion."""
    assert isinstance(read_json(poison), Rejected)


def test_the_largest_record_is_read() -> None:
    """65,536 bytes are not too large, one more is."""
    largest = b'"' + b"a" * (RECORD_BYTES_MAX - 2) + b'"'

    assert "a" * (RECORD_BYTES_MAX - 2) == read_json(largest)
    assert Rejected("too_large") == read_json(b" " + largest)
