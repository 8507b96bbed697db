"""Rolling windows against a recount of all votes by the calendar."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.domain.brand import BrandTotal
from streams.domain.page import Page
from streams.domain.store import BrandShare, Store
from streams.domain.tally import ONE, figures
from streams.domain.vote import DELETED, new_vote
from streams.domain.window import COMPARED, NEVER, WINDOWS, Past, Rolling, WindowName
from tests.strategies import SCORES

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
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


def _recount_past(votes: Sequence[Vote], as_of: datetime) -> Past:
    """The tallies of the windows to compare with, vote by vote: those just before, and those 365 days earlier."""

    def between(first: datetime, last: datetime) -> int:
        return sum(ONE[score] for at, score in votes if first <= at < last)

    previous, year_ago = [], []
    for name in COMPARED:
        first, last = _span(name, as_of)
        previous.append(between(first - (last - first), first))
        year_ago.append(between(first - 365 * _DAY, last - 365 * _DAY))
    return Past(tuple(previous), tuple(year_ago))


def _span(name: WindowName, as_of: datetime) -> tuple[datetime, datetime]:
    """The instant at which a window begins, and the one that is just after it."""
    if name == "24h":
        last = as_of.replace(minute=0, second=0, microsecond=0) + _HOUR
        return last - 24 * _HOUR, last
    last = as_of.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY
    return last - _DAYS[name] * _DAY, last


def _past(rolling: Rolling, votes: Sequence[Vote], as_of: datetime) -> Past:
    """What `rolling` says, where somebody else keeps the hours of a year ago."""
    return rolling.past(
        _s(as_of),
        lambda first, last: sum(ONE[score] for at, score in votes if first <= _s(at) // 3600 <= last),
    )


def _rolling(votes: Sequence[Vote]) -> Rolling:
    rolling = Rolling()
    for at, score in votes:
        rolling.add(_s(at) // 3600, ONE[score])
    return rolling


_EDGE_DAYS = (6, 7, 13, 14, 29, 30, 59, 60, 89, 90, 179, 180, 364, 365, 366)
_PAST_EDGE_DAYS = (*_EDGE_DAYS, 371, 372, 394, 395, 399, 454, 455, 729, 730, 790)
"""Ages at which a day leaves a window or enters one, and what lies before all of them."""


def _ages_s(days: Sequence[int]) -> st.SearchStrategy[int]:
    near = st.sampled_from(days).flatmap(lambda day: st.integers(day * 86_400 - 3_700, day * 86_400 + 3_700))
    return st.one_of(st.integers(-300, 190_000), near)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[tuple[str, Vote]], list[datetime]]:
    """Additions and removals around an edge of the calendar, none after `last`; and instants from there on."""
    last = draw(st.sampled_from(_EDGES)) + timedelta(seconds=draw(st.integers(-7_200, 7_200)))
    ages_s = _ages_s(_PAST_EDGE_DAYS)
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
            assert _recount_past(held, as_of) == _past(rolling, held, as_of)
    for as_of in instants:
        assert _recount(held, as_of) == rolling.windows(_s(as_of))
        assert _recount_past(held, as_of) == _past(rolling, held, as_of)
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
        assert _recount_past(votes, at).previous[1:] == _past(rolling, votes, at).previous[1:]
        assert _recount_past(votes, at).year_ago == _past(rolling, votes, at).year_ago


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 60 * 24), SCORES), max_size=80), st.integers(0, 24))
def test_the_last_24_hours_are_right_for_a_day_after_the_newest_vote_was_there(
    votes: list[tuple[int, int]], back: int
) -> None:
    """Days of hours are kept, so `24h` may be asked for as of up to 24 hours before the newest vote's hour.

    And so may the 24 hours before those.
    """
    base = 480_000
    rolling = Rolling()
    for hour, score in votes:
        rolling.add(base + hour, ONE[score])
    if not votes:
        return
    last = base + max(hour for hour, _ in votes) - back
    expected = sum(ONE[score] for hour, score in votes if last - 24 < base + hour <= last)
    assert expected == rolling.windows(last * 3600)[0]
    before = sum(ONE[score] for hour, score in votes if last - 48 < base + hour <= last - 24)
    assert before == rolling.past(last * 3600, lambda first, last: 0).previous[0]


@pytest.mark.parametrize("back", range(25))
def test_the_last_48_hours_are_held_however_many_there_were(back: int) -> None:
    """An answer every hour for ten days, one of them five minutes fast."""
    rolling = Rolling()
    newest = 480_000 + 240
    for hour in range(480_000, newest + 1):
        rolling.add(hour, ONE[hour % 11])
    last = newest - back
    expected = [sum(ONE[hour % 11] for hour in range(end - 23, end + 1)) for end in (last, last - 24)]
    assert expected == [rolling.windows(last * 3600)[0], rolling.past(last * 3600, lambda *_: 0).previous[0]]


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


class _Kept:
    """A store with its pages, and its brand as two shards tell of it; and all that counts, vote by vote."""

    def __init__(self) -> None:
        self.votes: list[Vote] = []
        self.store = Store(BrandShare("Nord"), "Lyon", [])
        self.total = BrandTotal("Nord")
        self._days: dict[tuple[int, int], dict[int, int]] = {}

    def add(self, vote: Vote) -> None:
        """Count a vote."""
        identity = len(self.votes)
        while self._page(identity, vote).get(identity) is not None:
            identity += 1000
        self._page(identity, vote).put(identity, new_vote(vote[1], self._minute(vote), identity))
        self.votes.append(vote)
        self._tell(vote, ONE[vote[1]])

    def remove(self, vote: Vote) -> None:
        """Take a vote out again."""
        self.votes.remove(vote)
        page, minute = self._page(0, vote), self._minute(vote)
        identity = next(
            identity
            for identity, kept in page.votes.items()
            if kept == new_vote(vote[1], minute, identity) and not kept & DELETED
        )
        page.put(identity, page.votes[identity] | DELETED)
        self._tell(vote, -ONE[vote[1]])

    def restored(self) -> None:
        """The next owner has it from the rows."""
        old, self.store = self.store, Store(BrandShare("Nord"), "Lyon", [])
        for day in old.pages:
            for segment, page in enumerate(old.days_pages(day)):
                row = page.pack() if isinstance(page, Page) else page
                self.store.rolling.load_day(day, self.store.put(day, segment, row))
        self.total = BrandTotal("Nord")
        for (shard, day), hours in self._days.items():
            self.total.replace(shard, day, dict(hours))

    def assert_exact(self, as_of: datetime) -> None:
        """Both say at an instant what a recount by the calendar says."""
        for subject in (self.store, self.total):
            assert _recount(self.votes, as_of) == subject.windows(_s(as_of))
            assert _recount_past(self.votes, as_of) == subject.past(_s(as_of))

    def _page(self, identity: int, vote: Vote) -> Page:
        return self.store.page_for(_s(vote[0]) // 86_400, identity)

    def _minute(self, vote: Vote) -> int:
        return vote[0].hour * 60 + vote[0].minute

    def _tell(self, vote: Vote, delta: int) -> None:
        day, hour = divmod(_s(vote[0]) // 3600, 24)
        self.store.rolling.add(day * 24 + hour, delta)
        shard = vote[1] % 2
        hours = self._days.setdefault((shard, day), {})
        hours[hour] = hours.get(hour, 0) + delta
        if not hours[hour]:
            del hours[hour]
        self.total.replace(shard, day, dict(hours))


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_stores_and_brands_are_exact_at_any_instant(data: st.DataObject) -> None:
    """Windows, the ones before and those of a year ago: asked for in any order of instants, between any changes.

    Over the ends of months, years and leap days; the hours come from pages and parts, after a restore as well.
    """
    kept, last = _Kept(), data.draw(st.sampled_from(_EDGES))
    for _ in range(data.draw(st.integers(1, 30))):
        step = data.draw(st.sampled_from(["add", "add", "add", "remove", "ask", "ask", "restore"]))
        if step == "add":
            kept.add((last - timedelta(seconds=data.draw(_ages_s(_PAST_EDGE_DAYS))), data.draw(SCORES)))
        elif step == "remove" and kept.votes:
            kept.remove(data.draw(st.sampled_from(kept.votes)))
        elif step == "restore":
            kept.restored()
        else:
            kept.assert_exact(last + timedelta(seconds=data.draw(st.integers(-90_000, 90_000))))
    for days in data.draw(st.lists(st.integers(0, 800), max_size=4)):
        kept.assert_exact(last + days * _DAY)


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.tuples(_ages_s(_PAST_EDGE_DAYS), SCORES), max_size=20),
    st.sampled_from(_EDGES),
    st.integers(0, 90_000),
    st.integers(1, 60),
)
def test_what_time_alone_changes_is_known(
    ages: list[tuple[int, int]], last: datetime, later_s: int, hours: int
) -> None:
    """Of all windows and all that they are compared with, from one instant to another."""
    kept = _Kept()
    for age_s, score in ages:
        kept.add((last - timedelta(seconds=age_s), score))
    before = last + timedelta(seconds=later_s)
    now = before + hours * _HOUR
    votes = kept.votes
    changed = (_recount(votes, before), _recount_past(votes, before)) != (
        _recount(votes, now),
        _recount_past(votes, now),
    )
    for subject in (kept.store, kept.total):
        assert changed == subject.changed_by_time(_s(before), _s(now))


def test_the_window_before_ends_where_this_one_begins() -> None:
    """No day is in both and none between them: 7 days to the 7th, and 7 days to the last of the month before."""
    votes = [(datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC), 9), (datetime(2026, 3, 1, tzinfo=UTC), 0)]
    at = datetime(2026, 3, 7, 12, tzinfo=UTC)
    rolling = _rolling(votes)
    assert (ONE[0], ONE[9]) == (rolling.windows(_s(at))[1], _past(rolling, votes, at).previous[1])


def test_a_year_ago_is_365_days_whatever_the_calendar_says() -> None:
    """On 1 March 2025 that is 1 March 2024; on 1 March 2024, after the leap day, it was 2 March 2023."""
    for year, then in ((2025, datetime(2024, 3, 1, tzinfo=UTC)), (2024, datetime(2023, 3, 2, tzinfo=UTC))):
        votes = [(then + timedelta(hours=23), 9), (then + _DAY, 0)]
        at = datetime(year, 3, 1, 23, 30, tzinfo=UTC)
        assert [ONE[9]] * 4 == list(_past(_rolling(votes), votes, at).year_ago[:4])


def test_the_year_before_and_a_year_ago_are_the_same_days() -> None:
    """365 days, then the 365 before them: what is older is in neither."""
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    votes = [(at - days * _DAY, score) for days, score in ((364, 10), (365, 9), (729, 8), (730, 7))]
    past = _past(_rolling(votes), votes, at)
    assert ONE[9] + ONE[8] == past.previous[4] == past.year_ago[4]


def test_the_hours_a_year_ago_are_asked_for_once_an_hour() -> None:
    """They are summed from pages, and what comes in today does not change them; what comes in so late does."""
    asked = list[tuple[int, int]]()
    rolling = _rolling([])
    at = _s(datetime(2026, 3, 1, 12, tzinfo=UTC))

    def between(first: int, last: int) -> int:
        asked.append((first - at // 3600, last - at // 3600))
        return 0

    for second in (0, 59, 3_599, 3_600):
        rolling.past(at + second, between)
        rolling.add(at // 3600, ONE[9])
    year = 365 * 24
    assert [(-year - 23, -year), (-year - 22, -year + 1)] == asked
    rolling.add(at // 3600 - year, ONE[9])
    rolling.past(at + 3_600, between)
    assert 3 == len(asked)
    # Seen from an earlier last day the change is less than a year old.
    rolling.last_30_days(at // 86_400 - 10)
    rolling.add(at // 3600 - year, ONE[9])
    rolling.past(at + 3_600, between)
    assert 4 == len(asked)


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
