"""What the API says, as JSON: the shapes of its documents are here and nowhere else. Numbers are not rounded.

A brand or a store: `{brand, store, as_of, windows}`; each window `{n, promoters, passives, detractors, nps, low, high,
confidence, trend}`, `nps`, `low` and `high` null where nobody answered; `trend` null where there is no longer window.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import msgspec

from streams.board.model import Board, Raised
from streams.board.progress import Progress
from streams.board.standing import Standing
from streams.board.trend import confidence, trend
from streams.domain.tally import Figures
from streams.domain.window import WINDOWS, WindowName

Document = dict[str, Any]


def encode(document: Document) -> bytes:
    """A document as bytes: one line, UTF-8."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def brand(board: Board, name: str) -> Document:
    """A brand with all its windows and the number of its stores; no windows while its own record is not there yet."""
    standing = board.brand(name)
    counted = {"stores": board.store_count(name)}
    if standing is None:
        return {"brand": name, "store": None, "as_of": None, "windows": {}} | counted
    return figures(standing) | counted


def figures(standing: Standing, windows: Iterable[WindowName] = WINDOWS) -> Document:
    """The figures of a brand or a store, in the windows asked for."""
    return {
        "brand": standing.brand,
        "store": standing.store,
        "as_of": instant(standing.as_of),
        "windows": {window: _window(standing, window) for window in windows},
    }


def alert(raised: Raised) -> Document:
    """An alert as in the topic, and `raised_at`, when it was appended there."""
    appended = datetime.fromtimestamp(raised.place.raised_ms / 1000, UTC)
    told: Document = msgspec.to_builtins(raised.alert)
    return {"raised_at": instant(appended), **told}


def status(board: Board, progress: Progress, *, now: float) -> Document:
    """Where the board stands: `state` is `live`, `reading` (catching up with the topics) or `unreachable`."""
    return {
        "state": progress.state,
        "caught_up": progress.caught_up,
        "reason": progress.reason,
        "heard_at": _seconds(progress.heard_s),
        "now": _seconds(now),
        "as_of": None if board.as_of is None else instant(board.as_of),
        "topics": {name: asdict(topic) for name, topic in progress.topics.items()},
        "held": board.counts(),
    }


def instant(moment: datetime) -> str:
    """An instant as RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _seconds(epoch_s: float) -> str:
    return instant(datetime.fromtimestamp(epoch_s, UTC))


def _window(standing: Standing, window: WindowName) -> Document:
    figures = standing.windows[window]
    seen = trend(standing.windows, window)
    compared = None if seen is None else seen._asdict() | {"before": _figures(seen.before)}
    return _figures(figures) | {"confidence": confidence(figures.n), "trend": compared}


def _figures(figures: Figures) -> Document:
    return figures._asdict()
