"""Turnaround: how the cases of a store or a brand were answered, as figures that add up.

What happened to a case is said in *codes*, and the turnaround of a UTC day of submission is how often each code
occurs there. A case that changes takes its old codes out and puts its new ones in; the figures of any span, store or
brand are a fold over added counts. So nobody adds up averages, and nothing depends on an order.

A code is a number, 32 times a value plus a kind:

    contactable, unreachable    by UTC hour of submission: one of them for each case, whether it can be contacted
    in time, late               of the contactable: contacted until it was due; not so, and it will not be any more
    reopened, overdue, expired  cases that were reopened at least once, are open past their due time, have expired
    dismissed                   by reason
    retracted                   cases withdrawn: they count nowhere else
    done, gone, left            for each milestone: reached it after so long; ended without it after so long; either of
                                them, by UTC hour of submission, so that who still waits is known by hour

A duration is kept in whole minutes with its top seven bits: exact below 128 minutes, then within 0.8 %.

How long a milestone takes is estimated with the cases that still wait for it (`kaplan_meier`): each as waiting for at
least the whole hours between the hour of its submission and the present one. Cases that end without it count as
waiting until they ended. Whoever cannot be contacted waits for no contact, and is counted apart.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from streams.domain.kaplan_meier import quantiles
from streams.domain.life import ACTIVE, DISMISSALS, Status
from streams.domain.window import DAY_S, HOUR_S, HOURS

WINDOW_DAYS: Final = 30
"""The figures are of the cases submitted on this many UTC days, the last of which is the present one."""

_KIND_BITS: Final = 5
_KIND: Final = (1 << _KIND_BITS) - 1
_CONTACTABLE, _UNREACHABLE, _IN_TIME, _LATE, _REOPENED, _OVERDUE, _EXPIRED, _DISMISSED, _RETRACTED = range(9)
_ACKNOWLEDGE, _CONTACT, _RESOLVE = _MILESTONES = (16, 20, 24)
_DONE, _GONE, _LEFT = range(3)
"""Added to a milestone."""
_BY_HOUR: Final = frozenset({_CONTACTABLE, _UNREACHABLE, *(milestone + _LEFT for milestone in _MILESTONES)})

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = HOUR_S * 1000
_EXACT_BITS: Final = 7
_HOUR_MINUTES: Final = 60
_HALF: Final = 1 << (_EXACT_BITS - 1)
_STILL_WAITING: Final = (0.5, 0.1)
"""The share that still waits at the median, and at p90."""


class Course(NamedTuple):
    """What happened to one case so far; times in ms since the epoch, -1 for what has not happened.

    `contacted_ms` is the first contact. `resolved_ms` counts only while the case is resolved, and `ended_ms` while it
    is not active: once it is reopened, both are of the past. `dismissed_reason` is the place in DISMISSALS, `reopened`
    how often. `breached_open` says that its due time has come, and it is active and not contacted.
    """

    submitted_ms: int
    due_ms: int
    contactable: bool
    status: Status
    acknowledged_ms: int = -1
    contacted_ms: int = -1
    resolved_ms: int = -1
    ended_ms: int = -1
    dismissed_reason: int = -1
    reopened: int = 0
    breached_open: bool = False


class Waiting(NamedTuple):
    """How long a milestone takes from submission: `n` cases reached it, `waiting` open ones have not so far.

    `median_s` and `p90_s` are None while too few reached it to tell.
    """

    n: int
    waiting: int
    median_s: int | None
    p90_s: int | None


class Turnaround(NamedTuple):
    """The figures of the cases submitted in the window.

    contactable + not_contactable = cases. Of the contactable, `in_time` were contacted until they were due, `pending`
    may still be; the others were not. `in_time_share` is in_time / contactable, so it never takes a case for answered
    that is not; None where nobody can be contacted. `dismissed` has only the reasons that occur.
    """

    cases: int
    open: int
    overdue: int
    contactable: int
    in_time: int
    pending: int
    in_time_share: float | None
    not_contactable: int
    reopened: int
    expired: int
    dismissed: dict[str, int]
    acknowledge: Waiting
    contact: Waiting
    resolve: Waiting


def plain_codes(hour: int, *, contactable: bool) -> tuple[int, ...]:
    """The codes of a case to which nothing has happened yet, submitted in this UTC hour of the day."""
    return _PLAIN[contactable][hour]


def codes_of(course: Course) -> tuple[int, ...]:
    """The codes of a case."""
    if course.status == "retracted":
        return (_code(_RETRACTED),)
    hour = course.submitted_ms // _HOUR_MS % HOURS
    ended = course.status not in ACTIVE
    codes = list(_PLAIN[course.contactable][hour])
    if course.contactable and 0 <= course.contacted_ms <= course.due_ms:
        codes.append(_code(_IN_TIME))
    elif course.contactable and (course.contacted_ms >= 0 or ended or course.breached_open):
        codes.append(_code(_LATE))
    if course.reopened:
        codes.append(_code(_REOPENED))
    if course.breached_open:
        codes.append(_code(_OVERDUE))
    if course.status == "expired":
        codes.append(_code(_EXPIRED))
    if course.status == "dismissed":
        codes.append(_code(_DISMISSED, course.dismissed_reason))
    for milestone, reached_ms in zip(_MILESTONES, _reached_ms(course), strict=True):
        reached = reached_ms >= 0
        if (reached or ended) and (course.contactable or milestone != _CONTACT):
            waited_ms = (reached_ms if reached else course.ended_ms) - course.submitted_ms
            codes.append(_code(milestone + (_DONE if reached else _GONE), _bin_of(max(0, waited_ms) // _MINUTE_MS)))
            codes.append(_code(milestone + _LEFT, hour))
    return tuple(codes)


class Span:
    """The counts of some days together: by kind and value, with hours since the epoch where a day has its own."""

    __slots__ = ("counts",)

    def __init__(self) -> None:
        self.counts: list[dict[int, int]] = [{} for _ in range(_KIND + 1)]

    def add(self, day: int, codes: Mapping[int, int], sign: int = 1) -> None:
        """Add the counts of a day (since the epoch), or take them out where `sign` is -1."""
        for code, n in codes.items():
            kind, value = code & _KIND, code >> _KIND_BITS
            if kind in _BY_HOUR:
                value += day * HOURS
            counts = self.counts[kind]
            after = counts.get(value, 0) + sign * n
            if after:
                counts[value] = after
            else:
                del counts[value]

    def figures(self, as_of_s: int) -> Turnaround:
        """The figures of these days at an instant (s since the epoch); of the instant only its hour matters."""
        counts = self.counts
        contactable, unreachable = counts[_CONTACTABLE], counts[_UNREACHABLE]
        n, others = sum(contactable.values()), sum(unreachable.values())
        if not n + others:
            return NO_CASES
        everybody = dict(unreachable) if unreachable else contactable
        if unreachable:
            for hour, times in contactable.items():
                everybody[hour] = everybody.get(hour, 0) + times
        in_time, late = sum(counts[_IN_TIME].values()), sum(counts[_LATE].values())
        this_hour = as_of_s // HOUR_S
        resolve = self._waiting(_RESOLVE, everybody, n + others, this_hour)
        return Turnaround(
            cases=n + others,
            open=resolve.waiting,
            overdue=sum(counts[_OVERDUE].values()),
            contactable=n,
            in_time=in_time,
            pending=n - in_time - late,
            in_time_share=in_time / n if n else None,
            not_contactable=others,
            reopened=sum(counts[_REOPENED].values()),
            expired=sum(counts[_EXPIRED].values()),
            dismissed={DISMISSALS[reason]: times for reason, times in sorted(counts[_DISMISSED].items())},
            acknowledge=self._waiting(_ACKNOWLEDGE, everybody, n + others, this_hour),
            contact=self._waiting(_CONTACT, contactable, n, this_hour),
            resolve=resolve,
        )

    def _waiting(self, milestone: int, cases: Mapping[int, int], total: int, this_hour: int) -> Waiting:
        """How long the cases, `total` together and here by hour of submission, take to reach a milestone."""
        done, gone, left = self.counts[milestone : milestone + 3]
        n = sum(done.values())
        waiting = total - n - sum(gone.values())
        if not n:
            return Waiting(0, waiting, None, None) if waiting else _NOBODY
        censored = dict(gone)
        if waiting:
            for hour, submitted in cases.items():
                still = submitted - left.get(hour, 0)
                if still:
                    # From the end of the hour of submission to the beginning of this one: at least so long.
                    place = _bin_of(max(0, this_hour - hour - 1) * _HOUR_MINUTES)
                    censored[place] = censored.get(place, 0) + still
        median, p90 = (None if at is None else _seconds_of(at) for at in quantiles(done, censored, _STILL_WAITING))
        return Waiting(n, waiting, median, p90)


def turnaround(days: Mapping[int, Mapping[int, int]], as_of_s: int) -> Turnaround:
    """The figures at an instant (s since the epoch), from the counts of codes by day (since the epoch)."""
    if not days:
        return NO_CASES
    span = Span()
    last = as_of_s // DAY_S
    for day, codes in days.items():
        if last - WINDOW_DAYS < day <= last:
            span.add(day, codes)
    return span.figures(as_of_s)


def changed_by_time(figures: Callable[[int], Turnaround], before_s: int, now_s: int) -> bool:
    """Whether time alone changed the figures, which are asked for by instant (s since the epoch), between two."""
    now = figures(now_s)
    aging = any(each.n and each.waiting for each in (now.acknowledge, now.contact, now.resolve))
    return (aging or before_s // DAY_S != now_s // DAY_S) and figures(before_s) != now


def _reached_ms(course: Course) -> tuple[int, int, int]:
    """When a case reached each milestone, -1 where it has not. Who contacts or resolves it has taken it up, too."""
    resolved_ms = course.resolved_ms if course.status == "resolved" else -1
    taken_up = [at_ms for at_ms in (course.acknowledged_ms, course.contacted_ms, resolved_ms) if at_ms >= 0]
    return min(taken_up, default=-1), course.contacted_ms, resolved_ms


def _code(kind: int, value: int = 0) -> int:
    return value << _KIND_BITS | kind


def _bin_of(minutes: int) -> int:
    """The place of a duration: its top bits, and how many bits it has below them."""
    below = max(0, minutes.bit_length() - _EXACT_BITS)
    return (minutes >> below) + below * _HALF


def _seconds_of(place: int) -> int:
    """The mean of the whole minutes that have this place."""
    below = max(0, place // _HALF - 1)
    first = place - below * _HALF << below
    return first * 60 + ((1 << below) - 1) * 30


_PLAIN: Final = tuple(tuple((_code(kind, hour),) for hour in range(HOURS)) for kind in (_UNREACHABLE, _CONTACTABLE))
"""By whether the case can be contacted, and by hour."""
_NOBODY: Final = Waiting(0, 0, None, None)
NO_CASES: Final = Turnaround(0, 0, 0, 0, 0, 0, None, 0, 0, 0, {}, _NOBODY, _NOBODY, _NOBODY)
"""The figures where there was no case."""
