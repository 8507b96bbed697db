"""Periods by arithmetic on day numbers are those of the calendar: every day, week and month, over any year."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streams.domain.period import CALENDARS, DAYS, FINAL_AFTER_MS, MONTHS, WEEKS, Calendar

EPOCH = date(1970, 1, 1)
DATES = st.dates(date(1971, 1, 1), date(2399, 12, 31))
HARD = ["2024-02-29", "2025-03-01", "2020-12-31", "2021-01-03", "2021-01-04", "2026-12-31", "2100-02-28", "2000-02-29"]


def _day(then: date) -> int:
    return (then - EPOCH).days


def _dates(calendar: Calendar, then: date) -> list[date]:
    return [EPOCH + timedelta(days=day) for day in calendar.holding(_day(then)).days]


@given(DATES)
@example(date(2024, 2, 29))
@example(date(2020, 12, 31))
@example(date(1972, 12, 31))
def test_a_day_is_a_period_of_its_own(then: date) -> None:
    """Named as ISO 8601 has it."""
    assert [then] == _dates(DAYS, then)
    assert then.isoformat() == DAYS.holding(_day(then)).name


@given(DATES)
@example(date(2020, 12, 31))
@example(date(2021, 1, 3))
@example(date(2021, 1, 4))
def test_a_week_is_that_of_iso_8601(then: date) -> None:
    """From Monday to Sunday; the year is that of its Thursday, and some years have 53."""
    days = _dates(WEEKS, then)
    monday = then - timedelta(days=then.weekday())
    assert [monday + timedelta(days=n) for n in range(7)] == days
    year, week, _ = then.isocalendar()
    assert f"{year}-W{week:02d}" == WEEKS.holding(_day(then)).name


@given(DATES)
@example(date(2024, 2, 29))
@example(date(2100, 2, 28))
@example(date(2026, 12, 31))
def test_a_month_is_that_of_the_calendar(then: date) -> None:
    """All days of the same year and month, leap days included."""
    days = _dates(MONTHS, then)
    assert then in days
    assert {(then.year, then.month)} == {(day.year, day.month) for day in days}
    assert (1, 1) == (days[0].day, (days[-1] + timedelta(days=1)).day)
    assert then.isoformat()[:7] == MONTHS.holding(_day(then)).name


@pytest.mark.parametrize("calendar", CALENDARS, ids=lambda one: one.granularity)
@pytest.mark.parametrize("text", HARD)
def test_the_last_periods_follow_each_other_and_end_with_the_one_of_the_day(calendar: Calendar, text: str) -> None:
    """35 days, 53 weeks, 24 months without gap; names come in their order."""
    day = _day(date.fromisoformat(text))
    numbers = calendar.shown_at(day)
    assert {"day": 35, "week": 53, "month": 24}[calendar.granularity] == len(numbers)
    assert day in calendar.holding(day).days
    assert calendar.number_of(day) == numbers[-1]
    for number in numbers[:-1]:
        assert calendar.first_day(number + 1) - 1 in calendar.holding(calendar.first_day(number)).days
    names = [calendar.name(number) for number in numbers]
    assert names == sorted(set(names))


@given(DATES, st.sampled_from(CALENDARS))
def test_a_period_becomes_final_72_hours_after_its_end(then: date, calendar: Calendar) -> None:
    """To the millisecond, whatever the day of it."""
    period = calendar.holding(_day(then))
    end = datetime.combine(_dates(calendar, then)[-1], datetime.min.time(), UTC) + timedelta(days=1)
    assert int(end.timestamp()) * 1000 + 72 * 3_600_000 == period.final_ms
    assert 72 * 3_600_000 == FINAL_AFTER_MS
    assert period.number + 1 == calendar.first_provisional(period.final_ms)
    assert period.number == calendar.first_provisional(period.final_ms - 1)


def test_a_year_may_have_53_weeks() -> None:
    """2020 and 2026 have; their last week holds days of the next year."""
    names = [WEEKS.holding(_day(date(year, 12, 31))).name for year in (2019, 2020, 2021, 2026)]
    assert ["2020-W01", "2020-W53", "2021-W52", "2026-W53"] == names
    assert "2020-W53" == WEEKS.holding(_day(date(2021, 1, 3))).name
