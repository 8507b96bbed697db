"""People who answered, hour by hour, and what a board shows of them: figures by their definition, the slow way."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from streams.board import documents
from streams.board.model import Board
from streams.board.sight import Sights
from streams.board.standing import Standing
from streams.domain.comparison import compare, mean_of
from streams.domain.tally import figures, from_histogram, histogram
from streams.domain.window import WINDOWS, WindowName
from streams.events.score import Comparison, WindowFigures
from tests.board.builders import NOON, Counts, a_trend

BRAND = "Maison"
DAYS: Mapping[WindowName, int] = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}
Person = tuple[str, int, int]
"""A store, how many hours ago somebody answered there (0 is this hour), and the score."""
When = Callable[[int], bool]
"""Whether hours ago are in a span of time."""

_TODAY_HOURS = NOON.hour + 1


def day_of(hours_ago: int) -> int:
    """How many days ago that was."""
    return (hours_ago - _TODAY_HOURS) // 24 + 1


def _spans(window: WindowName) -> dict[str, When]:
    """A window, the one before and that of a year ago, by their definition."""
    if window == "all":
        return {"now": lambda _hours_ago: True}
    if window == "24h":
        return {
            "now": lambda ago: ago < 24,
            "before": lambda ago: 24 <= ago < 48,
            "year_ago": lambda ago: 365 * 24 <= ago < 366 * 24,
        }
    days = DAYS[window]
    return {
        "now": lambda ago: day_of(ago) < days,
        "before": lambda ago: days <= day_of(ago) < 2 * days,
        "year_ago": lambda ago: 365 <= day_of(ago) < 365 + days,
    }


class Crowd(NamedTuple):
    """Everybody who answered at the stores of one brand."""

    people: tuple[Person, ...]
    stores: tuple[str, ...]

    def board(self) -> Board:
        """A board that shows them."""
        board = Board()
        for store in (None, *self.stores):
            board.apply_score(self._standing(store))
            days: dict[int, list[int]] = {}
            for where, ago, score in self.people:
                if store in {None, where}:
                    days.setdefault(day_of(ago), [0, 0, 0])[0 if score < 7 else 1 if score < 9 else 2] += 1
            trend: dict[int, Counts] = {day: (bands[0], bands[1], bands[2]) for day, bands in days.items()}
            board.apply_trend(BRAND, store, a_trend(BRAND, store, trend), NOON)
        return board

    def _tally(self, store: str | None, when: When) -> int:
        scores = Counter(score for where, ago, score in self.people if store in {None, where} and when(ago))
        return from_histogram([scores[score] for score in range(11)])

    def _standing(self, store: str | None) -> Standing:
        windows = {}
        for window in WINDOWS:
            tallies = {name: self._tally(store, when) for name, when in _spans(window).items()}
            now = tallies["now"]
            others = [_compared(now, tallies[name]) for name in ("before", "year_ago") if name in tallies]
            plain = figures(now)
            earlier = others or (None, None)
            windows[window] = WindowFigures(*plain, histogram(now), mean_of(now), plain.n < 30, *earlier)
        return Standing(BRAND, store, NOON, windows)


def _compared(now: int, then: int) -> Comparison:
    other = figures(then)
    return Comparison(other.n, other.nps, other.low, other.high, *compare(now, then))


class Shown(NamedTuple):
    """A figure in a document: of which store (None is the brand), of when, of how many, and its score."""

    store: str | None
    name: str
    when: When
    n: int
    nps: float | None


def everything_shown(crowd: Crowd, board: Board, sights: Sights) -> list[Shown]:
    """Every figure of the documents about the brand and its stores."""
    shown = []
    for store in (None, *crowd.stores):
        standing = board.standing(BRAND, store)
        assert standing is not None
        sight = sights.of(BRAND, store)
        told = documents.figures(board, standing, sight)
        for window in WINDOWS:
            said = told["windows"][window]
            parts = {"now": said, "before": said["previous"], "year_ago": said["year_ago"]}
            spans = _spans(window)
            shown += [_shown(store, f"{window} {name}", spans[name], parts[name]) for name in spans]
        trends = documents.trends(board, BRAND, store, sight)
        for unit in ("days", "weeks", "months"):
            shown += [_shown(store, point["period"], _period(point["period"]), point) for point in trends[unit]]
    return shown


def _shown(store: str | None, name: str, when: When, told: dict[str, Any]) -> Shown:
    return Shown(store, name, when, told["n"], told["nps"])


def _period(name: str) -> When:
    if "W" in name:
        first = datetime.fromisoformat(name)
        days = 7
    elif len(name) == len("2026-03"):
        first = datetime.fromisoformat(f"{name}-01")
        days = ((first + timedelta(days=31)).replace(day=1) - first).days
    else:
        first, days = datetime.fromisoformat(name), 1
    last = (NOON.date() - first.date()).days
    assert first.replace(tzinfo=UTC) <= NOON
    return lambda ago: last - days < day_of(ago) <= last
