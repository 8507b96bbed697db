import pytest

from streams.board.trend import Trend, confidence, trend
from streams.domain.window import WINDOWS
from tests.board.builders import a_standing, some_figures


def test_the_days_before_are_the_longer_window_without_the_shorter() -> None:
    """A window is compared with the rest of the next longer one, so that no answer is on both sides."""
    windows = a_standing(w30d=(10, 20, 70), w90d=(110, 60, 130)).windows

    assert trend(windows, "30d") == Trend("up", "90d", 60.0 - (-20.0), some_figures(100, 40, 60))


@pytest.mark.parametrize(
    ("now", "before", "direction"),
    [
        pytest.param((10, 20, 70), (30, 40, 30), "up", id="up"),
        pytest.param((30, 40, 30), (10, 20, 70), "down", id="down"),
        pytest.param((20, 30, 50), (25, 30, 45), "steady", id="steady"),
        pytest.param((2, 3, 24), (90, 5, 5), "unknown", id="29 now"),
        pytest.param((10, 20, 70), (29, 0, 0), "unknown", id="29 before"),
    ],
)
def test_an_arrow_needs_intervals_that_do_not_overlap(
    now: tuple[int, int, int], before: tuple[int, int, int], direction: str
) -> None:
    """Up and down need intervals that do not overlap and 30 answers on both sides."""
    d, p, r = (each + other for each, other in zip(now, before, strict=True))

    seen = trend(a_standing(w7d=now, w30d=(d, p, r)).windows, "7d")

    assert seen is not None
    assert direction == seen.direction


def test_overlapping_intervals_are_steady_although_the_difference_is_large() -> None:
    """Ten points of difference among a hundred answers may be chance: steady."""
    seen = trend(a_standing(w30d=(25, 30, 45), w90d=(45, 60, 95)).windows, "30d")

    assert seen is not None
    assert (10.0, "steady") == (-(seen.change or 0), seen.direction)


def test_nothing_before_is_no_comparison() -> None:
    """A store's first month has no days before it: no change, and not a change of its whole score."""
    seen = trend(a_standing(counts=(10, 20, 70)).windows, "30d")

    assert seen is not None
    assert ("unknown", None, 0) == (seen.direction, seen.change, seen.before.n)


def test_all_answers_have_no_trend() -> None:
    """There is nothing longer than all."""
    assert trend(a_standing().windows, "all") is None


def test_a_record_that_does_not_add_up_has_no_trend() -> None:
    """Where a longer window has fewer answers than a shorter one, nothing is said."""
    assert trend(a_standing(w30d=(1, 1, 50), w90d=(1, 1, 49)).windows, "30d") is None


def test_every_other_window_has_a_trend() -> None:
    """Each window but the last is compared with the next longer."""
    windows = a_standing().windows

    assert [*WINDOWS[1:], None] == [seen.against if (seen := trend(windows, name)) else None for name in WINDOWS]


@pytest.mark.parametrize(
    ("n", "said"), [(0, "none"), (1, "too_few"), (4, "too_few"), (5, "low"), (29, "low"), (30, "good")]
)
def test_confidence_grows_with_the_number_of_answers(n: int, said: str) -> None:
    """Under 5 answers nothing is shown, under 30 it is greyed."""
    assert said == confidence(n)
