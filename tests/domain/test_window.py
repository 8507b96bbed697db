"""Rolling windows against a recount of all votes by the calendar."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.domain.tally import ONE, figures
from streams.domain.window import NEVER, WINDOWS, Rolling
from tests.strategies import SCORES

_HOUR = timedelta(hours=1)
_DAYS = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}

Vote = tuple[datetime, int]

_EDGES = (
    datetime(2026, 3, 1, tzinfo=UTC),  # after a month of 28 days
    datetime(2024, 2, 29, 12, 30, tzinfo=UTC),  # a leap day
    datetime(2024, 3, 1, tzinfo=UTC),  # and the day after
    datetime(2025, 1, 1, tzinfo=UTC),  # the turn of a year, of a leap year what is more
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),  # clocks change in Europe; UTC does not
)


def _s(instant: datetime) -> int:
    return int(instant.timestamp())


def _recount(votes: Sequence[Vote], as_of: datetime) -> tuple[int, ...]:
    """The tallies of all windows, counted vote by vote with dates of the calendar."""
    hour = as_of.replace(minute=0, second=0, microsecond=0)
    in_window = {"24h": [hour - 23 * _HOUR <= at < hour + _HOUR for at, _ in votes], "all": [True] * len(votes)}
    for name, days in _DAYS.items():
        first = as_of.date() - timedelta(days=days - 1)
        in_window[name] = [first <= at.date() <= as_of.date() for at, _ in votes]
    return tuple(
        sum(ONE[score] for (_, score), inside in zip(votes, in_window[name], strict=True) if inside) for name in WINDOWS
    )


def _rolling(votes: Sequence[Vote]) -> Rolling:
    rolling = Rolling()
    for at, score in votes:
        rolling.add(_s(at) // 3600, ONE[score])
    return rolling


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[tuple[str, Vote]], list[datetime]]:
    """Additions and removals around an edge of the calendar, none after `last`; and instants from there on."""
    last = draw(st.sampled_from(_EDGES)) + timedelta(seconds=draw(st.integers(-7_200, 7_200)))
    ages_s = st.one_of(
        st.integers(-300, 90_000),
        st.sampled_from([6, 7, 29, 30, 89, 90, 364, 365, 366, 399]).flatmap(
            lambda days: st.integers(days * 86_400 - 3_700, days * 86_400 + 3_700)
        ),
    )
    held: list[Vote] = []
    steps: list[tuple[str, Vote]] = []
    for _ in range(draw(st.integers(0, 40))):
        if held and draw(st.integers(0, 3)) == 0:
            steps.append(("remove", held.pop(draw(st.integers(0, len(held) - 1)))))
            continue
        vote = last - timedelta(seconds=draw(ages_s)), draw(SCORES)
        held.append(vote)
        steps.append(("add", vote))
    later = st.one_of(st.integers(0, 90_000), st.integers(0, 800 * 86_400))
    return steps, [last + timedelta(seconds=seconds) for seconds in draw(st.lists(later, min_size=1, max_size=6))]


@settings(deadline=None, max_examples=150)
@given(histories())
def test_the_windows_equal_a_recount_at_any_instant(case: tuple[list[tuple[str, Vote]], list[datetime]]) -> None:
    """Whatever was added, taken out, late or slightly ahead, in any order, and asked for in any order in between."""
    steps, instants = case
    rolling, held = Rolling(), list[Vote]()
    for number, (step, vote) in enumerate(steps):
        if step == "add":
            held.append(vote)
            rolling.add(_s(vote[0]) // 3600, ONE[vote[1]])
        else:
            held.remove(vote)
            rolling.add(_s(vote[0]) // 3600, -ONE[vote[1]])
        if number % 3 == 0:
            as_of = instants[number % len(instants)]
            assert _recount(held, as_of) == rolling.windows(_s(as_of))
    for as_of in instants:
        assert _recount(held, as_of) == rolling.windows(_s(as_of))
        assert _recount(held, as_of)[2] == rolling.last_30_days(_s(as_of) // 86_400)


@settings(deadline=None, max_examples=60)
@given(histories())
def test_the_windows_of_days_go_back_in_time_as_well(case: tuple[list[tuple[str, Vote]], list[datetime]]) -> None:
    """Only the hours are forgotten after two days; a window of days can be asked for any past day."""
    steps, instants = case
    votes = [vote for step, vote in steps if step == "add"]
    rolling = _rolling(votes)
    for at in [*(at for at, _ in votes), *instants]:
        assert _recount(votes, at)[1:] == rolling.windows(_s(at))[1:]


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 60 * 24), SCORES), max_size=80), st.integers(0, 24))
def test_the_last_24_hours_are_right_for_a_day_after_the_newest_vote_was_there(
    votes: list[tuple[int, int]], back: int
) -> None:
    """Two days of hours are kept, so `24h` may be asked for as of up to 24 hours before the newest vote's hour."""
    base = 480_000
    rolling = Rolling()
    for hour, score in votes:
        rolling.add(base + hour, ONE[score])
    if not votes:
        return
    last = base + max(hour for hour, _ in votes) - back
    expected = sum(ONE[score] for hour, score in votes if last - 24 < base + hour <= last)
    assert expected == rolling.windows(last * 3600)[0]


def test_a_day_is_in_a_window_until_its_last_second() -> None:
    """The 7 days that end on the 7th begin on the 1st; on the 8th the 1st is out."""
    rolling = _rolling([(datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC), 10)])
    inside = _s(datetime(2026, 3, 7, 23, 59, 59, tzinfo=UTC))
    assert 1 == figures(rolling.windows(inside)[1]).n
    assert 0 == figures(rolling.windows(inside + 1)[1]).n


