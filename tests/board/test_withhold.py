"""What is withheld cannot be had by adding and subtracting what is shown: held against linear algebra."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.board.series import SMALL, Cell, Series, Shown
from streams.board.withhold import settled, withhold
from tests.board.algebra import Known, Vector

Ends = tuple[int, int]
Answers = Sequence[Sequence[int]]
"""How many there are of each store (first index) in each stretch of time (second)."""


class Brand(NamedTuple):
    """A brand whose cells are named by their ends."""

    answers: Answers
    total: Shown
    parts: dict[str, Shown]

    @property
    def moments(self) -> range:
        return range(len(self.answers[0]) + 1)

    def answers_of(self, stores: Iterable[int], ends: Ends) -> int:
        """The answers of these stores between two moments."""
        return sum(sum(self.answers[store][slice(*ends)]) for store in stores)

    def vector(self, stores: Iterable[int], ends: Ends) -> Vector:
        """The same as a sum of what nobody knows: each store's answers in each stretch of time, where there are any."""
        of = set(stores)
        return [
            Fraction(store in of and ends[0] <= stretch < ends[1])
            for store, stretches in enumerate(self.answers)
            for stretch, n in enumerate(stretches)
            if n
        ]


def _series(counts: Sequence[int], cells: Iterable[Ends]) -> Series:
    before = {moment: sum(counts[:moment]) for moment in range(len(counts) + 1)}
    return Series({(a, b): Cell(a, b, before[b] - before[a]) for a, b in cells}, before)


def a_brand(answers: Answers, total: Iterable[Ends], parts: Sequence[Iterable[Ends]]) -> Brand:
    """A brand with these cells to show, of itself and of each store, after what must be withheld was."""
    everybody = [sum(of_stretch) for of_stretch in zip(*answers, strict=True)]
    whole = settled(_series(everybody, total))
    shown = {f"{number}": settled(_series(answers[number], cells)) for number, cells in enumerate(parts)}
    withhold(whole, shown)
    return Brand(answers, whole, shown)


@st.composite
def brands(draw: st.DrawFn) -> Brand:
    """Up to four stores over up to five stretches of time, with any of the cells there can be."""
    stretches = draw(st.integers(2, 5))
    few = st.sampled_from([0, 0, 1, 2, 3, 4, 5, 6, 7, 9, 20])
    answers = draw(st.lists(st.lists(few, min_size=stretches, max_size=stretches), min_size=1, max_size=4))
    every = list(combinations(range(stretches + 1), 2))
    common = draw(st.lists(st.sampled_from(every), unique=True, min_size=1))
    some = st.lists(st.sampled_from(common), unique=True)
    return a_brand(answers, draw(some), [draw(some) for _ in answers])


def _known(brand: Brand) -> Known:
    everybody = range(len(brand.answers))
    of_stores = [brand.vector([int(name)], ends) for name, part in brand.parts.items() for ends in _ends(part.shown)]
    return Known([brand.vector(everybody, ends) for ends in _ends(brand.total.shown)] + of_stores)


def _ends(names: Iterable[object]) -> list[Ends]:
    return [ends for ends in names if isinstance(ends, tuple)]


def _hidden(brand: Brand) -> Mapping[str, set[Ends]]:
    return {name: set(_ends(part.withheld())) for name, part in brand.parts.items()}


@given(brands())
@settings(max_examples=250)
def test_no_withheld_score_of_a_store_follows_from_what_is_shown(brand: Brand) -> None:
    """Whatever is added and subtracted, of the brand and of all stores: no cell that is withheld comes out."""
    known = _known(brand)

    derived = [
        (name, ends)
        for name, withheld in _hidden(brand).items()
        for ends in withheld
        if brand.vector([int(name)], ends) in known
    ]

    assert [] == derived


@given(brands())
@settings(max_examples=250)
def test_no_stretch_of_time_with_few_answers_can_be_had(brand: Brand) -> None:
    """Nor does any stretch of time of a store or the brand with one to four answers, whether it is a cell or not."""
    known = _known(brand)
    everybody = tuple(range(len(brand.answers)))

    derived = [
        (stores, ends)
        for stores in {everybody, *((store,) for store in everybody)}
        for ends in combinations(brand.moments, 2)
        if 0 < brand.answers_of(stores, ends) < SMALL and brand.vector(stores, ends) in known
    ]

    assert [] == derived


@given(brands())
@settings(max_examples=250)
def test_what_a_total_has_beyond_the_stores_that_are_known_is_not_small(brand: Brand) -> None:
    """The brand less all stores that can be told, over a cell or what two cells differ by: none, or at least five."""
    known = _known(brand)
    everybody = range(len(brand.answers))
    cells = _ends(brand.total.shown)
    sums = {*cells, *((a, b) for a, c in cells for b, d in cells if a < b and c == d)}
    sums |= {(b, d) for a, b in cells for c, d in cells if a == c and b < d}

    for ends in sums:
        unknown = [store for store in everybody if brand.vector([store], ends) not in known]
        assert brand.answers_of(unknown, ends) not in range(1, SMALL)


