"""When a score fell or rose beyond chance: the rule, the windows it looks at, and its episodes.

Whoever looks at a difference after each answer finds a significant one sooner or later: at |z| > 1.96 in 58 % of
healthy stores within 500 answers. So the rule asks for |z| >= 3.3 and 10 points between at least 50 answers now and 100
before, says so once per episode, and ends the episode only when |z| has come down to 0.5. Simulated with 600 stores
it is wrong about 4 % of healthy ones per 500 answers, and finds 98 % of the falls from 30 to 0. (A score has less room
above it than below, so that the mirror image, the rise, is wrong about 5 or 6 %.)

The windows count back from the day of now, so that a backlog says nothing about the past, and are sums of buckets, so
that they are exact under corrections:

- *now*: the fewest last UTC days that hold 50 answers, at most 90. The last one of them is part of a day. Mornings set
  against whole days would turn the habits of a day into alarms (nearly every day, where 300 answer a day and mornings
  differ from evenings by 40 points). So a subject with 50 answers in its last 24 hours is judged by those; for all
  others, part of a day stands beside a whole day at least.
- *before*: the fewest UTC days that hold 400 answers, a week at least, since Saturdays differ from Mondays; and between
  the two windows a gap, the fewest days that hold 400 answers. A fall is found after 80 answers or so. By then, a
  baseline right beside it would have swallowed a good part of the fall, and would find 82 % where one behind a gap
  finds 98 %. Where a year has too few answers for both, the gap gives up its oldest days to the baseline.

A subject whose weekends lie 10 points below its average is still told so every weekend, if enough people answer.
"""

import struct
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from streams.domain.comparison import Change, compare
from streams.domain.page import NewerRow
from streams.domain.window import DAY_S, HOUR_S, HOURS, Rolling

Rule = Literal["drop", "rise", "burst"]
ScoreRule = Literal["drop", "rise"]

Z_FIRE: Final = 3.3
Z_RELEASE: Final = 0.5
POINTS_MIN: Final = 10
CURRENT_N: Final = 50
CURRENT_DAYS_MAX: Final = 90
BASELINE_N_MIN: Final = 100
BASELINE_N: Final = 400
BASELINE_DAYS_MIN: Final = 7
GAP_N: Final = 400
DAYS_MAX: Final = 365
"""All windows lie within so many days, today included."""
ROW_VERSION: Final = 1

_DIRECTION: Final[Mapping[ScoreRule, int]] = {"drop": -1, "rise": 1}
SCORE_LIMITS: Final[Mapping[Rule, Mapping[str, float]]] = {
    rule: {
        "z": direction * Z_FIRE,
        "points": direction * POINTS_MIN,
        "current_n": CURRENT_N,
        "baseline_n": BASELINE_N_MIN,
        "release_z": direction * Z_RELEASE,
    }
    for rule, direction in _DIRECTION.items()
}
"""The rules as they are published: where `z` and `points` must lie at least, and from where on it is over."""

_DIGITS: Final = (1 << 32) - 1
_ROW = struct.Struct("<B?I")


class Span(NamedTuple):
    """A window: the answers from one instant (s since the epoch) up to, not including, another."""

    from_s: int
    to_s: int
    tally: int


class Windows(NamedTuple):
    """What a score is judged by. `recent`: somebody answered within a week."""

    current: Span
    baseline: Span
    recent: bool


class Episode(NamedTuple):
    """The latest episode of a rule, counted from 1 for ever; 0 before the first."""

    number: int = 0
    is_open: bool = False

    def turned(self) -> "Episode":
        """What comes next: the end of this one, or the next one."""
        return Episode(self.number + (not self.is_open), not self.is_open)

    def pack(self) -> bytes:
        """The row: version, whether it is open, number; little-endian."""
        return _ROW.pack(ROW_VERSION, self.is_open, self.number)


def unpack_episode(row: bytes) -> Episode:
    """The episode of a row; raises NewerRow."""
    if row[0] != ROW_VERSION:
        message = f"an episode of row version {row[0]}; this release knows {ROW_VERSION}"
        raise NewerRow(message)
    _, is_open, number = _ROW.unpack(row)
    return Episode(number, is_open)


def answers_in(tally: int) -> int:
    """How many answers a tally has: the sum of its digits to the base 2^32 is what 2^32 - 1 leaves of it."""
    return tally % _DIGITS


def could_judge(total: int) -> bool:
    """Whether a subject with so many answers in all, a tally, has enough for two windows."""
    return answers_in(total) >= CURRENT_N + BASELINE_N_MIN