def test_an_hour_is_in_24h_until_its_last_second() -> None:
    """24 buckets, the last one the hour that holds the instant."""
    rolling = _rolling([(datetime(2026, 3, 1, 9, 0, tzinfo=UTC), 10)])
    inside = _s(datetime(2026, 3, 2, 8, 59, 59, tzinfo=UTC))
    assert 1 == figures(rolling.windows(inside)[0]).n
    assert 0 == figures(rolling.windows(inside + 1)[0]).n


def test_the_year_of_365_days_ends_a_day_earlier_after_a_leap_day() -> None:
    """A window has k days, whatever the calendar calls a year."""
    rolling = _rolling([(datetime(2024, 2, 28, tzinfo=UTC), 10), (datetime(2024, 2, 29, tzinfo=UTC), 0)])
    assert 2 == figures(rolling.windows(_s(datetime(2025, 2, 26, tzinfo=UTC)))[4]).n
    assert 1 == figures(rolling.windows(_s(datetime(2025, 2, 27, tzinfo=UTC)))[4]).n
    assert 0 == figures(rolling.windows(_s(datetime(2025, 2, 28, tzinfo=UTC)))[4]).n


def test_an_answer_slightly_ahead_counts_in_all_at_once_and_in_the_others_when_its_bucket_comes() -> None:
    """A till's clock may be five minutes fast, over midnight too."""
    rolling = _rolling([(datetime(2026, 1, 1, 0, 3, tzinfo=UTC), 2)])
    before = rolling.windows(_s(datetime(2025, 12, 31, 23, 58, tzinfo=UTC)))
    assert [0, 0, 0, 0, 0, 1] == [figures(tally).n for tally in before]
    after = rolling.windows(_s(datetime(2026, 1, 1, tzinfo=UTC)))
    assert [1, 1, 1, 1, 1, 1] == [figures(tally).n for tally in after]


def test_a_silent_store_does_not_keep_its_old_score() -> None:
    """A window is anchored at the instant asked for, never at the last answer; only `all` remembers."""
    rolling = _rolling([(datetime(2025, 3, 1, 10, tzinfo=UTC), 10)])
    quiet = [
        [figures(tally).n for tally in rolling.windows(_s(datetime(2025, 3, 1, 11, tzinfo=UTC) + timedelta(days=days)))]
        for days in (0, 1, 7, 30, 90, 365)
    ]
    expected = [[1] * 6, [0, 1, 1, 1, 1, 1], [0, 0, 1, 1, 1, 1], [0, 0, 0, 1, 1, 1], [0, 0, 0, 0, 1, 1], [0] * 5 + [1]]
    assert expected == quiet


def test_skipped_questions_are_in_no_window() -> None:
    """50 promoters, 20 detractors and 30 passives are 30, however many dismissals there were."""
    at = datetime(2026, 3, 1, tzinfo=UTC)
    rolling = _rolling([(at, 10)] * 50 + [(at, 0)] * 20 + [(at, 7)] * 30)
    assert 30.0 == figures(rolling.windows(_s(at))[0]).nps


def test_a_retired_day_stays_in_the_total_alone() -> None:
    """What lies before all windows is forgotten as a day and kept in `all`."""
    old, new = datetime(2023, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    rolling = _rolling([(old, 3), (new, 10)])
    before = rolling.windows(_s(new))
    rolling.retire(_s(old) // 86_400)
    assert before == rolling.windows(_s(new))
    assert ONE[3] + ONE[10] == rolling.total
    assert [_s(new) // 86_400] == list(rolling.days)


def test_a_day_that_a_window_still_needs_is_not_retired() -> None:
    """Forgetting it would be our own bug."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    rolling = _rolling([(at, 3)])
    rolling.windows(_s(at))
    with pytest.raises(AssertionError):
        rolling.retire(_s(at) // 86_400 - 364)


def test_days_and_hours_can_be_given_apart() -> None:
    """A restore brings the days first and the hours of the last days after; the windows are the same."""
    at = datetime(2026, 3, 1, 10, tzinfo=UTC)
    votes = [(at - timedelta(hours=hours), 9) for hours in (0, 1, 23, 24, 50)]
    rolling = Rolling(hours_from=NEVER)
    for then, score in votes:
        rolling.load_day(_s(then) // 86_400, ONE[score])
    rolling.know_hours(_s(at) // 86_400 - 1, {_s(then) // 3600: ONE[score] for then, score in votes[:4]})
    assert _rolling(votes).windows(_s(at)) == rolling.windows(_s(at)) == _recount(votes, at)


def test_a_lifetime_is_in_all_and_nowhere_else() -> None:
    """What belongs to no day that is kept."""
    rolling = Rolling()
    rolling.add_lifetime(5 * ONE[9])
    assert [0, 0, 0, 0, 0, 5] == [figures(tally).n for tally in rolling.windows(1_780_000_000)]


def test_the_hours_that_are_held_are_bounded() -> None:
    """Three years of one answer an hour, in and out of order, keep a few days of hours."""
    rolling = Rolling()
    for hour in range(24 * 365 * 3):
        rolling.add(480_000 + hour - (hour % 5) * 7, ONE[9])
        assert len(rolling.hours) <= 24 * 6
    assert 24 * 365 * 3 == figures(rolling.total).n
