"""Dead letters: as received, with the reason, and never too large for their topic."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.events.dead_letter import NAMES, DeadLetter, Origin, dead_letter, parse_dead_letter_headers
from streams.events.headers import Headers, record_bytes
from streams.events.rejected import REASONS, Reason

NAME = st.sampled_from([*sorted(NAMES), "traceparent", "x"]) | st.text(max_size=20)
HEADERS = st.lists(st.tuples(NAME, st.none() | st.binary(max_size=40)), max_size=6)
OPTIONAL_BYTES = st.none() | st.binary(max_size=200)
ROOM = 4_096


def letter_of(
    key: bytes | None = b"k", value: bytes | None = b"{", headers: Headers = (), reason: Reason = "schema"
) -> DeadLetter:
    """The dead letter of a record of `survey.responses`, partition 3, offset 42, in a topic with little room."""
    return dead_letter(
        key, value, headers, topic="survey.responses", partition=3, offset=42, reason=reason, bytes_max=ROOM
    )


def test_a_dead_letter_says_where_it_was_read_and_why() -> None:
    """In the headers of KIP-1034, as text, and in one of ours; no text of an exception."""
    expected: Headers = [
        ("traceparent", b"00-1-1-01"),
        ("__streams.errors.topic", b"survey.responses"),
        ("__streams.errors.partition", b"3"),
        ("__streams.errors.offset", b"42"),
        ("__streams.errors.exception", b"streams.events.rejected.Rejected"),
        ("__streams.errors.message", b"too_old"),
        ("__streams.errors.stacktrace", b""),
        ("nps.dlq.reason", b"too_old"),
    ]

    assert (b"k", b"\xff", expected) == letter_of(
        value=b"\xff", headers=[("traceparent", b"00-1-1-01")], reason="too_old"
    )


def test_a_dead_letter_that_is_sent_once_more_tells_of_the_last_time() -> None:
    """Its old headers are overwritten, not kept beside the new ones."""
    first = letter_of(reason="schema", value=b"v" * ROOM)
    second = letter_of(headers=first.headers, reason="too_old")

    assert letter_of(reason="too_old") == second


@pytest.mark.parametrize("reason", REASONS)
def test_what_was_written_is_read(reason: Reason) -> None:
    """Every reason there is."""
    expected = Origin(topic="survey.responses", partition=3, offset=42, reason=reason)

    assert expected == parse_dead_letter_headers(letter_of(reason=reason).headers)


def test_a_value_that_does_not_fit_leaves_its_size_and_digest() -> None:
    """The rest is as received."""
    value = b"v" * ROOM
    letter = letter_of(value=value, headers=[("x", b"y")])
    origin = parse_dead_letter_headers(letter.headers)

    assert (b"k", None) == (letter.key, letter.value)
    assert ("x", b"y") in letter.headers
    assert origin is not None
    assert (ROOM, sha256(value).hexdigest()) == (origin.size, origin.sha256)


def test_headers_that_do_not_fit_are_counted() -> None:
    """After the value, which is larger as a rule; the key is still there."""
    letter = letter_of(headers=[("x", b"y" * ROOM), ("z", b"")])

    assert (b"k", None) == (letter.key, letter.value)
    assert NAMES >= {name for name, _ in letter.headers}
    assert ("nps.dlq.headers-dropped", b"2") in letter.headers


def test_a_key_that_does_not_fit_leaves_its_size() -> None:
    """Last of all: it says which store it was."""
    letter = letter_of(key=b"k" * ROOM)

    assert (None, None) == (letter.key, letter.value)
    assert ("nps.dlq.key-size", b"4096") in letter.headers


@settings(deadline=None)
@given(OPTIONAL_BYTES, OPTIONAL_BYTES, HEADERS, st.sampled_from([1, 10, 50]), st.sampled_from([1, 10, 50]))
def test_no_dead_letter_is_too_large(
    key: bytes | None, value: bytes | None, headers: Headers, longer: int, more: int
) -> None:
    """Whatever was received; and what fits is kept."""
    key, value, headers = key and key * longer, value and value * longer, list(headers) * more
    letter = letter_of(key, value, headers)

    assert record_bytes(*letter) <= ROOM
    assert parse_dead_letter_headers(letter.headers) is not None
    if record_bytes(key, value, headers) <= ROOM - 512:
        assert (key, value) == letter[:2]
        assert [header for header in headers if header[0] not in NAMES] == letter.headers[:-7]


@given(HEADERS)
def test_the_headers_of_other_records_are_none_of_ours(headers: Headers) -> None:
    """Whatever they are, reading them does not raise."""
    origin = parse_dead_letter_headers(headers)

    assert origin is None or origin.reason in REASONS
