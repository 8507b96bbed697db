"""What the figures of a store must be, worked out from the facts of its responses by the calendar.

It knows nothing of pages, tallies or packed votes: lists of answers, and datetime for the windows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

_DAYS = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}
_YEAR = timedelta(days=365)
_ANSWERS = ("created", "updated", "finished")


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of a response as it arrives; `version` None for a source that has none."""

    store: str
    response_id: str
    submitted_ms: int
    event: str
    version: int | None
    score: int

    @property
    def name(self) -> tuple[str, str, int]:
        """The identity: store, response id and UTC date."""
        return self.store, self.response_id, self.submitted_ms // 86_400_000


def facts(happened: Iterable[Happening]) -> dict[tuple[str, str, int], tuple[int, int]]:
    """The submission (ms) and the score of every response that counts, after these events in this order."""
    by_name: dict[tuple[str, str, int], list[Happening]] = {}
    for event in happened:
        by_name.setdefault(event.name, []).append(event)
    counted = {}
    for name, events in by_name.items():
        score = _answer([event for event in events if event.event in _ANSWERS])
        if score is not None and not _is_out(events):
            counted[name] = events[0].submitted_ms, score
    return counted


def _answer(answers: list[Happening]) -> int | None:
    """Of several: by version the newest, and the first of that; without versions the last that is no `created`."""
    if not answers:
        return None
    newest = answers[0]
    for answer in answers[1:]:
        if answer.version is None:
            newest = newest if answer.event == "created" else answer
        elif answer.version > (newest.version or 0):
            newest = answer
    return newest.score


def _is_out(events: list[Happening]) -> bool:
    """Deleted or forgotten altogether, ever; or excluded: by version the newest mark, the first; without, the last."""
    marks = [event for event in events if event.event in {"excluded", "restored"}]
    newest = None
    for mark in marks:
        if newest is None or mark.version is None or mark.version > (newest.version or 0):
            newest = mark
    is_gone = any(event.event in {"deleted", "forget_all"} for event in events)
    return is_gone or (newest is not None and newest.event == "excluded")


def figures(answers: Iterable[tuple[int, int]], as_of_s: float) -> dict[str, dict[str, Any]]:
    """All windows at an instant, of answers as (submission in ms, score); all that is said but intervals, z and p."""
    dated = [(datetime.fromtimestamp(submitted_ms // 1000, UTC), score) for submitted_ms, score in answers]

    def window(first: datetime, last: datetime) -> dict[str, Any]:
        return _window([score for at, score in dated if first <= at < last])

    said = {}
    for name, (first, last) in _spans(datetime.fromtimestamp(as_of_s, UTC)).items():
        now = window(first, last)
        previous, year_ago = window(first - (last - first), first), window(first - _YEAR, last - _YEAR)
        said[name] = {**now, "previous": _comparison(now, previous), "year_ago": _comparison(now, year_ago)}
    said["all"] = {**_window([score for _, score in dated]), "previous": None, "year_ago": None}
    return said


def _spans(as_of: datetime) -> dict[str, tuple[datetime, datetime]]:
    """By window the instants at which it begins and just after which it ends."""
    hour = as_of.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    day = as_of.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    spans = {"24h": (hour - timedelta(hours=24), hour)}
    return {**spans, **{name: (day - timedelta(days=days), day) for name, days in _DAYS.items()}}


def without_doubles(window: dict[str, Any]) -> dict[str, Any]:
    """What a published window says without intervals, z and p, whose last digits may differ."""
    return {
        name: without_doubles(value) if isinstance(value, dict) else value
        for name, value in window.items()
        if name not in {"low", "high", "z", "p"}
    }


def _window(scores: list[int]) -> dict[str, Any]:
    promoters = len([score for score in scores if score in (9, 10)])
    detractors = len([score for score in scores if score in (0, 1, 2, 3, 4, 5, 6)])
    n = len(scores)
    return {
        "n": n,
        "promoters": promoters,
        "passives": n - promoters - detractors,
        "detractors": detractors,
        "nps": (promoters - detractors) * 100 / n if n else None,
        "histogram": [scores.count(score) for score in range(11)],
        "mean": sum(scores) / n if n else None,
        "low_confidence": n < 30,
    }


def _comparison(now: dict[str, Any], then: dict[str, Any]) -> dict[str, Any]:
    difference = now["nps"] - then["nps"] if now["n"] and then["n"] else None
    return {"n": then["n"], "nps": then["nps"], "difference": difference}
