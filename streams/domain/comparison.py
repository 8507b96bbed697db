"""What a window says beyond its NPS: the mean, whether its answers are few, and how it differs from another window.

Everything is closed form over the counts of a tally; nothing is rounded.
"""

import math
from typing import NamedTuple

from streams.domain.tally import Figures, figures, histogram

LOW_CONFIDENCE_N = 30
"""Fewer answers than this say little: the interval reaches about 27 points to either side, or further."""

_SQRT_2 = math.sqrt(2)


class Change(NamedTuple):
    """How a window differs from an earlier one; all None where one of them has no answers.

    `difference` is NPS now less NPS then, in points, of the raw figures. `z` > 0 means better now; `p` is two-sided.
    """

    difference: float | None
    z: float | None
    p: float | None


def mean_of(tally: int) -> float | None:
    """The mean score, 0 to 10; None when nobody answered."""
    if not tally:
        return None
    # Written out: a score needs six of these, and a loop takes twice as long.
    n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, n10 = histogram(tally)
    points = n1 + 2 * n2 + 3 * n3 + 4 * n4 + 5 * n5 + 6 * n6 + 7 * n7 + 8 * n8 + 9 * n9 + 10 * n10
    return points / (n0 + n1 + n2 + n3 + n4 + n5 + n6 + n7 + n8 + n9 + n10)


def compare(now: int, then: int) -> Change:
    """How the window with the tally `now` differs from the one with the tally `then`; they must not overlap."""
    return change_between(figures(now), figures(then))


def change_between(now: Figures, then: Figures) -> Change:
    """As `compare`, for figures that are known already.

    The test (MeasuringU) takes the adjusted-Wald terms of both: with n' = n + 3, p' = (P + 0.75) / n',
    d' = (D + 0.75) / n', m' = p' - d' and v' = p' + d' - m'^2 it is z = (m'now - m'then) / sqrt(v'now / n'now +
    v'then / n'then), and p = erfc(|z| / sqrt 2). Where few answered, z may differ from the raw difference in sign.
    """
    if now.nps is None or then.nps is None:
        return _UNKNOWN
    n = now.n + 3
    promoters, detractors = (now.promoters + 0.75) / n, (now.detractors + 0.75) / n
    m = promoters - detractors
    n_then = then.n + 3
    promoters_then, detractors_then = (then.promoters + 0.75) / n_then, (then.detractors + 0.75) / n_then
    m_then = promoters_then - detractors_then
    z = (m - m_then) / math.sqrt(
        (promoters + detractors - m * m) / n + (promoters_then + detractors_then - m_then * m_then) / n_then
    )
    return Change(now.nps - then.nps, z, math.erfc(abs(z) / _SQRT_2))


_UNKNOWN = Change(None, None, None)
