"""Business time: what counts, and what does not."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.domain.calendar import Calendar, Hours
from streams.events.time_zone import zone

HOUR_MS: Final = 3_600_000
MINUTE_MS: Final = 60_000
_NINE_TO_SIX: Final = (540, 1080)
_WEEK: Final[Hours] = (*(_NINE_TO_SIX,) * 5, None, None)


def _calendar(hours: Hours = _WEEK, *holidays: str, time_zone: str = "Europe/Paris") -> Calendar:
    here = zone(time_zone)
    assert here is not None
    return Calendar(time_zone, here, hours, frozenset(map(date.fromisoformat, holidays)))


def _ms(local: str, time_zone: str = "Europe/Paris") -> int:
    instant = datetime.fromisoformat(local).replace(tzinfo=zone(time_zone))
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        # 2026-11-23 is a Monday.
        ("2026-11-23T10:00", 4, "2026-11-23T14:00"),
        ("2026-11-23T16:00", 4, "2026-11-24T11:00"),
        ("2026-11-23T07:00", 4, "2026-11-23T13:00"),
        ("2026-11-23T18:00", 4, "2026-11-24T13:00"),
        ("2026-11-23T23:59", 1, "2026-11-24T10:00"),
        ("2026-11-27T17:00", 2, "2026-11-30T10:00"),
        ("2026-11-28T12:00", 1, "2026-11-30T10:00"),
        ("2026-11-29T23:59:59.999", 9, "2026-11-30T18:00"),
        ("2026-11-23T09:00", 9, "2026-11-23T18:00"),
        ("2026-11-23T09:00", 48, "2026-11-30T12:00"),
        ("2026-12-24T17:00", 2, "2026-12-28T10:00"),
        ("2026-12-25T10:00", 1, "2026-12-28T10:00"),
    ],
)
def test_only_the_hours_of_work_count(start: str, hours: int, end: str) -> None:
    """Nights, weekends and holidays do not; what ends at closing time ends there, not the next morning."""
    assert _ms(end) == _calendar(_WEEK, "2026-12-25").add(_ms(start), hours * HOUR_MS)


def test_hours_are_those_of_the_time_zone() -> None:
    """At nine in Paris it is not yet nine in New York."""
    start_ms = _ms("2026-11-23T09:00")
    assert start_ms + HOUR_MS == _calendar().add(start_ms, HOUR_MS)
    there = _calendar(time_zone="America/New_York")
    assert _ms("2026-11-23T10:00", "America/New_York") == there.add(start_ms, HOUR_MS)


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        # Clocks go forward in the night of 29 March 2026, back in that of 25 October.
        ("2026-03-29T01:00", 4, "2026-03-29T06:00"),
        ("2026-03-28T23:00", 24, "2026-03-30T00:00"),
        ("2026-10-25T01:00", 4, "2026-10-25T04:00"),
        ("2026-10-24T23:00", 24, "2026-10-25T22:00"),
    ],
)
def test_a_day_on_which_clocks_are_changed_is_as_long_as_it_is(start: str, hours: int, end: str) -> None:
    """An hour of work is an hour, whatever the clock on the wall does meanwhile."""
    round_the_clock = _calendar(((0, 1440),) * 7)
    assert _ms(end) == round_the_clock.add(_ms(start), hours * HOUR_MS) == _ms(start) + hours * HOUR_MS


def test_work_that_begins_in_the_hour_that_is_left_out_begins_when_there_is_a_clock_again() -> None:
    """From half past two to four on the day when two is three o'clock: only the hour that there was."""
    calendar = _calendar(((150, 240), *(_NINE_TO_SIX,) * 6))
    sunday = _calendar((*(_NINE_TO_SIX,) * 6, (150, 240)))
    assert _ms("2026-03-29T04:00") == sunday.add(_ms("2026-03-29T00:00"), 30 * MINUTE_MS)
    assert _ms("2026-03-30T03:30") == calendar.add(_ms("2026-03-30T00:00"), HOUR_MS)


def test_an_hour_a_week_is_enough_to_come_to_an_end() -> None:
    """The least that a rule set may say: 48 hours take 48 weeks."""
    calendar = _calendar((None,) * 6 + ((600, 660),))
    assert _ms("2027-10-24T11:00") == calendar.add(_ms("2026-11-23T09:00"), 48 * HOUR_MS)


def test_what_was_worked_out_of_days_is_bounded() -> None:
    """However far dates lie apart: a sender of strange dates does not fill the memory."""
    calendar = _calendar()
    for year in range(1900, 2100):
        calendar.add(_ms(f"{year}-01-04T12:00"), 300 * HOUR_MS)
    assert len(calendar._open) <= 4_096 + 60


_HOURS: Final = st.none() | st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda span: span[0] < span[1])
_WEEKS: Final = st.tuples(*(_HOURS,) * 7).filter(
    lambda week: sum(end - start for start, end in filter(None, week)) >= 60
)
_STARTS: Final = st.integers(_ms("2026-01-01T00:00") // MINUTE_MS, _ms("2027-01-01T00:00") // MINUTE_MS)
_ZONES: Final = st.sampled_from(["Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])


@settings(deadline=None)
@given(_WEEKS, _STARTS, st.integers(1, 600), _ZONES)
def test_it_is_the_minute_that_counting_minutes_finds(hours: Hours, start: int, span: int, time_zone: str) -> None:
    """Minute by minute on the clock on the wall; each that lies within the hours of its day counts."""
    here = zone(time_zone)
    end_ms = _calendar(hours, "2026-07-14", time_zone=time_zone).add(start * MINUTE_MS, span * MINUTE_MS)
    counted, minute = 0, start
    while counted < span:
        local = datetime.fromtimestamp(minute * 60, here)
        work = None if local.date() == date(2026, 7, 14) else hours[local.weekday()]
        counted += work is not None and work[0] <= local.hour * 60 + local.minute < work[1]
        minute += 1
    changes = {datetime.fromtimestamp(start * 60 + hour * 3600, here).utcoffset() for hour in range(24 * 40)}
    if len(changes) == 1:
        assert minute * MINUTE_MS == end_ms


@settings(deadline=None)
@given(_WEEKS, _STARTS, st.integers(1, 10_000), st.integers(1, 10_000), _ZONES)
def test_time_adds_up(hours: Hours, start: int, first: int, second: int, time_zone: str) -> None:
    """Half and half is the whole; so the warning, the breach and the second level come in their order."""
    calendar = _calendar(hours, "2026-07-14", time_zone=time_zone)
    half_ms = calendar.add(start * MINUTE_MS, first)
    assert start * MINUTE_MS < half_ms < calendar.add(half_ms, second)
    assert calendar.add(start * MINUTE_MS, first + second) == calendar.add(half_ms, second)
