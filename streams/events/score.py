"""A score on `nps.scores`: the present figures of a brand or a store."""

import msgspec
from msgspec import Struct

from streams.events.rejected import Rejected

WINDOWS = ("24h", "7d", "30d", "90d", "365d", "all")
"""The windows of every score, in this order."""


class WindowFigures(Struct, gc=False, frozen=True):
    """Counts of a window, its NPS and the interval, in points from -100 to 100, unrounded; n 0 and nulls if empty."""

    n: int
    promoters: int
    passives: int
    detractors: int
    nps: float | None
    low: float | None
    high: float | None


class Score(Struct, frozen=True, kw_only=True):
    """The figures of a brand (`store` is None) or a store at the instant `as_of`, RFC 3339 in UTC."""

    brand: str
    store: str | None
    as_of: str
    windows: dict[str, WindowFigures]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Score).decode


def encode_score(score: Score) -> bytes:
    """The score as JSON; it has all windows."""
    assert tuple(score.windows) == WINDOWS, score.windows.keys()
    return _encode(score)


def decode_score(raw: bytes) -> Score | Rejected:
    """The score of a record's value; `schema` where a window is missing. Unknown fields and windows are let through."""
    try:
        score = _decode(raw)
    except (ValueError, RecursionError):
        return Rejected("schema")
    return score if score.windows.keys() >= set(WINDOWS) else Rejected("schema")