@given(brands())
@settings(max_examples=250)
def test_every_score_of_fewer_than_five_answers_is_withheld(brand: Brand) -> None:
    """Whatever else: a small cell is never shown."""
    for series in (brand.total, *brand.parts.values()):
        assert not any(0 < series.cells[name].n < SMALL for name in series.shown)


@given(st.lists(st.lists(st.sampled_from([0, 5, 6, 30]), min_size=3, max_size=3), min_size=1, max_size=4), st.data())
def test_nothing_is_withheld_where_nothing_is_small(answers: Answers, data: st.DataObject) -> None:
    """Where no stretch of time has one to four answers every cell is shown."""
    cells = data.draw(st.lists(st.sampled_from(list(combinations(range(4), 2))), unique=True))
    brand = a_brand(answers, cells, [cells] * len(answers))

    assert [frozenset()] * (len(answers) + 1) == [each.withheld() for each in (brand.total, *brand.parts.values())]


def test_a_small_store_takes_the_smallest_of_the_others_with_it() -> None:
    """The total less the siblings would be the small one: the smallest sibling is withheld, the total is shown."""
    brand = a_brand([[3], [40], [9]], [(0, 1)], [[(0, 1)]] * 3)

    assert ({(0, 1)}, {"0": {(0, 1)}, "1": set(), "2": {(0, 1)}}) == (brand.total.shown, _hidden(brand))


def test_small_stores_that_hide_each_other_take_nobody_with_them() -> None:
    """Three and four answers are seven together: the third store is shown."""
    brand = a_brand([[3], [4], [9]], [(0, 1)], [[(0, 1)]] * 3)

    assert {"0": {(0, 1)}, "1": {(0, 1)}, "2": set()} == _hidden(brand)


def test_two_small_stores_with_less_than_five_together_are_not_enough() -> None:
    """One and two answers are three: without a third store the total would say what these three said."""
    brand = a_brand([[1], [2], [9], [30]], [(0, 1)], [[(0, 1)]] * 4)

    assert {"0": {(0, 1)}, "1": {(0, 1)}, "2": {(0, 1)}, "3": set()} == _hidden(brand)


def test_the_only_store_of_a_brand_hides_the_brand() -> None:
    """Where no sibling is left the total itself is withheld."""
    brand = a_brand([[3]], [(0, 1)], [[(0, 1)]])

    assert (set(), {"0": {(0, 1)}}) == (brand.total.shown, _hidden(brand))


def test_a_longer_window_less_a_shorter_one_is_a_cell_too() -> None:
    """52 answers in 90 days and 50 in 30: the difference is two people, so one of the two is withheld."""
    brand = a_brand([[2, 50], [20, 60]], [], [[(0, 2), (1, 2)], [(0, 2), (1, 2)]])

    assert {"0": {(1, 2)}, "1": set()} == _hidden(brand)


def test_a_small_day_takes_the_smallest_day_of_its_week_with_it() -> None:
    """A week less six of its days is the seventh."""
    days = [9, 3, 8, 20, 20, 20, 7]
    week = [(day, day + 1) for day in range(7)] + [(0, 7)]

    brand = a_brand([days], [], [week])

    assert {(1, 2), (2, 3)} == _hidden(brand)["0"]


@pytest.mark.parametrize("silent", [False, True])
def test_two_totals_less_each_other_reveal_no_store(silent: bool) -> None:
    """Each total hides three stores or two; only together would they tell one, so a row and column sum is not enough.

    The first store has three answers in the last week and 47 before, the two others all theirs in the last week, so
    the week hides three, the month hides the two, and the month's rest less the week's is what the first one hides.
    """
    answers = [[47, 3], [0, 3], [0, 4], [30, 30]]
    cells = [(0, 2), (1, 2)]
    brand = a_brand(answers, cells, [cells, cells, cells, [] if silent else cells])

    assert brand.vector([0], (1, 2)) not in _known(brand)


def test_a_comparison_of_rows_and_columns_alone_would_have_told_the_store_above() -> None:
    """The same without looking at sums of totals: the first store's three answers come out."""
    brand = a_brand([[47, 3], [0, 3], [0, 4], [30, 30]], [], [[], [], [], []])
    everybody = range(4)
    naive = [
        *(brand.vector(everybody, ends) for ends in ((0, 2), (1, 2))),
        *(brand.vector([3], ends) for ends in ((0, 2), (1, 2))),
        brand.vector([0], (0, 2)),
    ]

    assert brand.vector([0], (1, 2)) in Known(naive)


def test_a_brand_without_figures_of_its_own_withholds_small_stores_alone() -> None:
    """Where there is no total there is nothing to subtract from."""
    parts = {"a": settled(_series([3], [(0, 1)])), "b": settled(_series([40], [(0, 1)]))}

    withhold(None, parts)

    assert (set(), {(0, 1)}) == (parts["a"].shown, parts["b"].shown)


def test_counts_that_contradict_each_other_end_all_the_same() -> None:
    """Records of different instants may not add up: nothing small is shown, and the search ends."""
    total = settled(Series({"w": Cell(0, 1, 8)}, {0: 0, 1: 0}))
    part = settled(Series({"w": Cell(0, 1, 3)}, {0: 0, 1: 3}))

    withhold(total, {"a": part})

    assert (set(), set()) == (total.shown, part.shown)
