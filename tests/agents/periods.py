"""What a trend must say, worked out from the events of a log and their arrivals by the calendar.

It knows nothing of day numbers, finals or rows: lists of answers as they counted after each event, and datetime.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from tests.agents.oracle import Happening, facts

Log = list[tuple[int, Happening]]
"""Events with their arrival (ms since the epoch), in order of it."""

DAY = timedelta(days=1)
FINAL_AFTER = timedelta(hours=72)


def series(log: Log, as_of: datetime) -> dict[str, Any]:
    """Days, weeks and months as a trend has them at an instant, of all events in a log."""
    states = list(_states(log))
    return {
        name: _series([(label, first, last) for label, first, last in periods], states, as_of)
        for name, periods in (
            ("days", list(_days(as_of.date()))),
            ("weeks", list(_weeks(as_of.date()))),
            ("months", list(_months(as_of.date()))),
        )
    }


def empty(document: dict[str, Any]) -> bool:
    """Whether a trend shows nothing at all."""
    return not any(sum(document[name]["n"]) or document[name]["restated"] for name in ("days", "weeks", "months"))


def as_of(document: dict[str, Any]) -> datetime:
    """The instant that a trend speaks of."""
    return datetime.fromisoformat(document["as_of"])


def _states(log: Log) -> Iterator[tuple[datetime, list[tuple[date, int]]]]:
    """When each event arrived, and the day and score of all that counted after it."""
    for n, (arrival_ms, _) in enumerate(log, 1):
        counted = facts(event for _, event in log[:n]).values()
        at = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=arrival_ms)
        yield at, sorted((datetime.fromtimestamp(ms // 1000, UTC).date(), score) for ms, score in counted)


def _series(
    periods: list[tuple[str, date, date]],
    states: list[tuple[datetime, list[tuple[date, int]]]],
    now: datetime,
) -> dict[str, Any]:
    counts, restated, final = [], [], 0
    for label, first, after in periods:
        inside = [(at, [score for day, score in counted if first <= day < after]) for at, counted in states]
        counts.append(_bands(inside[-1][1] if inside else []))
        final_at = datetime.combine(after, datetime.min.time(), UTC) + FINAL_AFTER
        if final_at > now:
            continue
        final += 1
        before = [scores for at, scores in inside if at < final_at]
        later = [scores for at, scores in inside if at >= final_at]
        was = before[-1] if before else []
        if was and any(one != other for one, other in pairwise([was, *later])):
            restated.append({"period": label, **dict(zip(("n", "promoters", "detractors"), _bands(was), strict=True))})
    n, promoters, detractors = (list(column) for column in zip(*counts, strict=True))
    return {
        "first": periods[0][0],
        "n": n,
        "promoters": promoters,
        "detractors": detractors,
        "final": final,
        "restated": restated,
    }


def _bands(scores: list[int]) -> tuple[int, int, int]:
    return len(scores), sum(score >= 9 for score in scores), sum(score <= 6 for score in scores)


def _days(end: date) -> Iterator[tuple[str, date, date]]:
    for back in range(34, -1, -1):
        day = end - back * DAY
        yield day.isoformat(), day, day + DAY


def _weeks(end: date) -> Iterator[tuple[str, date, date]]:
    for back in range(52, -1, -1):
        monday = end - end.weekday() * DAY - 7 * back * DAY
        year, week, _ = monday.isocalendar()
        yield f"{year}-W{week:02d}", monday, monday + 7 * DAY


def _months(end: date) -> Iterator[tuple[str, date, date]]:
    firsts = [end.replace(day=1)]
    while len(firsts) < 24:
        firsts.append((firsts[-1] - DAY).replace(day=1))
    for first in reversed(firsts):
        yield first.isoformat()[:7], first, (first + 31 * DAY).replace(day=1)


def of_store(log: Log, store: str) -> Log:
    """The events of one store."""
    return [(at, event) for at, event in log if event.store == store]
