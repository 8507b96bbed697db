"""The product-limit estimator: published data, and a recount in exact fractions."""

from collections import Counter
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from streams.domain.kaplan_meier import quantiles

PLACEBO = Counter([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23])
TREATED = Counter([6, 6, 6, 7, 10, 13, 16, 22, 23])
TREATED_STILL_WELL = Counter([6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
"""Weeks of remission of Freireich's 42 patients (1963), with which the estimator is usually taught."""

LEVELS = (0.9, 0.75, 0.5, 0.25, 0.1)
TIMES = st.dictionaries(st.integers(0, 12), st.integers(1, 4), max_size=8)


def test_the_median_is_that_of_the_textbook() -> None:
    """8 weeks with placebo, and 23 with treatment: half of these were still well when they were last seen."""
    assert [8] == quantiles(PLACEBO, {}, [0.5])
    assert [23] == quantiles(TREATED, TREATED_STILL_WELL, [0.5])


def test_what_too_few_have_reached_is_not_known() -> None:
    """S ends at 0.448 with the last of the treated: nobody can say when nine in ten have had a relapse."""
    assert [17] == quantiles(PLACEBO, {}, [0.1])
    assert [23, None] == quantiles(TREATED, TREATED_STILL_WELL, [0.45, 0.44])
    assert [None] == quantiles({}, {3: 4}, [0.5])
    assert [None] == quantiles({}, {}, [0.5])


def test_who_is_censored_at_a_time_had_still_waited_then() -> None:
    """One of two comes to its end at 3; the other, last seen at 3, was waiting until then."""
    assert [3] == quantiles({3: 1}, {3: 1}, [0.5])
    assert [None] == quantiles({3: 1}, {3: 2}, [0.5])
    assert [3] == quantiles({3: 1}, {2: 2}, [0.5])


@given(st.dictionaries(st.integers(0, 50), st.integers(1, 30), min_size=1))
def test_without_censoring_a_quantile_is_an_order_statistic(ends: dict[int, int]) -> None:
    """The first time by which so many have come to their end, to the last of them."""
    times = sorted(Counter(ends).elements())
    n = len(times)
    expected = [next(time for i, time in enumerate(times, 1) if Fraction(n - i, n) <= level) for level in _exactly()]
    assert expected == quantiles(ends, {}, LEVELS)


@given(TIMES, TIMES)
def test_the_estimate_is_the_product_over_each_one_who_waits(ends: dict[int, int], censored: dict[int, int]) -> None:
    """Every person by name, in exact fractions."""
    people = [(time, True) for time in Counter(ends).elements()]
    people += [(time, False) for time in Counter(censored).elements()]
    expected: list[int | None] = []
    for level in _exactly():
        survival, found = Fraction(1), None
        for time in sorted({time for time, ended in people if ended}):
            waiting = sum(until >= time for until, _ in people)
            survival *= 1 - Fraction(people.count((time, True)), waiting)
            if survival <= level:
                found = time
                break
        expected.append(found)
    assert expected == quantiles(ends, censored, LEVELS)


@given(TIMES, TIMES, st.integers(0, 12))
def test_one_more_who_waits_never_makes_it_look_quicker(
    ends: dict[int, int], censored: dict[int, int], since: int
) -> None:
    """However long that one has waited so far."""
    more = Counter(censored)
    more[since] += 1
    for before, after in zip(quantiles(ends, censored, LEVELS), quantiles(ends, more, LEVELS), strict=True):
        assert after is None or (before is not None and before <= after)


def _exactly() -> list[Fraction]:
    return [Fraction(str(level)) for level in LEVELS]
