"""What a window must say of its answers: eleven counts, and all that follows from them by a formula."""

import math
from typing import Any

Histogram = list[int]
"""Answers of each score, 0 to 10."""

LOW_CONFIDENCE_N = 30
_Z_95 = 1.959964


def bands(histogram: Histogram) -> tuple[int, int, int]:
    """Promoters, passives, detractors."""
    return sum(histogram[9:]), sum(histogram[7:9]), sum(histogram[:7])


def interval(histogram: Histogram) -> dict[str, float | None]:
    """NPS and its adjusted-Wald 95 % interval, in points."""
    promoters, _, detractors = bands(histogram)
    if not any(histogram):
        return {"nps": None, "low": None, "high": None}
    centre, variance = _adjusted(histogram)
    half = _Z_95 * math.sqrt(variance)
    return {
        "nps": 100 * (promoters - detractors) / sum(histogram),
        "low": max(-100.0, 100 * (centre - half)),
        "high": min(100.0, 100 * (centre + half)),
    }


def comparison(now: Histogram, then: Histogram) -> dict[str, Any]:
    """The figures of another window, and how far the present one is from it."""
    other: dict[str, Any] = {"n": sum(then), **interval(then)}
    if not any(now) or not any(then):
        return {**other, "difference": None, "z": None, "p": None}
    (centre, variance), (centre_then, variance_then) = _adjusted(now), _adjusted(then)
    z = (centre - centre_then) / math.sqrt(variance + variance_then)
    nps = interval(now)["nps"]
    assert nps is not None
    return {**other, "difference": nps - other["nps"], "z": z, "p": math.erfc(abs(z) / math.sqrt(2))}


def figures(now: Histogram, previous: Histogram | None, year_ago: Histogram | None) -> dict[str, Any]:
    """All that a score says of a window; None for a window that is compared with nothing."""
    promoters, passives, detractors = bands(now)
    n = sum(now)
    return {
        "n": n,
        "promoters": promoters,
        "passives": passives,
        "detractors": detractors,
        **interval(now),
        "histogram": now,
        "mean": sum(score * times for score, times in enumerate(now)) / n if n else None,
        "low_confidence": n < LOW_CONFIDENCE_N,
        "previous": None if previous is None else comparison(now, previous),
        "year_ago": None if year_ago is None else comparison(now, year_ago),
    }


def _adjusted(histogram: Histogram) -> tuple[float, float]:
    """Difference of the shares, and its variance, with three answers more: a quarter of them in each outer band."""
    promoters, _, detractors = bands(histogram)
    n = sum(histogram) + 3
    share_up, share_down = (4 * promoters + 3) / (4 * n), (4 * detractors + 3) / (4 * n)
    centre = share_up - share_down
    return centre, (share_up + share_down - centre**2) / n
