import random
from collections.abc import Callable
from datetime import timedelta
from typing import get_args

import pytest

from streams.board.model import Board, Sort, fold
from tests.board.builders import NOON, a_standing, a_trend, an_alarm


def _stores(board: Board, sort: Sort = "attention", text: str = "") -> list[str | None]:
    page = board.stores("Maison", window="30d", sort=sort, offset=0, limit=100, text=text)
    return [standing.store for standing in page.stores]


def _board(**counts: tuple[int, int, int]) -> Board:
    board = Board()
    for store, bands in counts.items():
        board.apply_score(a_standing("Maison", store, bands))
    return board


def test_attention_goes_by_the_most_favourable_reading() -> None:
    """A store whose upper bound is lowest comes first, even if another one's score is lower on fewer answers."""
    board = _board(few_but_bad=(5, 0, 1), many_and_bad=(60, 20, 20), good=(10, 20, 70), excellent=(0, 5, 200))

    assert ["many_and_bad", "few_but_bad", "good", "excellent"] == _stores(board)


def test_stores_with_too_few_answers_come_last_whatever_they_say() -> None:
    """Under 5 answers a store ranks behind all others, the one with more answers first, none at all last."""
    board = _board(four=(4, 0, 0), three=(3, 0, 0), nobody=(0, 0, 0), five=(5, 0, 0), fine=(1, 5, 94))

    assert ["five", "fine", "four", "three", "nobody"] == _stores(board)


def test_each_order_is_what_it_says() -> None:
    """By score ascending with the unshown last, by answers descending, by name without case or accents."""
    board = _board(évry=(4, 0, 0), Zoo=(0, 50, 100), abbaye=(50, 0, 10), Est=(10, 10, 10))

    orders = {sort: _stores(board, sort) for sort in get_args(Sort)}

    assert {
        "attention": ["abbaye", "Est", "Zoo", "évry"],
        "score": ["abbaye", "Est", "Zoo", "évry"],
        "answers": ["Zoo", "abbaye", "Est", "évry"],
        "name": ["abbaye", "Est", "évry", "Zoo"],
    } == orders


@pytest.mark.parametrize("sort", get_args(Sort))
def test_an_order_does_not_depend_on_arrival(sort: Sort) -> None:
    """The same figures give the same list, in whatever order they came; equal ones go by name."""
    counts = {f"store {number}": (number % 3, 1, number % 5) for number in range(40)}
    shuffled = list(counts.items())
    random.Random(4).shuffle(shuffled)

    assert _stores(_board(**counts), sort) == _stores(_board(**dict(shuffled)), sort)


def test_a_page_is_a_part_of_the_whole_list() -> None:
    """Pages put together are the list, and each says how long that is."""
    board = _board(**{f"s{number}": (number, 10, 10) for number in range(25)})
    pages = [board.stores("Maison", window="30d", sort="name", offset=offset, limit=10) for offset in (0, 10, 20)]

    assert _stores(board, "name") == [standing.store for page in pages for standing in page.stores]
    assert [25, 25, 25] == [page.total for page in pages]


def test_a_store_is_found_without_its_accents() -> None:
    """`evry` finds Évry; the total counts what was found."""
    board = _board(**{"Évry 2": (1, 1, 10), "Lyon": (1, 1, 10)})

    assert ["Évry 2"] == _stores(board, text="evry")
    assert [] == _stores(board, text="paris")


def test_folding_takes_case_and_accents_only() -> None:
    """Letters of other alphabets stay letters."""
    assert ("strasse", "københavn", "москва", "東京") == tuple(map(fold, ("Straße", "København", "Москва", "東京")))


def test_the_last_figures_of_a_key_hold() -> None:
    """A later record of a store replaces the earlier one, and as_of is the newest of all."""
    board = Board()
    later = a_standing("Maison", "Lyon", (0, 0, 9), as_of=NOON + timedelta(minutes=1))
    for standing in (a_standing("Maison", "Lyon", (9, 0, 0)), later, a_standing("Maison", None)):
        board.apply_score(standing)

    assert later == board.standing("Maison", "Lyon")
    assert later.as_of == board.as_of


def test_a_deleted_key_is_forgotten() -> None:
    """Tombstones take stores and brands away; a brand is gone when neither is left; unknown ones are no error."""
    board = Board()
    board.apply_score(a_standing("Maison"))
    board.apply_score(a_standing("Maison", "Lyon"))

    board.remove_score("Maison", None)
    assert ["Maison"] == board.brands()
    assert board.standing("Maison", None) is None

    board.remove_score("Maison", "Lyon")
    board.remove_score("Maison", "Lyon")
    board.remove_score("Nobody", None)
    assert {"brands": 0, "stores": 0, "trends": 0, "alarms": 0, "alerts": 0, "cases": 0} == board.counts()


def test_a_trend_is_kept_as_it_came_and_decoded_when_somebody_looks() -> None:
    """What is held of a trend is the record; the same is had back from it, until it is deleted."""
    board = Board()
    raw = a_trend("Maison", "Lyon", {0: (1, 2, 3)})
    board.apply_trend("Maison", "Lyon", raw, NOON)

    trend = board.trend("Maison", "Lyon")
    assert trend is not None
    assert (raw, 6, "2026-03-14T12:00:00Z") == (board.raw_trend("Maison", "Lyon"), trend.days.n[-1], trend.as_of)

    board.remove_trend("Maison", "Lyon")
    assert board.trend("Maison", "Lyon") is None


def test_stores_with_an_open_alarm_come_first_where_attention_is_asked_for() -> None:
    """A score that fell or a burst puts a store on top, whatever its score; one that rose does not."""
    board = _board(bad=(80, 10, 10), fell=(10, 20, 70), burst=(0, 20, 80), rose=(0, 5, 200))
    for store, rule in (("fell", "drop"), ("burst", "burst"), ("rose", "rise")):
        board.alarms.apply(an_alarm(store=store, rule=rule))

    assert ["fell", "burst", "bad", "rose"] == _stores(board)
    assert ["bad", "fell", "burst", "rose"] == _stores(board, "score")


def test_a_score_that_is_not_shown_has_no_part_in_an_order() -> None:
    """Stores whose score somebody may not see stand behind the others by their answers, or the order would tell it."""
    board = _board(hidden=(90, 5, 5), good=(1, 5, 94), better=(0, 5, 95))

    page = board.stores(
        "Maison", window="30d", sort="score", offset=0, limit=9, is_shown=lambda standing: standing.store != "hidden"
    )

    assert ["good", "better", "hidden"] == [standing.store for standing in page.stores]


def test_every_change_of_a_brand_or_its_stores_has_another_version() -> None:
    """Whoever remembers what he saw can tell whether it is still so; other brands do not matter."""
    board = Board()
    versions = []
    changes: list[Callable[[], object]] = [
        lambda: board.apply_score(a_standing("Maison", "Lyon")),
        lambda: board.apply_trend("Maison", None, a_trend("Maison"), NOON),
        lambda: board.remove_trend("Maison", None),
        lambda: board.remove_score("Maison", "Lyon"),
        board.clear,
        lambda: board.apply_score(a_standing("Other", "Lyon")),
    ]
    for change in changes:
        change()
        versions.append(board.version("Maison"))

    assert len({0, *versions}) == len(versions)
    assert versions[-1] == versions[-2]
