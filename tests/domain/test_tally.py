"""Tallies and the figures that derive from them."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.score import BANDS, SEVERITIES
from streams.domain.tally import BINS, ONE, Figures, figures, from_histogram, histogram
from tests.strategies import COUNTS_BY_SCORE, SCORES


def _tally(*, detractors: int = 0, passives: int = 0, promoters: int = 0) -> int:
    return detractors * ONE[3] + passives * ONE[8] + promoters * ONE[10]


def _centre_and_half(found: Figures) -> tuple[float, float]:
    assert found.low is not None
    assert found.high is not None
    return (found.low + found.high) / 2, (found.high - found.low) / 2


@given(COUNTS_BY_SCORE)
def test_a_tally_keeps_its_eleven_counts(counts: list[int]) -> None:
    """Packing and unpacking is the identity."""
    assert tuple(counts) == histogram(from_histogram(counts))


@given(st.lists(SCORES, max_size=200))
def test_a_sum_of_answers_is_their_histogram(scores: list[int]) -> None:
    """One addition per answer counts it in its own bin."""
    assert tuple(scores.count(score) for score in range(BINS)) == histogram(sum(ONE[score] for score in scores))


@given(COUNTS_BY_SCORE, COUNTS_BY_SCORE, COUNTS_BY_SCORE)
def test_tallies_merge_in_any_order(first: list[int], second: list[int], third: list[int]) -> None:
    """The merge is associative and commutative, and bin by bin."""
    a, b, c = (from_histogram(counts) for counts in (first, second, third))
    assert (a + b) + c == a + (b + c) == c + (b + a)
    assert tuple(map(sum, zip(first, second, third, strict=True))) == histogram(a + b + c)


@given(COUNTS_BY_SCORE, SCORES)
def test_a_vote_that_is_taken_out_leaves_no_trace(counts: list[int], score: int) -> None:
    """Adding an answer and taking it out again gives the same tally."""
    tally = from_histogram(counts)
    assert tally == tally + ONE[score] - ONE[score]


def test_a_bin_is_full_at_2_to_the_32nd_and_the_next_bin_is_not_touched() -> None:
    """The largest count fits, and one more is refused where counts come from outside."""
    full = from_histogram([0, 2**32 - 1, *[0] * 9])
    assert (0, 2**32 - 1, *[0] * 9) == histogram(full)
    with pytest.raises(ValueError, match=r"4294967295|range"):
        from_histogram([2**32, *[0] * 10])


@pytest.mark.parametrize("counts", [[0] * 10, [0] * 12, [-1, *[0] * 10]], ids=["ten", "twelve", "negative"])
def test_what_is_not_eleven_counts_is_refused(counts: list[int]) -> None:
    """A histogram from the wire is checked."""
    with pytest.raises(ValueError, match=r".+"):
        from_histogram(counts)


@pytest.mark.parametrize(
    ("detractors", "promoters", "n", "nps", "centre", "half"),
    [(20, 50, 100, 30.0, 29.1262, 15.0751), (0, 10, 10, 100.0, 76.9231, 29.4195)],
)
def test_figures_are_those_of_the_worked_rows(
    detractors: int, promoters: int, n: int, nps: float, centre: float, half: float
) -> None:
    """The two rows worked out by hand; the interval of the second is clamped at 100."""
    found = figures(_tally(detractors=detractors, passives=n - detractors - promoters, promoters=promoters))
    assert (n, promoters, n - detractors - promoters, detractors, nps) == found[:5]
    assert centre - half == pytest.approx(found.low, abs=1e-4)
    assert min(100.0, centre + half) == pytest.approx(found.high, abs=1e-4)


def test_the_interval_of_a_row_that_is_not_clamped_has_the_worked_centre_and_half_width() -> None:
    """20 detractors, 50 promoters, 100 answers: 29.1262 +- 15.0751."""
    centre, half = _centre_and_half(figures(_tally(detractors=20, passives=30, promoters=50)))
    assert 29.1262 == pytest.approx(centre, abs=1e-4)
    assert 15.0751 == pytest.approx(half, abs=1e-4)


@given(COUNTS_BY_SCORE)
def test_figures_equal_a_recount_in_fractions(counts: list[int]) -> None:
    """NPS is 100 (P - D) / n, correctly rounded, and the interval the adjusted Wald of exact rationals."""
    n = sum(counts)
    detractors, promoters = sum(counts[:7]), sum(counts[9:])
    found = figures(from_histogram(counts))
    if n == 0:
        assert (0, 0, 0, 0, None, None, None) == found
        return
    assert (n, promoters, counts[7] + counts[8], detractors) == found[:4]
    assert float(Fraction(100 * (promoters - detractors), n)) == found.nps
    p, d = Fraction(4 * promoters + 3, 4 * (n + 3)), Fraction(4 * detractors + 3, 4 * (n + 3))
    variance = p + d - (p - d) ** 2
    half = Fraction(1_959_964, 1_000_000) * Fraction(math.sqrt(variance / (n + 3)))
    assert max(-100.0, float(100 * (p - d - half))) == pytest.approx(found.low, abs=1e-9)
    assert min(100.0, float(100 * (p - d + half))) == pytest.approx(found.high, abs=1e-9)


@given(st.lists(SCORES, min_size=1, max_size=60))
def test_the_interval_lies_within_the_scale_and_has_a_width(scores: list[int]) -> None:
    """From -100 to 100 and never of zero width: one answer proves nothing."""
    found = figures(sum(ONE[score] for score in scores))
    assert found.low is not None
    assert found.high is not None
    assert -100.0 <= found.low < found.high <= 100.0


def test_the_bands_are_those_of_nps() -> None:
    """0-6, 7-8 and 9-10; the score alone says the severity."""
    assert ["detractor"] * 7 + ["passive"] * 2 + ["promoter"] * 2 == list(BANDS)
    assert ["P1"] * 3 + ["P2"] * 2 + ["P3"] * 2 == list(SEVERITIES)
    for score, band in enumerate(BANDS):
        found = figures(ONE[score])
        assert {"detractor": (0, 0, 1), "passive": (0, 1, 0), "promoter": (1, 0, 0)}[band] == found[1:4]


def test_rounded_percentages_are_never_subtracted() -> None:
    """8, 2 and 3 of 13 answers are 38.46, not 62 - 23 = 39."""
    found = figures(_tally(promoters=8, passives=2, detractors=3))
    assert 500 / 13 == found.nps
    assert 39 != round(found.nps or 0)


def test_empty_is_not_zero() -> None:
    """Nobody answered is None; one promoter and one detractor is 0."""
    assert figures(0).nps is None
    assert (figures(0).low, figures(0).high) == (None, None)
    assert 0.0 == figures(_tally(promoters=1, detractors=1)).nps


def test_ten_promoters_are_no_certainty() -> None:
    """The plain interval of ten promoters has no width; ours does."""
    found = figures(_tally(promoters=10))
    assert 100.0 == found.nps
    assert found.low is not None
    assert found.low < 50.0
