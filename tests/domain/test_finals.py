"""What is kept of a period that something came too late for, its rows, and the sum of what shards kept."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.finals import NOTHING_KEPT, ROW_VERSION, Kept, Said, month_begin, restatable, slots_of
from streams.domain.page import NewerRow
from streams.domain.period import CALENDARS, DAYS, MONTHS, WEEKS, Period
from streams.domain.tally import ONE

DAY_MS = 86_400_000
DAY = 20_513
"""A Sunday, the first of March 2026."""
PERIODS = st.builds(lambda calendar, day: calendar.holding(day), st.sampled_from(CALENDARS), st.integers(DAY, DAY + 90))
TALLIES = st.just(0) | st.builds(lambda score, n: n * ONE[score], st.integers(0, 10), st.integers(1, 2**32 - 1))
FINALS = st.dictionaries(PERIODS, TALLIES, max_size=40)


def _day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - date(1970, 1, 1).toordinal()


def _kept(finals: dict[Period, int]) -> Kept:
    kept = Kept()
    for period, tally in finals.items():
        kept.keep(period, tally)
    return kept


@given(FINALS, PERIODS)
def test_a_final_is_what_was_kept(finals: dict[Period, int], other: Period) -> None:
    """Empty or not; of all other periods there is none."""
    kept = _kept(finals)
    for period, tally in finals.items():
        assert tally == kept.final(period)
    assert finals.get(other) == kept.final(other)


@given(FINALS)
def test_finals_come_back_from_their_rows(finals: dict[Period, int]) -> None:
    """One row for each month in which a period begins, whatever the order they are read in."""
    kept = _kept(finals)
    rows = {month: kept.row(month) for month in kept.slots}
    again = Kept()
    for month, row in reversed(rows.items()):
        again.load(month, row)
    assert finals == {period: again.final(period) for period in finals}
    assert (kept.slots, kept.tallies) == (again.slots, again.tallies)
    assert {MONTHS.number_of(period.days.start) for period in finals} == set(rows)


def test_an_empty_final_is_a_bit() -> None:
    """An import of history leaves six bytes per store and month, however many periods it fills."""
    kept = Kept()
    for day in range(DAY, DAY + 31):
        kept.keep(DAYS.holding(day), 0)
    kept.keep(MONTHS.holding(DAY), 0)
    assert [6] == [len(kept.row(month)) for month in kept.slots]


@given(FINALS)
def test_a_row_replaces_what_its_month_held(finals: dict[Period, int]) -> None:
    """And its deletion leaves nothing of the month."""
    kept = _kept(finals)
    for month in list(kept.slots):
        other = Kept()
        other.keep(Period(MONTHS, month), ONE[3])
        kept.load(month, other.row(month))
        assert ONE[3] == kept.final(Period(MONTHS, month))
        kept.load(month, None)
    assert ({}, {}) == (kept.slots, kept.tallies)


def test_a_row_of_a_later_release_is_refused() -> None:
    """Never guessed at."""
    row = _kept({MONTHS.holding(DAY): ONE[1]}).row(MONTHS.number_of(DAY))
    with pytest.raises(NewerRow):
        Kept().load(0, bytes((ROW_VERSION + 1,)) + row[1:])


def test_a_final_is_kept_once() -> None:
    """Keeping it again would be our bug: it would take a restated value for the final one."""
    kept = _kept({DAYS.holding(DAY): 0})
    with pytest.raises(AssertionError):
        kept.keep(DAYS.holding(DAY), ONE[5])
    assert NOTHING_KEPT.final(DAYS.holding(DAY)) is None


@pytest.mark.parametrize(
    ("day", "days_later", "expected"),
    [
        ("2026-03-01", 3.99, []),
        ("2026-03-01", 4, ["2026-03-01", "2026-W09"]),
        ("2026-03-02", 9.99, ["2026-03-02"]),
        ("2026-03-02", 10, ["2026-03-02", "2026-W10"]),
        ("2026-03-31", 4, ["2026-03-31", "2026-03"]),
        ("2026-02-28", 4, ["2026-02-28", "2026-02"]),
        ("2026-02-28", 5, ["2026-02-28", "2026-W09", "2026-02"]),
        ("2026-02-28", 35, ["2026-02-28", "2026-W09", "2026-02"]),
        ("2026-02-28", 36, ["2026-W09", "2026-02"]),
        ("2026-02-28", 400, ["2026-02"]),
    ],
)
def test_what_a_change_comes_too_late_for(day: str, days_later: float, expected: list[str]) -> None:
    """Each period from 72 hours after its own end on, as long as a trend can show it."""
    number = _day(day)
    assert expected == [period.name for period in restatable(number, int((number + days_later) * DAY_MS))]


@given(FINALS)
def test_slots_name_the_rows_that_hold_periods(finals: dict[Period, int]) -> None:
    """The same bits, by the same months."""
    assert _kept(finals).slots == dict(slots_of(list(finals)))


def test_a_brands_final_is_that_of_its_shards() -> None:
    """What a shard kept, or what its days say where nothing came too late."""
    week = WEEKS.holding(DAY)
    parts = {
        (0, DAY): {3: ONE[9], 4: ONE[0]},
        (1, DAY): {3: 5 * ONE[9]},
        (1, DAY + 1): {3: ONE[1]},
        (2, DAY): {0: ONE[7]},
    }
    said = Said(parts, {0, 1, 2})
    assert said.final(week) is None
    assert said.take(0, DAY, {week: 2 * ONE[4], DAYS.holding(DAY): 0})
    assert 2 * ONE[4] + 5 * ONE[9] + ONE[7] == said.final(week)
    assert 5 * ONE[9] + ONE[7] == said.final(DAYS.holding(DAY))
    assert not said.take(0, DAY, {week: 2 * ONE[4]})
    assert said.take(1, DAY, {week: 0})
    assert 2 * ONE[4] + ONE[7] == said.final(week)


def test_saying_finals_of_a_day_no_more_is_news() -> None:
    """The row that holds them is to go; what they said goes with its month."""
    said = Said({}, set())
    march = MONTHS.holding(DAY)
    assert not said.take(0, DAY, {})
    assert said.take(0, DAY, {march: 0})
    assert said.take(0, DAY + 1, {march: 0})
    assert not said.take(0, DAY, {march: 0})
    assert said.take(0, DAY, {})
    assert not said.take(0, DAY, {})
    assert 0 == said.final(march)


def test_what_shards_said_is_forgotten_with_its_month() -> None:
    """A week with the month in which it begins, as in the rows."""
    march = MONTHS.holding(DAY)
    said = Said({}, set())
    said.take(0, DAY, {march: 1, MONTHS.holding(DAY - 1): 1, WEEKS.holding(DAY): 1, WEEKS.holding(DAY + 1): 1})
    said.forget(month_begin(march.number))
    assert {march, WEEKS.holding(DAY + 1)} == set(said.by_period)
