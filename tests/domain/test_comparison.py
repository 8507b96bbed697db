"""The change between two windows, the mean, and what few answers are."""

import math
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.comparison import LOW_CONFIDENCE_N, Change, change_between, compare, mean_of
from streams.domain.tally import ONE, figures, from_histogram
from tests.strategies import COUNTS_BY_SCORE, SCORES

FEW_COUNTS = st.lists(st.integers(0, 40), min_size=11, max_size=11)


def _tally(detractors: int, promoters: int, n: int) -> int:
    return detractors * ONE[2] + (n - detractors - promoters) * ONE[7] + promoters * ONE[9]


def test_a_change_is_that_of_the_worked_pair() -> None:
    """6 detractors and 40 promoters of 100, then 15 and 35: 14 points less, z = -1.528497, p = 0.126389."""
    change = compare(_tally(15, 35, 100), _tally(6, 40, 100))
    assert -14.0 == change.difference
    assert -1.528497 == pytest.approx(change.z, abs=5e-7)
    assert 0.126389 == pytest.approx(change.p, abs=5e-7)


@pytest.mark.parametrize(
    ("detractors", "promoters", "centre", "half"), [(20, 50, 29.1262, 15.0751), (0, 10, 76.9231, 29.4195)]
)
def test_the_test_rests_on_the_centre_and_the_width_of_the_interval(
    detractors: int, promoters: int, centre: float, half: float
) -> None:
    """Against a window so large that it is known: z is the distance of the adjusted centre in standard errors."""
    n = 100 if detractors else 10
    known = _tally(2**31, 2**31, 2**32)
    change = compare(_tally(detractors, promoters, n), known)
    assert centre / (half / 1.959964) == pytest.approx(change.z, rel=1e-5)


@given(COUNTS_BY_SCORE, COUNTS_BY_SCORE)
def test_a_change_equals_a_recount_in_fractions(now: list[int], then: list[int]) -> None:
    """Adjusted Wald of exact rationals, and the raw difference."""
    found = compare(from_histogram(now), from_histogram(then))
    if not sum(now) or not sum(then):
        assert Change(None, None, None) == found
        return
    (nps, m, square), (nps_then, m_then, square_then) = _exactly(now), _exactly(then)
    z = float(m - m_then) / math.sqrt(square + square_then)
    assert float(nps - nps_then) == pytest.approx(found.difference, abs=1e-9)
    assert z == pytest.approx(found.z, abs=1e-6)
    assert math.erfc(abs(z) / math.sqrt(2)) == pytest.approx(found.p, abs=1e-6)


def _exactly(counts: list[int]) -> tuple[Fraction, Fraction, Fraction]:
    """NPS, adjusted mean and its squared standard error."""
    n, detractors, promoters = sum(counts), sum(counts[:7]), sum(counts[9:])
    p, d = Fraction(4 * promoters + 3, 4 * (n + 3)), Fraction(4 * detractors + 3, 4 * (n + 3))
    return Fraction(100 * (promoters - detractors), n), p - d, (p + d - (p - d) ** 2) / (n + 3)


@given(FEW_COUNTS, FEW_COUNTS)
def test_a_change_seen_from_the_other_side_is_its_opposite(now: list[int], then: list[int]) -> None:
    """Difference and z change their sign, to the last bit; p stays."""
    there, back = (compare(from_histogram(a), from_histogram(b)) for a, b in ((now, then), (then, now)))
    if there.z is None:
        assert Change(None, None, None) == back
        return
    assert back.z is not None
    assert back.difference is not None
    assert (there.difference, there.z, there.p) == (-back.difference, -back.z, back.p)


@given(FEW_COUNTS)
def test_nothing_changed_is_no_change(counts: list[int]) -> None:
    """The same answers again: no difference, z 0, p 1."""
    tally = from_histogram(counts)
    assert (Change(0.0, 0.0, 1.0) if tally else Change(None, None, None)) == compare(tally, tally)


@given(FEW_COUNTS, FEW_COUNTS)
def test_figures_that_are_known_are_compared_as_their_tallies(now: list[int], then: list[int]) -> None:
    """Whoever has the figures already need not count again."""
    a, b = from_histogram(now), from_histogram(then)
    assert compare(a, b) == change_between(figures(a), figures(b))


def test_a_window_without_answers_is_compared_with_nothing() -> None:
    """Neither now nor then: no difference is not a difference of 0."""
    assert [Change(None, None, None)] * 3 == [compare(*pair) for pair in ((0, ONE[9]), (ONE[9], 0), (0, 0))]


def test_two_single_answers_prove_nothing() -> None:
    """From a detractor to a promoter is 200 points, and p says how little that means."""
    change = compare(ONE[10], ONE[0])
    assert 200.0 == change.difference
    assert change.p is not None
    assert change.p > 0.2


@pytest.mark.parametrize(
    ("detractors", "passives", "sizes", "low", "high"),
    [
        (0.20, 0.30, [(50, 50), (100, 400), (400, 400)], 0.035, 0.060),
        (0.05, 0.15, [(20, 20), (50, 100), (400, 400)], 0.005, 0.055),
    ],
    ids=["20/30/50", "5/15/80"],
)
def test_healthy_stores_differ_significantly_as_often_as_a_test_at_5_percent_may(
    detractors: float, passives: float, sizes: list[tuple[int, int]], low: float, high: float
) -> None:
    """Type-I error of |z| > 1.96 where nothing changed, simulated: about 5 %, and never far above.

    Of 4,000 pairs a share of 5 % has a standard error of 0.35 %; the bounds leave three of them.
    """
    rng = random.Random(20261122)
    pairs = 4_000
    for sizes_now, sizes_then in sizes:
        wrong = 0
        for _ in range(pairs):
            now, then = (_drawn(rng, n, detractors, passives) for n in (sizes_now, sizes_then))
            z = compare(now, then).z
            wrong += z is not None and abs(z) > 1.959964
        assert low <= wrong / pairs <= high, (sizes_now, sizes_then)


def _drawn(rng: random.Random, n: int, detractors: float, passives: float) -> int:
    draws = [rng.random() for _ in range(n)]
    below = sum(draw < detractors for draw in draws)
    above = sum(draw >= detractors + passives for draw in draws)
    return _tally(below, above, n)


@given(st.lists(SCORES, min_size=1, max_size=200))
def test_the_mean_is_that_of_the_scores(scores: list[int]) -> None:
    """Correctly rounded."""
    assert float(Fraction(sum(scores), len(scores))) == mean_of(sum(ONE[score] for score in scores))


def test_nobody_has_no_mean() -> None:
    """Not 0, which is the worst score."""
    assert mean_of(0) is None
    assert 0.0 == mean_of(ONE[0])


def test_fewer_than_30_answers_are_few() -> None:
    """Their interval is wide: at 20/30/50 it reaches 32 points to either side for 20 of them, 27 for 30."""
    halves = []
    for n in (LOW_CONFIDENCE_N - 10, LOW_CONFIDENCE_N):
        found = figures(_tally(n // 5, n // 2, n))
        assert found.low is not None
        assert found.high is not None
        halves.append((found.high - found.low) / 2)
    assert 30 == LOW_CONFIDENCE_N
    assert [32, 27] == [round(half) for half in halves]
