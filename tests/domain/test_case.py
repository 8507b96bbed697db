"""A case and its row."""

import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.calendar import Clocks
from streams.domain.case import NEVER, Case, pack_fresh, unpack_case
from streams.domain.life import DISMISSALS, STATUSES
from streams.domain.page import NewerRow
from streams.domain.timers import STAGES

NOW_MS = 1_772_366_400_000
ID = "0a0a0a0a-0b0b-5c0c-8d0d-0e0e0e0e0e0e"

_times = st.just(NEVER) | st.integers(0, 1 << 45)
_ids = st.uuids().map(str)
_clocks = st.none() | st.builds(Clocks, *[st.integers(0, 1 << 45)] * 4)
cases = st.builds(
    Case,
    alert_id=_ids,
    status=st.sampled_from(STATUSES),
    severity=st.integers(1, 3),
    flags=st.integers(0, 127),
    score=st.integers(0, 10),
    fired=st.integers(0, (1 << len(STAGES)) - 1),
    generation=st.integers(0, 4095),
    sequence=st.integers(1, 65535),
    submitted_ms=st.integers(0, 1 << 45),
    customer=st.integers(0, (1 << 32) - 1),
    hour=st.integers(0, (1 << 32) - 1),
    expiry_ms=st.integers(0, 1 << 45),
    clocks=_clocks,
    acknowledged_ms=_times,
    contacted_ms=_times,
    resolved_ms=_times,
    ended_ms=_times,
    dismissal=st.integers(-1, len(DISMISSALS) - 1),
    quality=st.integers(0, 5),
    reopened=st.integers(0, 65535),
    lead=st.none() | _ids.filter(lambda one: one != str(uuid.UUID(int=0))),
    attached=st.lists(_ids, max_size=3).map(tuple),
    taken=st.lists(st.integers(0, (1 << 64) - 1), max_size=3).map(tuple),
)


@given(cases)
def test_a_case_survives_its_row(case: Case) -> None:
    """Packing loses nothing."""
    assert unpack_case(case.alert_id, case.pack()) == case


def test_the_short_way_to_a_fresh_row_is_the_long_one() -> None:
    """A fresh case is packed without being made."""
    row = pack_fresh(2, 9, 4, 1, NOW_MS, 77, 492_324)
    case = unpack_case(ID, row)
    assert case.pack() == row
    assert (case.status, case.sequence, case.fired, case.clocks) == ("open", 1, 0, None)
    assert (case.severity, case.flags, case.score, case.generation) == (2, 9, 4, 1)
    assert (case.submitted_ms, case.customer, case.hour) == (NOW_MS, 77, 492_324)


def test_a_row_of_a_later_release_is_refused() -> None:
    """What a later release wrote is never guessed at."""
    row = pack_fresh(2, 0, 4, 0, NOW_MS, 0, 0)
    with pytest.raises(NewerRow, match="row version 2"):
        unpack_case(ID, b"\2" + row[1:])


def test_rows_of_every_release_stay_readable() -> None:
    """Rows that were written once are read for ever."""
    golden = (Path(__file__).parent / "golden" / "case.v1.hex").read_text().split()
    fresh, moved = (unpack_case(ID, bytes.fromhex(row)) for row in golden)
    assert fresh == unpack_case(ID, pack_fresh(1, 24, 2, 0, NOW_MS, 77, 492_324))
    assert moved == fresh._replace(
        status="dismissed",
        fired=3,
        sequence=6,
        clocks=Clocks(1, 2, 3, 4),
        acknowledged_ms=NOW_MS + 1,
        contacted_ms=NOW_MS + 2,
        ended_ms=NOW_MS + 3,
        dismissal=1,
        quality=4,
        reopened=1,
        attached=("1b0a0a0a-0b0b-5c0c-8d0d-0e0e0e0e0e0e",),
        taken=(1, 2),
    )
