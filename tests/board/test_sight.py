"""What who shows no token can tell of single people from all that the board shows: nothing."""

from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.board.model import Board
from streams.board.progress import Progress
from streams.board.sight import Everything, Veil
from tests.board.algebra import Known, Vector
from tests.board.builders import NOON, a_standing, a_trend
from tests.board.people import BRAND, Crowd, Shown, When, everything_shown

DAY = 24


@st.composite
def crowds(draw: st.DrawFn) -> Crowd:
    """A few stores, each with groups of answers of one hour: today, this week, about the ends of windows, long ago."""
    stores = tuple("ABCD"[: draw(st.integers(1, 4))])
    moments = [*range(0, 60, 7), *range(3 * DAY, 12 * DAY, 19), *range(28 * DAY, 37 * DAY, 13), 60 * DAY, 89 * DAY]
    moments += [91 * DAY, 200 * DAY, 364 * DAY, 365 * DAY, 366 * DAY, 371 * DAY, 380 * DAY, 500 * DAY]
    groups = draw(
        st.lists(
            st.tuples(st.sampled_from(stores), st.sampled_from(moments), st.sampled_from([1, 1, 2, 3, 4, 5, 9, 25])),
            max_size=14,
        )
    )
    people = tuple(
        (store, ago, (index * 3 + number) % 11) for index, (store, ago, n) in enumerate(groups) for number in range(n)
    )
    return Crowd(people, stores)


def _veil(board: Board) -> Veil:
    return Veil(board, Progress(heard_s=NOON.timestamp(), caught_up=True))


def _told(crowd: Crowd) -> tuple[list[Shown], Known]:
    """Every figure that the board shows without the token, and what follows from the scores among them."""
    board = crowd.board()
    shown = everything_shown(crowd, board, _veil(board))
    return shown, Known(_vector(crowd, each.store, each.when) for each in shown if each.nps is not None)


def _vector(crowd: Crowd, store: str | None, when: When) -> Vector:
    """A figure as a sum of what nobody knows: what the people of one store and one hour said together."""
    hours = sorted({(where, ago) for where, ago, _ in crowd.people})
    return [Fraction(store in {None, where} and when(ago)) for where, ago in hours]


@given(crowds())
@settings(max_examples=60, deadline=None)
def test_no_small_score_follows_from_all_that_the_board_shows(crowd: Crowd) -> None:
    """No window, earlier window, day, week or month of one to four answers is shown or can be had by subtraction."""
    shown, known = _told(crowd)

    small = [each for each in shown if 0 < each.n < 5]
    assert [] == [each for each in small if each.nps is not None]
    assert [] == [each for each in small if _vector(crowd, each.store, each.when) in known]


@given(crowds())
@settings(max_examples=40, deadline=None)
def test_no_withheld_score_of_a_store_follows_either(crowd: Crowd) -> None:
    """What is withheld of a store to protect another figure cannot be had as well."""
    shown, known = _told(crowd)

    withheld = [each for each in shown if each.n and each.nps is None and each.store is not None]
    assert [] == [each for each in withheld if _vector(crowd, each.store, each.when) in known]


@given(crowds())
@settings(max_examples=40, deadline=None)
def test_counts_are_told_whatever_is_withheld(crowd: Crowd) -> None:
    """How many answered stands everywhere; with the token the scores do as well."""
    board = crowd.board()
    veiled = everything_shown(crowd, board, _veil(board))
    whole = everything_shown(crowd, board, Everything())

    assert [each.n for each in whole] == [each.n for each in veiled]
    assert [] == [each for each in whole if each.n and each.nps is None]
    for each in veiled:
        counted = Counter(each.store in {None, where} and each.when(ago) for where, ago, _ in crowd.people)
        assert (each.n, each.name) == (counted[True], each.name)


