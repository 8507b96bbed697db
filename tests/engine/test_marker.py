"""The marker: its bytes stay, and it comes back as it was."""

from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.engine.failure import Refusal
from streams.engine.fetch import Record
from streams.engine.marker import DISPOSITIONS, ROW_VERSION, Marker, Source, hash_of
from tests.builders import FakeRecord

_GOLDEN = Path(__file__).parent / "golden" / "marker.v1.bin"

_POSITIONS = st.integers(0, 2**53)
_SOURCES = st.builds(
    Source,
    position=_POSITIONS,
    last_offset=st.integers(-1, 2**53),
    last_hash=st.text("0123456789abcdef", max_size=16),
    totals=st.fixed_dictionaries(dict.fromkeys(DISPOSITIONS, _POSITIONS)),
)
_MARKERS = st.builds(
    Marker,
    app_id=st.text("abc-._", min_size=1, max_size=10),
    cluster_id=st.text(st.characters(exclude_categories=["Cs"]), max_size=22),
    partitions=st.integers(1, 1000),
    sources=st.dictionaries(st.sampled_from(["survey.responses", "nps.control", "x.nps.brand-tallies"]), _SOURCES),
    breaker=st.one_of(st.just({}), st.just({"recent": "ff", "run": 8, "tripped": False})),
    state=st.dictionaries(st.sampled_from(["scores_since", "ticked_hour"]), _POSITIONS),
)


def _a_marker() -> Marker:
    return Marker(
        app_id="nps",
        cluster_id="MkU3OEVBNTcwNTJENDM2Qk",
        partitions=8,
        sources={
            "survey.responses": Source(
                position=1_234,
                last_offset=1_230,
                last_hash="00c0ffee00c0ffee",
                totals={"counted": 1_000, "duplicate": 30, "correction": 150, "dead_letter": 40, "rehomed": 10},
            ),
            "nps.control": Source(position=0),
        },
        breaker={"recent": "5", "run": 1, "tripped": False},
        state={"scores_since": 77, "ticked_hour": 494_000, "log_day": 20_583},
    )


def _a_record(*, timestamp: int = 1_780_000_000_000, key: bytes | None = b"k", value: bytes | None = b"v") -> Record:
    return FakeRecord(offset=5, timestamp=timestamp, key=key, value=value)


@given(_MARKERS)
def test_a_marker_comes_back_from_its_row(marker: Marker) -> None:
    """Sources, totals, breaker and note."""
    assert marker == Marker.decode(marker.encode())


def test_row_version_1_stays_as_it_was_written() -> None:
    """The bytes in the file never change; a worker of any later release opens with them."""
    row = _GOLDEN.read_bytes()
    assert _a_marker() == Marker.decode(row)
    assert row == _a_marker().encode()


def test_the_totals_are_by_source() -> None:
    """A source that was never read has five zeros."""
    assert dict.fromkeys(DISPOSITIONS, 0) == _a_marker().totals["nps.control"]
    assert 1_000 == _a_marker().totals["survey.responses"]["counted"]


def test_a_row_of_a_later_release_is_refused() -> None:
    """An older release must not go on where a newer one left off."""
    with pytest.raises(Refusal, match="row version 2, this release knows 1: run the newer release") as caught:
        Marker.decode(bytes((ROW_VERSION + 1,)) + orjson.dumps({}))
    assert "newer_row" == caught.value.kind


@pytest.mark.parametrize(
    ("source", "log_start", "sought"),
    [
        (Source(position=7), 7, 7),
        (Source(position=7), 0, 7),
        (Source(position=10, last_offset=9), 0, 9),
        (Source(position=12, last_offset=9), 9, 9),
        (Source(position=12, last_offset=9), 10, 12),
        (Source(position=12, last_offset=0), 0, 0),
    ],
    ids=["first start", "nothing included", "last record", "log starts with it", "deleted since", "offset 0"],
)
def test_a_shard_reads_from_the_last_record_that_it_included(source: Source, log_start: int, sought: int) -> None:
    """So that it comes back and is known again, as long as the log still has it."""
    assert sought == source.sought(log_start)


def test_a_record_is_known_by_append_time_key_and_value() -> None:
    """Another one of the three and it is another record; no key is not an empty key."""
    records = [
        _a_record(),
        _a_record(timestamp=1_780_000_000_001),
        _a_record(key=b"K"),
        _a_record(value=b"V"),
        _a_record(key=None),
        _a_record(key=b""),
        _a_record(value=None),
        _a_record(value=b""),
        _a_record(key=b"kv", value=b""),
        _a_record(key=b"", value=b"kv"),
    ]
    assert len(records) == len({hash_of(record) for record in records})
    assert hash_of(_a_record()) == hash_of(_a_record())


def test_the_hash_of_a_record_stays_as_it_is() -> None:
    """It is compared with one that an older release wrote."""
    assert "15905eb3ec553019" == hash_of(_a_record())
