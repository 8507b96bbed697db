"""A score on `nps.scores`: the present figures of a brand or a store."""

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from streams.domain.comparison import LOW_CONFIDENCE_N
from streams.domain.tally import BINS
from streams.domain.window import WINDOWS, WindowName
from streams.events.rejected import Rejected


class Comparison(Struct, gc=False, frozen=True):
    """The figures of another window, and how far the present NPS is from its: `difference` in points, z > 0 if better.

    `difference`, `z` and the two-sided `p` are null where either window is empty.
    """

    n: int
    nps: float | None
    low: float | None
    high: float | None
    difference: float | None
    z: float | None
    p: float | None


class WindowFigures(Struct, gc=False, frozen=True):
    """Counts of a window, its NPS and the interval, in points from -100 to 100, unrounded; n 0 and nulls if empty.

    `previous` and `year_ago` are None for `all`. In a score of the first release, which had nothing after `high`, the
    histogram is empty, and mean and comparisons are None.
    """

    n: int
    promoters: int
    passives: int
    detractors: int
    nps: float | None
    low: float | None
    high: float | None
    histogram: tuple[int, ...] = ()
    mean: float | None = None
    low_confidence: bool = False
    previous: Comparison | None = None
    year_ago: Comparison | None = None


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
        windows = {window: _complete(wire.windows[window]) for window in WINDOWS}
    except (ValueError, RecursionError, KeyError):
        return Rejected("schema")
    return Score(brand=wire.brand, store=wire.store, as_of=wire.as_of, windows=windows)


def _complete(figures: WindowFigures) -> WindowFigures:
    """Say of a window of the first release whether its answers are few: it can be told from n."""
    bins = len(figures.histogram)
    if bins == BINS:
        return figures
    if bins:
        raise ValueError(bins)
    return replace(figures, low_confidence=figures.n < LOW_CONFIDENCE_N)
