"""Records that were sent on to the partition of their store."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.headers import Headers
from streams.events.rehomed import arrival_of, read_rehomed, rehomed_headers

NAME = st.sampled_from(["nps.arrival", "nps.rehomed-from", "x"])


@given(st.lists(st.tuples(NAME, st.none() | st.binary(max_size=20)), max_size=4), st.integers(0, 4_102_444_800_000))
def test_a_rehomed_record_keeps_its_arrival_and_its_headers(received: Headers, arrival_ms: int) -> None:
    """Forged ones of ours are gone, the others are unchanged."""
    headers = rehomed_headers(received, arrival_ms=arrival_ms, topic="survey.responses", partition=3, offset=42)

    assert arrival_ms == read_rehomed(headers)
    assert headers[-1] == ("nps.rehomed-from", b"survey.responses|3|42")
    assert headers[:-2] == [header for header in received if header[0] == "x"]


FROM = ("nps.rehomed-from", b"survey.responses|3|42")


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("nps.arrival", b"1795365665123")],
        [FROM],
        [("nps.arrival", None), FROM],
        [("nps.arrival", b""), FROM],
        [("nps.arrival", b"-1"), FROM],
        [("nps.arrival", b"1e12"), FROM],
        [("nps.arrival", b" 1795365665123"), FROM],
        [("nps.arrival", "١٢٣".encode()), FROM],
        [("nps.arrival", b"9" * 15), FROM],
        [("nps.arrival", b"9" * 5_000), FROM],
        [("nps.arrival", b"1"), ("nps.arrival", b"2"), FROM],
        [("nps.arrival", b"1"), FROM, FROM],
        [("nps.arrival", b"1"), ("nps.rehomed-from", None)],
    ],
    ids=str,
)
def test_headers_that_we_did_not_write_do_not_count(headers: Headers) -> None:
    """The record arrived when it was appended."""
    assert read_rehomed(headers) is None


@pytest.mark.parametrize(
    ("headers", "arrival"),
    [
        ([], (1_000, False)),
        ([FROM], (1_000, False)),
        ([("nps.arrival", b"400"), FROM], (400, True)),
        ([("nps.arrival", b"2000"), FROM], (1_000, True)),
    ],
)
def test_a_record_arrived_when_it_was_first_appended(headers: Headers, arrival: tuple[int, bool]) -> None:
    """Re-homed or not, and never after it was appended here."""
    assert arrival == arrival_of(headers, 1_000)
