"""What the figures of a store must be, worked out from the facts of its responses by the calendar.

It knows nothing of pages, tallies or packed votes: lists of answers, and datetime for the windows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

_DAYS = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}
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
    """Deleted ever, or excluded: by version the newest mark, and the first of that; without, the last."""
    marks = [event for event in events if event.event in {"excluded", "restored"}]
    newest = None
    for mark in marks:
        if newest is None or mark.version is None or mark.version > (newest.version or 0):
            newest = mark
    return any(event.event == "deleted" for event in events) or (newest is not None and newest.event == "excluded")


def figures(answers: Iterable[tuple[int, int]], as_of_s: float) -> dict[str, dict[str, Any]]:
    """n, bands and NPS of all windows at an instant, of answers as (submission in ms, score)."""
    end = datetime.fromtimestamp(as_of_s, UTC)
    hour = end.replace(minute=0, second=0, microsecond=0)
    dated = [(datetime.fromtimestamp(submitted_ms // 1000, UTC), score) for submitted_ms, score in answers]
    inside = {"24h": [score for at, score in dated if hour - timedelta(hours=23) <= at < hour + timedelta(hours=1)]}
    for name, days in _DAYS.items():
        first = end.date() - timedelta(days=days - 1)
        inside[name] = [score for at, score in dated if first <= at.date() <= end.date()]
    inside["all"] = [score for _, score in dated]
    return {name: _window(scores) for name, scores in inside.items()}


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
    }
