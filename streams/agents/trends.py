"""When the trend of a store or a brand is published: what changed, at most once per interval, whatever crashes.

A trend is due once a score of its subject went out, for then something changed. Time alone changes trends at midnight
UTC: periods end then, and become final then. So once a day, one interval after midnight (what was published before
midnight is an interval old by then), all that show anything are published anew.

No crash loses a trend. The marker keeps the position in the changelog since which rows may lack theirs, as it does for
scores, and the last day whose pass is done: a pass that a crash cut off begins again.
"""

import heapq
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Protocol

from streams.agents.policy import Policy
from streams.domain.brand import BrandTotal
from streams.domain.period import DAYS, MONTHS, WEEKS, Calendar
from streams.domain.store import Store, Subject
from streams.domain.trend import Course, Finals, courses
from streams.domain.window import DAY_S
from streams.engine.state import Output
from streams.events.time import rfc3339_ms
from streams.events.trend import Restated, Series, Trend, encode_trend

TRENDS_PER_COMMIT: Final = 100
"""About 10 ms of work: alerts are not kept waiting behind more."""
_LOOKED_AT_MAX: Final = 500
"""Subjects that one commit looks at in the pass of a day."""


class Publishes(Protocol):
    """The part of a ledger that trends go through."""

    shard: int
    policy: Policy

    def send(self, topic: str, partition: int, output: Output) -> None:
        """Send a record with the next commit."""


class Trends:
    """The subjects whose trend awaits publication; `subjects` gives all there are."""

    def __init__(self, ledger: Publishes, subjects: Callable[[], Iterator[Subject]]) -> None:
        self._ledger = ledger
        self._subjects = subjects
        self._interval_s = ledger.policy.trend_interval_s
        self._queue: list[tuple[float, int, Subject]] = []
        self._since: dict[Subject, int] = {}
        """Those that wait, with a position in the changelog before which none of their rows lacks its trend."""
        self._count = 0
        self._day = -1
        """The last day whose pass is done."""
        self._pass: Iterator[Subject] | None = None
        self._pass_day = -1

    def restored(self, note: Mapping[str, Any], row_offsets: Mapping[Any, int], now_s: float) -> None:
        """All rows are in: see what a former owner did not get to publish.

        `row_offsets` has the position of the last row by subject. An owner that knew no trends noted nothing of them:
        then all are due.
        """
        day = self._day_of(now_s)
        self._day = min(note.get("trend_day", day), day)
        since = note.get("trends_since")
        if since is None:
            for subject in self._subjects():
                self.mark(subject, 0, now_s)
            return
        for subject, offset in row_offsets.items():
            if isinstance(subject, Subject) and offset >= since:
                self.mark(subject, since, now_s)

    def mark(self, subject: Subject, since: int, now_s: float) -> None:
        """A subject changed, by rows at or after a position in the changelog; positions of later calls are no lower."""
        if subject not in self._since:
            self._since[subject] = since
            self._count += 1
            due_s = max(now_s, subject.trended_at + self._interval_s)
            heapq.heappush(self._queue, (due_s, self._count, subject))

    def publish(self, now_s: float) -> None:
        """Send those whose time has come, at most TRENDS_PER_COMMIT."""
        room = TRENDS_PER_COMMIT
        while room and self._queue and self._queue[0][0] <= now_s:
            subject = heapq.heappop(self._queue)[2]
            del self._since[subject]
            self._send(subject, now_s)
            room -= 1
        self._go_on(now_s, room)

    def note(self, state_position: int) -> dict[str, int]:
        """What the marker keeps; `state_position` is one at or after which all stands that awaits its score."""
        since = min(next(iter(self._since.values()), state_position), state_position)
        return {"trends_since": since, "trend_day": self._day}

    def due_in_s(self, now_s: float) -> float:
        """Seconds until there is something to publish; not positive when overdue."""
        if self._pass is not None:
            return 0.0
        midnight_s = (self._day + 1) * DAY_S + self._interval_s
        return min(self._queue[0][0] if self._queue else midnight_s, midnight_s) - now_s

    def _day_of(self, now_s: float) -> int:
        return int(now_s - self._interval_s) // DAY_S

    def _go_on(self, now_s: float, room: int) -> None:
        """Begin the pass of a day, or go on with it."""
        if self._pass is None:
            day = self._day_of(now_s)
            # A former owner's clock was ahead: the day is not over yet.
            self._day = min(self._day, day)
            if day == self._day:
                return
            self._pass, self._pass_day = self._subjects(), day
        if not room:
            return
        first_shown = MONTHS.first_day(MONTHS.shown_at(self._day).start)
        for looked_at, subject in enumerate(self._pass, 1):
            # Whoever waits will be published today anyhow.
            new = subject.trended_at >= self._pass_day * DAY_S or subject in self._since
            if not new and _shows(subject, first_shown):
                self._send(subject, now_s)
                room -= 1
            if not room or looked_at == _LOOKED_AT_MAX:
                return
        self._pass = None
        self._day = self._pass_day

    def _send(self, subject: Subject, now_s: float) -> None:
        subject.trended_at = now_s
        ledger = self._ledger
        ledger.send(ledger.policy.trends, ledger.shard, trend_output(subject, now_s))


def trend_output(subject: Subject, now_s: float) -> Output:
    """The trend of a subject; its last periods hold `now_s`."""
    as_of_ms = int(now_s * 1000)
    of_calendar = courses(subject.rolling.days, _finals(subject), as_of_ms)
    series = {calendar: _series(calendar, course) for calendar, course in of_calendar.items()}
    trend = Trend(
        brand=subject.brand_name,
        store=subject.store_name,
        as_of=rfc3339_ms(as_of_ms),
        days=series[DAYS],
        weeks=series[WEEKS],
        months=series[MONTHS],
    )
    return Output(subject.key, encode_trend(trend))


def _series(calendar: Calendar, course: Course) -> Series:
    n, promoters, detractors = map(list, zip(*course.bands, strict=True))
    restated = [Restated(period.name, *bands) for period, bands in course.restated]
    return Series(calendar.name(course.first), n, promoters, detractors, course.final, restated)


def _finals(subject: Subject) -> Finals:
    if isinstance(subject, BrandTotal):
        return subject.said
    assert isinstance(subject, Store)
    return subject.kept


def _shows(subject: Subject, first_day: int) -> bool:
    """Whether there is anything of a subject from a day on."""
    return max(subject.rolling.days, default=first_day - 1) >= first_day or bool(_finals(subject).restated)
