"""The course of days, weeks and months, from the tallies of days; tests/agents try the whole of it with a log."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from streams.domain.finals import NOTHING_KEPT, Kept
from streams.domain.period import CALENDARS, DAYS, MONTHS, WEEKS, Period
from streams.domain.tally import ONE, from_histogram, histogram
from streams.domain.trend import Bands, bands_of, courses
from tests.strategies import COUNTS_BY_SCORE, SCORES

DAY_MS = 86_400_000
DAY = 20_513
"""Sunday, the first of March 2026."""


@given(COUNTS_BY_SCORE)
def test_bands_are_those_of_the_histogram(counts: list[int]) -> None:
    """0 to 6, 9 and 10, and all."""
    tally = from_histogram(counts)
    assert Bands(sum(counts), counts[9] + counts[10], sum(counts[:7])) == bands_of(tally)
    assert tuple(counts) == histogram(tally)


@given(st.dictionaries(st.integers(-800, 40), st.builds(ONE.__getitem__, SCORES)), st.integers(-400, 400))
def test_every_day_shown_is_in_its_week_and_month(ages: dict[int, int], shift: int) -> None:
    """Each period is the sum of its days up to the one of the instant; what lies outside is in none."""
    end = DAY + shift
    days = {end + age: tally for age, tally in ages.items()}
    found = courses(days, NOTHING_KEPT, end * DAY_MS + 1)
    for calendar, course in found.items():
        assert calendar.shown == len(course.bands)
        for number, bands in enumerate(course.bands, course.first):
            inside = [tally for day, tally in days.items() if day <= end and calendar.number_of(day) == number]
            assert bands_of(sum(inside)) == bands
        last = Period(calendar, course.first + calendar.shown - 1)
        assert end in last.days
    assert list(CALENDARS) == list(found)


@given(st.integers(0, 3_000), st.integers(0, DAY_MS - 1))
def test_the_final_ones_lead(shift: int, ms: int) -> None:
    """Those that ended 72 hours ago or earlier, at any instant."""
    as_of_ms = (DAY + shift) * DAY_MS + ms
    for calendar, course in courses({}, NOTHING_KEPT, as_of_ms).items():
        ends = [
            date(1970, 1, 1) + timedelta(days=Period(calendar, course.first + n).days.stop)
            for n in range(calendar.shown)
        ]
        is_final = [(end - date(1970, 1, 1)).days * DAY_MS + 3 * DAY_MS <= as_of_ms for end in ends]
        assert [True] * course.final + [False] * (calendar.shown - course.final) == is_final


def test_only_what_is_final_and_was_shown_is_restated() -> None:
    """Nothing empty, nothing that the clock still calls provisional though the log was ahead, nothing out of sight."""
    kept = Kept()
    for period, tally in (
        (DAYS.holding(DAY - 4), 2 * ONE[9]),
        (DAYS.holding(DAY - 5), 0),
        (DAYS.holding(DAY - 3), ONE[1]),
        (DAYS.holding(DAY - 40), ONE[1]),
        (WEEKS.holding(DAY - 7), ONE[7]),
        (MONTHS.holding(DAY), ONE[7]),
    ):
        kept.keep(period, tally)
    found = courses({}, kept, DAY * DAY_MS + 1)
    assert [(DAYS.holding(DAY - 4), Bands(2, 2, 0))] == found[DAYS].restated
    assert [(WEEKS.holding(DAY - 7), Bands(1, 0, 0))] == found[WEEKS].restated
    assert [] == found[MONTHS].restated
    later = courses({}, kept, (DAY + 1) * DAY_MS)
    assert [DAYS.holding(DAY - 4), DAYS.holding(DAY - 3)] == [period for period, _ in later[DAYS].restated]
