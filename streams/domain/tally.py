"""A tally: how many answers of each score 0..10, packed into one integer.

Score `s` is counted in the 32 bits from bit `32 * s` on, so adding two tallies is one integer addition and taking a
vote out is one subtraction. A bin holds 4,294,967,295 answers; nothing that we keep comes near it. All else that is
said about a window (counts by band, NPS, interval, mean) derives from its tally.
"""

import math
import struct
from collections.abc import Sequence
from typing import NamedTuple

from streams.domain.score import SCORE_MAX

BIN_BITS = 32
BINS = SCORE_MAX + 1
TALLY_BYTES = BINS * BIN_BITS // 8
ONE: tuple[int, ...] = tuple(1 << (BIN_BITS * score) for score in range(BINS))
"""The tally of one answer, by score."""

Z_95 = 1.959964
"""Quantile of the normal distribution for a two-sided 95 % interval."""

_BINS = struct.Struct(f"<{BINS}I")


class Figures(NamedTuple):
    """What a window says. `nps`, `low` and `high` are None when nobody answered, never 0."""

    n: int
    promoters: int
    passives: int
    detractors: int
    nps: float | None
    low: float | None
    high: float | None


def histogram(tally: int) -> tuple[int, ...]:
    """The 11 counts of a tally, scores 0 to 10."""
    return _BINS.unpack(tally.to_bytes(TALLY_BYTES, "little"))


def from_histogram(counts: Sequence[int]) -> int:
    """The tally with these 11 counts; raises ValueError when they are not 11 counts of 0 to 2**32 - 1."""
    try:
        return int.from_bytes(_BINS.pack(*counts), "little")
    except struct.error as error:
        raise ValueError(str(error)) from None


def figures(tally: int) -> Figures:
    """NPS = 100 (P - D) / n with its adjusted-Wald 95 % interval, unrounded.

    The interval (Rocks; MeasuringU) adds three answers, 3/4 promoter and 3/4 detractor: with n' = n + 3,
    p' = (P + 0.75) / n', d' = (D + 0.75) / n' and m' = p' - d' it is 100 (m' +- z sqrt((p' + d' - m'^2) / n')), clamped
    to [-100, 100]. Its centre is not the NPS, which is shown raw.
    """
    if not tally:
        return _EMPTY
    d0, d1, d2, d3, d4, d5, d6, p7, p8, p9, p10 = _BINS.unpack(tally.to_bytes(TALLY_BYTES, "little"))
    detractors = d0 + d1 + d2 + d3 + d4 + d5 + d6
    passives = p7 + p8
    promoters = p9 + p10
    n = detractors + passives + promoters
    n_adjusted = n + 3
    p = (promoters + 0.75) / n_adjusted
    d = (detractors + 0.75) / n_adjusted
    m = p - d
    half = Z_95 * math.sqrt((p + d - m * m) / n_adjusted)
    low = 100 * (m - half)
    high = 100 * (m + half)
    return Figures(
        n,
        promoters,
        passives,
        detractors,
        100 * (promoters - detractors) / n,
        low if low > -100.0 else -100.0,  # noqa: FURB136 -- each alert asks for it, and max() takes twice as long
        high if high < 100.0 else 100.0,  # noqa: FURB136
    )


_EMPTY = Figures(0, 0, 0, 0, None, None, None)
