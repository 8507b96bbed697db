"""What the API says, as JSON: the shapes of its documents are here and nowhere else. Numbers are not rounded.

A brand or a store: `{brand, store, as_of, windows, alarms}`; a brand has `stores`, how many, and `weeks`, too. Each
window `{n, promoters, passives, detractors, nps, low, high, histogram, mean, low_confidence, confidence, withheld,
previous, year_ago}`: numbers null where nobody answered, and where they are `withheld` from who showed no token; `n` is
always there. `previous` and `year_ago` `{against, n, nps, low, high, difference, z, p, direction, withheld}`, or null.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from streams.board.alerts import Followed
from streams.board.change import Earlier, before, confidence, direction, year_ago
from streams.board.model import Board
from streams.board.periods import UNITS, Point, Unit, points
from streams.board.progress import Progress
from streams.board.sight import Sight
from streams.board.standing import Standing
from streams.domain.comparison import LOW_CONFIDENCE_N
from streams.domain.window import WINDOWS, WindowName
from streams.events.alarm import Alarm, AlarmWindow
from streams.events.alert import Alert
from streams.events.score import WindowFigures

Document = dict[str, Any]

LATEST_WEEKS: Final = 13
"""A quarter: days of one store are too few answers to say anything in a picture the size of a word."""
_NUMBERS: Final = ("nps", "low", "high")
_BANDS: Final = ("promoters", "passives", "detractors")


def encode(document: Document) -> bytes:
    """A document as bytes: one line, UTF-8."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def brand(board: Board, name: str, sight: Sight) -> Document:
    """A brand with all its windows and the number of its stores; no windows while its own record is not there yet."""
    standing = board.standing(name, None)
    counted = {"stores": board.store_count(name), "weeks": latest_weeks(board, name, None, sight)}
    if standing is None:
        empty: Document = {"brand": name, "store": None, "as_of": None, "windows": {}}
        return empty | {"alarms": alarms(board, name, None, sight)} | counted
    return figures(board, standing, sight) | counted


def figures(board: Board, standing: Standing, sight: Sight, windows: Iterable[WindowName] = WINDOWS) -> Document:
    """The figures of a brand or a store, in the windows asked for, and its open alarms."""
    return {
        "brand": standing.brand,
        "store": standing.store,
        "as_of": instant(standing.as_of),
        "windows": {window: _window(standing, window, sight) for window in windows},
        "alarms": alarms(board, standing.brand, standing.store, sight),
    }


def latest_weeks(board: Board, brand: str, store: str | None, sight: Sight) -> Document | None:
    """The last LATEST_WEEKS as columns, for a picture the size of a word; None where the trend is not known."""
    trend = board.trend(brand, store)
    if trend is None or board.as_of is None:
        return None
    weeks = points(trend, "weeks", board.as_of)[-LATEST_WEEKS:]
    shown = [_point("weeks", point, sight) for point in weeks]
    return {"first": weeks[0].period} | {name: [each[name] for each in shown] for name in ("n", "nps", "state")}


def trends(board: Board, brand: str, store: str | None, sight: Sight) -> Document:
    """The days, weeks and months of a brand or a store, oldest first; empty where they are not known (yet)."""
    trend = board.trend(brand, store)
    if trend is None or board.as_of is None:
        return {"brand": brand, "store": store, "as_of": None} | {unit: [] for unit in UNITS}
    told: Document = {"brand": brand, "store": store, "as_of": trend.as_of}
    for unit in UNITS:
        told[unit] = [_point(unit, point, sight) for point in points(trend, unit, board.as_of)]
    return told


def alarms(board: Board, brand: str, store: str | None, sight: Sight) -> list[Document]:
    """The open alarms of a brand or a store, most pressing first."""
    return [_alarm(alarm, sight) for alarm in board.alarms.open(brand, store)]


def alert(followed: Followed, *, whole: bool) -> Document:
    """An alert as it stands, all its events together; `raised_at` and `changed_at` are when these were appended.

    `forgotten`: its person is.
    """
    raised_at, changed_at = (_seconds(ms / 1000) for ms in (followed.place.at_ms, followed.changed_ms))
    told = alert_document(followed.alert, whole=whole)
    return {"raised_at": raised_at, "changed_at": changed_at, "forgotten": followed.forgotten, **told}


