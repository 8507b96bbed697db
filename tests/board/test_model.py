import random
from datetime import timedelta
from typing import get_args

import pytest

from streams.board.model import ALERTS_MAX, Board, Sort, fold
from tests.board.builders import NOON, a_standing, raised


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

    assert later == board.store("Maison", "Lyon")
    assert later.as_of == board.as_of


def test_a_deleted_key_is_forgotten() -> None:
    """Tombstones take stores and brands away; a brand is gone when neither is left; unknown ones are no error."""
    board = Board()
    board.apply_score(a_standing("Maison"))
    board.apply_score(a_standing("Maison", "Lyon"))

    board.remove_score("Maison", None)
    assert ["Maison"] == board.brands()
    assert board.brand("Maison") is None

    board.remove_score("Maison", "Lyon")
    board.remove_score("Maison", "Lyon")
    board.remove_score("Nobody", None)
    assert {"brands": 0, "stores": 0, "alerts": 0} == board.counts()


def test_alerts_are_newest_first_however_they_were_read() -> None:
    """Partitions are read one after the other; the append time decides."""
    numbers = list(range(20))
    random.Random(1).shuffle(numbers)
    board = Board()
    for number in numbers:
        board.apply_alert(raised(number, alert_id=str(number)))

    assert [str(number) for number in range(19, 9, -1)] == [each.alert.alert_id for each in board.alerts(limit=10)]


def test_alerts_are_of_a_brand_or_a_store() -> None:
    """A filter looks through all alerts that are held, not only the newest."""
    board = Board()
    for number, (brand, store) in enumerate([("A", "x"), ("B", "x"), ("A", "y"), ("B", "y")]):
        board.apply_alert(raised(number, alert_id=brand + store, brand=brand, store=store))

    assert ["Ay", "Ax"] == [each.alert.alert_id for each in board.alerts(brand="A", limit=5)]
    assert ["Bx"] == [each.alert.alert_id for each in board.alerts(brand="B", store="x", limit=5)]


def test_only_the_newest_alerts_are_held() -> None:
    """Beyond ALERTS_MAX the oldest goes; one that is older than all is not taken, and nothing is news twice."""
    board = Board()
    taken = [board.apply_alert(raised(number, alert_id=str(number))) for number in range(1, ALERTS_MAX + 11)]

    assert all(taken)
    assert ALERTS_MAX == board.counts()["alerts"]
    assert not board.apply_alert(raised(0, alert_id="0"))
    assert not board.apply_alert(raised(ALERTS_MAX, alert_id=str(ALERTS_MAX)))
    assert "11" == board.alerts(limit=ALERTS_MAX)[-1].alert.alert_id
