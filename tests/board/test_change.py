import pytest

from streams.board.change import Earlier, before, confidence, direction, year_ago
from streams.domain.window import WINDOWS
from tests.board.builders import Counts, a_standing, some_figures


def test_a_window_is_compared_with_the_one_before_and_with_a_year_ago_as_published() -> None:
    """What the record says of the two is what is shown."""
    windows = {"30d": some_figures((10, 20, 70), (20, 30, 50), (5, 5, 5))}
    said = windows["30d"]

    assert said.previous is not None
    assert said.year_ago is not None
    assert Earlier("before", said.previous) == before(windows, "30d")  # type: ignore[arg-type]
    assert Earlier("year_ago", said.year_ago) == year_ago(windows, "30d")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("now", "then", "said"),
    [
        pytest.param((10, 20, 70), (30, 40, 30), "up", id="up"),
        pytest.param((30, 40, 30), (10, 20, 70), "down", id="down"),
        pytest.param((20, 30, 50), (25, 30, 45), "steady", id="ten points of a hundred answers"),
        pytest.param((15, 50, 35), (6, 54, 40), "steady", id="the pair of the handbook, p 0.126"),
        pytest.param((10, 20, 70), (0, 0, 0), "unknown", id="nobody then"),
        pytest.param((0, 0, 0), (10, 20, 70), "unknown", id="nobody now"),
    ],
)
def test_up_and_down_are_more_than_chance(now: Counts, then: Counts, said: str) -> None:
    """A change is one where the test at 95 % says so, else it is within chance; nobody on one side is no comparison."""
    comparison = some_figures(now, then).previous

    assert comparison is not None
    assert said == direction(comparison)


def test_a_record_of_the_first_release_is_compared_with_the_rest_of_the_longer_window() -> None:
    """Without comparisons in it the days before are the longer window less the shorter: no answer is on both sides."""
    windows = a_standing(before=None, w30d=(10, 20, 70), w90d=(110, 60, 130)).windows

    earlier = before(windows, "30d")

    assert earlier is not None
    assert ("90d", 200, -20.0, 80.0, "up") == (
        earlier.against,
        earlier.comparison.n,
        earlier.comparison.nps,
        earlier.comparison.difference,
        direction(earlier.comparison),
    )
    assert year_ago(windows, "30d") is None


def test_all_answers_are_compared_with_nothing() -> None:
    """There is nothing before all, in any release."""
    assert [None] * 4 == [
        look(a_standing(before=then).windows, "all") for look in (before, year_ago) for then in (None, (1, 2, 3))
    ]


def test_an_old_record_that_does_not_add_up_is_not_compared() -> None:
    """Where a longer window has fewer answers than a shorter one, nothing is said."""
    assert before(a_standing(before=None, w30d=(1, 1, 50), w90d=(1, 1, 49)).windows, "30d") is None


def test_every_other_window_of_an_old_record_has_the_next_longer_one() -> None:
    """Each window but the last is compared with the rest of the next longer."""
    windows = a_standing(before=None).windows

    assert [*WINDOWS[1:], None] == [seen.against if (seen := before(windows, name)) else None for name in WINDOWS]


@pytest.mark.parametrize(
    ("n", "said"), [(0, "none"), (1, "too_few"), (4, "too_few"), (5, "low"), (29, "low"), (30, "good")]
)
def test_confidence_grows_with_the_number_of_answers(n: int, said: str) -> None:
    """Under 5 answers a score is withheld from most, under 30 it is greyed."""
    assert said == confidence(n)