def is_on(rule: ScoreRule, change: Change, current_n: int, baseline_n: int, *, was_on: bool) -> bool:
    """Whether an alarm is raised, or one that is open stays so.

    An open one asks for half the answers, so that a subject with hardly enough of them does not flicker. With fewer it
    is over: nobody can say any longer that it holds.
    """
    if change.z is None or change.difference is None:
        return False
    direction = _DIRECTION[rule]
    z, points = direction * change.z, direction * change.difference
    if was_on:
        return z >= Z_RELEASE and 2 * current_n >= CURRENT_N and 2 * baseline_n >= BASELINE_N_MIN
    return z >= Z_FIRE and points >= POINTS_MIN and current_n >= CURRENT_N and baseline_n >= BASELINE_N_MIN


def judge(rule: ScoreRule, windows: Windows, change: Change, *, was_on: bool) -> bool:
    """As `is_on`, for windows of days; `change` is `change_of` them.

    Nothing is raised about a subject that nobody answered for a week: while history is imported its last answers are
    old, and whatever happened then is over.
    """
    if not (was_on or windows.recent):
        return False
    current_n, baseline_n = answers_in(windows.current.tally), answers_in(windows.baseline.tally)
    return is_on(rule, change, current_n, baseline_n, was_on=was_on)


def change_of(windows: Windows) -> Change:
    """How now differs from before."""
    return compare(windows.current.tally, windows.baseline.tally)


def windows_of(rolling: Rolling, now_s: int) -> Windows:
    """The windows of a subject at an instant (s since the epoch), whatever they hold.

    The hours of the day before must be known.
    """
    since = _Since(rolling, now_s)
    current, at_current = _current(since, rolling, now_s)
    return Windows(current, _baseline(since, current.from_s, at_current), since.recent)


class _Since:
    """The tally of all answers from a day on until today, for any first day: a window is the difference of two.

    Those of the windows of scores are known, so that a subject with an answer a day costs no look at hundreds of days.
    """

    def __init__(self, rolling: Rolling, now_s: int) -> None:
        self._days = rolling.days
        self.today = today = now_s // DAY_S
        self.w24, w7, w30, w90, w365, _ = rolling.windows(now_s)
        self._known = ((today - 364, w365), (today - 89, w90), (today - 29, w30), (today - 6, w7), (today + 1, 0))
        self.recent = bool(w7)

    def with_answers(self, n: int, end: int, found: tuple[int, int] | None = None) -> tuple[int, int]:
        """The last day from which on there are `n` answers, and their tally; day `end` where there are not so many.

        `found`: what was found for a smaller number.
        """
        first, tally = found or self._known[-1]
        for day, known in self._known:
            if end <= day < first and known % _DIGITS < n:
                first, tally = day, known
                break
        get = self._days.get
        while first > end and tally % _DIGITS < n:
            first -= 1
            tally += get(first, 0)
        return first, tally

    def of_days(self, first: int, end: int) -> int:
        """The tally of a few days, `end` not included."""
        return sum(self._days.get(day, 0) for day in range(first, end))


def _current(since: _Since, rolling: Rolling, now_s: int) -> tuple[Span, int]:
    """The window now, and the tally of all from its beginning on: what is dated a little ahead may not be in it."""
    today = since.today
    first, tally = since.with_answers(CURRENT_N, today + 1 - CURRENT_DAYS_MAX)
    if first >= today - 1:
        first, tally = today - 1, since.of_days(today - 1, today + 1)
        if answers_in(since.w24) >= CURRENT_N:
            hour = now_s // HOUR_S - HOURS + 1
            before = sum(rolling.hours.get(earlier, 0) for earlier in range(first * HOURS, hour))
            return Span(hour * HOUR_S, (hour + HOURS) * HOUR_S, since.w24), tally - before
    return Span(first * DAY_S, (today + 1) * DAY_S, tally), tally


def _baseline(since: _Since, current_s: int, at_current: int) -> Span:
    """The window before, given the beginning of the one now and the tally of all from there on."""
    end = since.today + 1 - DAYS_MAX
    to, at_to = since.with_answers(answers_in(at_current) + GAP_N, end)
    first, at_first = since.with_answers(answers_in(at_to) + BASELINE_N, end, (to, at_to))
    to_s = to * DAY_S
    spare = answers_in(at_first) - BASELINE_N
    if spare < answers_in(at_to):
        # The year ends first, and the gap gives up its oldest days.
        to, at_to = since.with_answers(max(spare, 0) + 1, end)
        to_s, at_to = (to + 1) * DAY_S, at_to - since.of_days(to, to + 1)
        if to_s > current_s or spare < answers_in(at_current):
            to_s, at_to = current_s, at_current
    elif first > to - BASELINE_DAYS_MIN:
        earlier = max(to - BASELINE_DAYS_MIN, end)
        first, at_first = earlier, at_first + since.of_days(earlier, first)
    return Span(first * DAY_S, to_s, at_first - at_to)