def test_a_day_that_a_week_would_tell_is_withheld_with_another() -> None:
    """Of a store with two answers yesterday that day and one more are withheld, in its week and in 24 hours."""
    people = [("A", day * DAY + 1, score) for day in range(60) for score in (9, 9, 8, 7, 3, 10, 2, 9)]
    people += [("B", day * DAY + 1, score) for day in range(60) for score in (9, 9, 8, 7, 3, 10)]
    people = [person for person in people if person[:2] != ("A", DAY + 1)] + [("A", DAY + 1, 0), ("A", DAY + 1, 1)]
    crowd = Crowd(tuple(people), ("A", "B"))
    board = crowd.board()

    shown = everything_shown(crowd, board, _veil(board))
    withheld = {(each.store, each.name) for each in shown if each.n and each.nps is None}

    assert ("A", "2026-03-13") in withheld
    assert 2 <= len({name for store, name in withheld if store == "A" and name.startswith("2026-03-1")})
    assert ("B", "2026-03-13") in withheld
    assert not [name for store, name in withheld if store is None]


def test_nothing_is_told_before_all_stores_are_known() -> None:
    """While the topics are still read a brand may be there without its stores: no score is told until all are."""
    board = Board()
    board.apply_score(a_standing(BRAND))
    progress = Progress(heard_s=NOON.timestamp())
    veil = Veil(board, progress)
    assert not veil.of(BRAND, None).sees(("30d", "now"), 100)

    progress.caught_up = True
    assert veil.of(BRAND, None).sees(("30d", "now"), 100)


def test_a_figure_that_has_become_small_is_withheld_at_once() -> None:
    """However long ago a brand was looked at as a whole: what has fewer than five answers now is not told."""
    board = Board()
    board.apply_score(a_standing(BRAND, "A"))
    seen = _veil(board).of(BRAND, "A")

    assert (True, False) == (seen.sees(("30d", "now"), 5), seen.sees(("30d", "now"), 4))


def test_a_store_that_nobody_has_looked_at_shows_nothing() -> None:
    """What is not known to be harmless is withheld."""
    assert not _veil(Board()).of(BRAND, "A").sees(("30d", "now"), 1000)


def test_a_changed_brand_is_looked_at_anew() -> None:
    """What comes in changes what may be told, of a store and of its siblings."""
    board = Board()
    for store, counts in (("A", (10, 10, 10)), ("B", (20, 20, 20)), (None, (30, 30, 30))):
        board.apply_score(a_standing(BRAND, store, counts))
    assert _veil(board).of(BRAND, "A").sees(("30d", "now"), 30)

    board.apply_score(a_standing(BRAND, "C", (1, 0, 0)))
    board.apply_score(a_standing(BRAND, None, (31, 30, 30)))
    veil = _veil(board)

    assert [False, True, True] == [veil.of(BRAND, store).sees(("30d", "now"), 30) for store in ("A", "B", None)]


@pytest.mark.parametrize(("stores_max", "told"), [(2, [True, True, True]), (1, [True, False, False])])
def test_a_brand_with_very_many_stores_shows_its_own_score_alone(stores_max: int, told: list[bool]) -> None:
    """Looking at them takes its time, so beyond some number no store's score is told without the token."""
    board = Board()
    for store in (None, "A", "B"):
        board.apply_score(a_standing(BRAND, store))
    veil = Veil(board, Progress(heard_s=NOON.timestamp(), caught_up=True), stores_max=stores_max)

    assert told == [veil.of(BRAND, store).sees(("30d", "now"), 100) for store in (None, "A", "B")]


def test_evidence_is_told_where_it_follows_from_what_is_shown() -> None:
    """Between two moments whose answers can be summed up from shown days all is told anyway; else it is not."""
    board = Board()
    board.apply_score(a_standing(BRAND, None, (30, 30, 30), w24h=(2, 2, 2), w7d=(20, 20, 20), w30d=(30, 30, 30)))
    board.apply_trend(
        BRAND, None, a_trend(BRAND, None, {0: (2, 2, 2), 1: (8, 8, 8), 2: (10, 10, 10), 9: (10, 10, 10)}), NOON
    )
    seen = _veil(board).of(BRAND, None)
    day_s = int(NOON.timestamp()) // 86_400 * 86_400

    def follows(first: int, last: int, n: int = 50, offset_s: int = 0) -> bool:
        """From so many days ago to so many."""
        return seen.follows(day_s - first * 86_400 + offset_s, day_s - (last - 1) * 86_400, n)

    assert [True, True, True] == [follows(0, 0), follows(2, 1), follows(9, 0)]
    assert [False, False, False] == [follows(2, 1, n=4), follows(2, 1, offset_s=60), follows(400, 380)]
