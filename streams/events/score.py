"""A score on `nps.scores`: the present figures of a brand or a store."""

import msgspec
from msgspec import Struct

from streams.domain.window import WINDOWS, WindowName
from streams.events.rejected import Rejected


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
    """The figures of a brand (`store` is None) or a store at the instant `as_of`, RFC 3339 in UTC; all windows."""

    brand: str
    store: str | None
    as_of: str
    windows: dict[WindowName, WindowFigures]


class _Wire(Struct, kw_only=True):
    """A score as any release may have written it."""

    brand: str
    store: str | None
    as_of: str
    windows: dict[str, WindowFigures]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Wire).decode


def encode_score(score: Score) -> bytes:
    """The score as JSON; it has all windows."""
    assert tuple(score.windows) == WINDOWS, score.windows.keys()
    return _encode(score)


def decode_score(raw: bytes) -> Score | Rejected:
    """The score of a record's value; `schema` where a window is missing. Unknown fields and windows are left out."""
    try:
        wire = _decode(raw)
        windows = {window: wire.windows[window] for window in WINDOWS}
    except (ValueError, RecursionError, KeyError):
        return Rejected("schema")
    return Score(brand=wire.brand, store=wire.store, as_of=wire.as_of, windows=windows)
