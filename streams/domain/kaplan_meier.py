"""How long something takes while some still wait for it: the quantiles of the product-limit estimator.

Kaplan and Meier, "Nonparametric estimation from incomplete observations", J. Am. Stat. Assoc. 53 (1958): with d(t) of
those n(t) who had waited until t coming to their end at t, the share that waits longer than t is S(t), the product of
1 - d / n over all times up to t. Whoever is known to have waited until some time, and no more (*censored*), is among
the n until then. Of those with the same time the ends come first, as is usual.
"""

from collections.abc import Mapping, Sequence
from typing import Final

_ROUNDING: Final = 1e-9
"""How far a product may lie above a level that it meets in exact fractions."""


def quantiles(ends: Mapping[int, int], censored: Mapping[int, int], levels: Sequence[float]) -> list[int | None]:
    """For each level the first time t with S(t) <= level (0.5: the median, 0.1: p90), None where S stays above it.

    Takes how many came to their end, and how many were censored, by time; levels in descending order.
    """
    found: list[int | None] = []
    waiting = sum(ends.values()) + sum(censored.values())
    left = sorted(censored.items(), reverse=True)
    # S is kept as `before` * waiting / `since`: without censoring it is one exact division, however many the steps.
    before, since = 1.0, waiting
    for time in sorted(ends):
        gone = 0
        while left and left[-1][0] < time:
            gone += left.pop()[1]
        if gone:
            before *= waiting / since
            waiting = since = waiting - gone
        waiting -= ends[time]
        survival = before * waiting / since
        while survival <= levels[len(found)] * (1 + _ROUNDING):
            found.append(time)
            if len(found) == len(levels):
                return found
    return found + [None] * (len(levels) - len(found))