def alert_document(alert: Alert, *, whole: bool) -> Document:
    """What the events of an alert say together. The score of the store is of a moment: only who sees all is told."""
    told: Document = msgspec.to_builtins(alert)
    if not whole and alert.store_nps is not None:
        told["store_nps"] |= dict.fromkeys(_NUMBERS)
    return told


def status(board: Board, progress: Progress, *, now: float, whole: bool) -> Document:
    """Where the board stands: `state` is `live`, `reading` (catching up with the topics) or `unreachable`.

    `whole` says whether whoever asks is told the scores of small cells.
    """
    return {
        "state": progress.state,
        "caught_up": progress.caught_up,
        "reason": progress.reason,
        "heard_at": _seconds(progress.heard_s),
        "now": _seconds(now),
        "as_of": None if board.as_of is None else instant(board.as_of),
        "whole": whole,
        "topics": {name: asdict(topic) for name, topic in progress.topics.items()},
        "held": board.counts(),
    }


def instant(moment: datetime) -> str:
    """An instant as RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _seconds(epoch_s: float) -> str:
    return instant(datetime.fromtimestamp(epoch_s, UTC))


def _window(standing: Standing, window: WindowName, sight: Sight) -> Document:
    said = standing.windows[window]
    seen = not said.n or sight.sees((window, "now"), said.n)
    earlier = {"previous": before(standing.windows, window), "year_ago": year_ago(standing.windows, window)}
    return (
        {"n": said.n}
        | {name: getattr(said, name) if seen else None for name in (*_BANDS, *_NUMBERS, "mean")}
        | {
            "histogram": list(said.histogram) if seen and said.histogram else None,
            "low_confidence": said.n < LOW_CONFIDENCE_N,
            "confidence": confidence(said.n),
            "withheld": not seen,
        }
        | {name: _earlier(said, each, window, sight) for name, each in earlier.items()}
    )


def _earlier(said: WindowFigures, earlier: Earlier | None, window: WindowName, sight: Sight) -> Document | None:
    if earlier is None:
        return None
    then = earlier.comparison
    seen = not then.n or sight.sees((window, "year_ago" if earlier.against == "year_ago" else "before"), then.n)
    both = seen and (not said.n or sight.sees((window, "now"), said.n))
    return (
        {"against": earlier.against, "n": then.n}
        | {name: getattr(then, name) if seen else None for name in _NUMBERS}
        | {name: getattr(then, name) if both else None for name in ("difference", "z", "p")}
        | {"direction": direction(then) if both else "unknown", "withheld": not seen}
    )


def _point(unit: Unit, point: Point, sight: Sight) -> Document:
    said = point.figures
    seen = not said.n or sight.sees((unit, point.period), said.n)
    was = point.was
    return (
        {"period": point.period, "n": said.n}
        | {name: getattr(said, name) if seen else None for name in _NUMBERS}
        | {
            "state": point.state,
            # What a period said and what it says now are some answers apart, so the two together are told to few.
            "was": None if was is None else {"n": was.n, "nps": was.nps if sight.is_whole else None},
            "withheld": not seen,
        }
    )


def _alarm(alarm: Alarm, sight: Sight) -> Document:
    windows = {"current": alarm.current, "baseline": alarm.baseline}
    seen = {name: window is None or _follows(window, sight) for name, window in windows.items()}
    return (
        {"alarm_id": alarm.alarm_id, "rule": alarm.rule, "episode": alarm.episode, "since": alarm.as_of}
        | {name: getattr(alarm, name) if all(seen.values()) else None for name in ("difference", "z", "p")}
        | {name: None if window is None else _evidence(window, seen=seen[name]) for name, window in windows.items()}
    )


def _evidence(window: AlarmWindow, *, seen: bool) -> Document:
    told: Document = {"from": window.from_, "to": window.to, "n": window.n, "withheld": not seen}
    return told | {name: getattr(window, name) if seen else None for name in (*_BANDS, *_NUMBERS)}


def _follows(window: AlarmWindow, sight: Sight) -> bool:
    from_s, to_s = (datetime.fromisoformat(text).timestamp() for text in (window.from_, window.to))
    return sight.follows(round(from_s), round(to_s), window.n)
