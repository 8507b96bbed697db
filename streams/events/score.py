"""A score on `nps.scores`: the present figures of a brand or a store, and how its unhappy customers are answered."""

from typing import Final, Literal

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


class Wait(Struct, gc=False, frozen=True):
    """How long it takes from submission: `n` cases came to it, `waiting` open ones have not so far.

    Kaplan-Meier quantiles, in which who still waits counts; null while too few came to it to tell.
    """

    n: int
    waiting: int
    median_s: int | None
    p90_s: int | None


class FollowUp(Struct, gc=False, frozen=True):
    """What happened to the cases submitted in a window; `open` to `expired` are numbers of them.

    contactable + not_contactable = cases. Of the contactable, `in_time` were contacted until they were due and
    `pending` may still be; `in_time_share` is in_time / contactable, null where nobody can be contacted. `dismissed` is
    by reason, those that occur.
    """

    window: Literal["30d"]
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
    acknowledge: Wait
    contact: Wait
    resolve: Wait


_NOBODY: Final = Wait(0, 0, None, None)
NO_CASES: Final = FollowUp("30d", 0, 0, 0, 0, 0, 0, None, 0, 0, 0, {}, _NOBODY, _NOBODY, _NOBODY)
"""What is said where there was no case, one for all."""


class Score(Struct, frozen=True, kw_only=True):
    """The figures of a brand (`store` is None) or a store at the instant `as_of`, RFC 3339 in UTC; all windows.

    `follow_up` is None in a score of a release that followed up nothing.
    """

    brand: str
    store: str | None
    as_of: str
    windows: dict[WindowName, WindowFigures]
    follow_up: FollowUp | None = NO_CASES


class _Wire(Struct, kw_only=True):
    """A score as any release may have written it."""

    brand: str
    store: str | None
    as_of: str
    windows: dict[str, WindowFigures]
    follow_up: FollowUp | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Wire).decode


def encode_score(score: Score) -> bytes:
    """The score as JSON; it has all windows, and says what is followed up."""
    assert tuple(score.windows) == WINDOWS, score.windows.keys()
    assert score.follow_up is not None
    return _encode(score)


def decode_score(raw: bytes) -> Score | Rejected:
    """The score of a record's value; `schema` where a window is missing. Unknown fields and windows are left out."""
    try:
        wire = _decode(raw)
        windows = {window: _complete(wire.windows[window]) for window in WINDOWS}
    except (ValueError, RecursionError, KeyError):
        return Rejected("schema")
    return Score(brand=wire.brand, store=wire.store, as_of=wire.as_of, windows=windows, follow_up=wire.follow_up)


def _complete(figures: WindowFigures) -> WindowFigures:
    """Say of a window of the first release whether its answers are few: it can be told from n."""
    bins = len(figures.histogram)
    if bins == BINS:
        return figures
    if bins:
        raise ValueError(bins)
    return replace(figures, low_confidence=figures.n < LOW_CONFIDENCE_N)
