"""What is shown of one series, a store or a brand, and what can be had from it by adding and subtracting. Pure.

A series is a line of moments. A cell is the answers between two of them, so a shown cell is an edge, and the answers
between two moments can be had exactly where a path of shown cells joins the two. Moments with no answer between them
are X
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

SMALL: Final = 5
"""Fewer answers than this, and at least one, are a small cell: their score says what single people said."""


class Cell(NamedTuple):
    """The `n` answers of a series from one moment up to another; what has more `worth` is withheld later."""

    start: int
    end: int
    n: int
    worth: int = 0


class Series(NamedTuple):
    """What there is to show of a store or a brand, by any names. Moments increase with time.

    `before` says of each how many answers came before it, counted from anywhere; every end of a cell is in it.
    """

    cells: Mapping[Hashable, Cell]
    before: Mapping[int, int]


class Shown:
    """What is shown of a series: at first, or where it is not said, all cells that are not small by themselves."""

    def __init__(self, series: Series, shown: Iterable[Hashable] | None = None) -> None:
        self.cells = series.cells
        self.before = series.before
        large = (name for name, cell in series.cells.items() if cell.n >= SMALL)
        self.shown = set(large if shown is None else shown)
        self._now = max(series.before.values(), default=0)
        self._root: dict[int, int] = {}
        self.join()

    @property
    def answers(self) -> int:
        """How many answers the series has between its first moment and its last."""
        return self._now - min(self.before.values(), default=0)

    def withheld(self) -> frozenset[Hashable]:
        """The cells with answers that are not shown."""
        return frozenset(name for name, cell in self.cells.items() if cell.n and name not in self.shown)

    def count(self, moment: int) -> int:
        """How many answers came before a moment; one that is not known counts as now, which hides nothing."""
        return self.before.get(moment, self._now)

    def root(self, moment: int) -> int:
        """The name of the block of a moment."""
        return self._root[self.count(moment)]

    def join(self, others: Iterable[tuple[int, int]] = ()) -> None:
        """Find out which moments are joined, by what is shown and by `others`, pairs of counts known otherwise."""
        root = {count: count for count in self.before.values()}
        root.setdefault(self._now, self._now)
        for a, b in (*(self._ends(name) for name in self.shown), *others):
            root[_find(root, a)] = _find(root, b)
        self._root = {count: _find(root, count) for count in root}

    def settle(self, others: Sequence[tuple[int, int]] = ()) -> None:
        """Withhold until no two moments that are joined have a small number of answers between them."""
        while close := self._close():
            touching: dict[int, list[Hashable]] = {}
            for name in self.shown:
                for end in self._ends(name):
                    touching.setdefault(end, []).append(name)
            found = [touching.get(a, []) + touching.get(b, []) for a, b in close]
            least = {min(names, key=self._rank) for names in found if names}
            if not least:
                break  # joined by `others` alone, which are settled
            self.shown -= least
            self.join(others)
        self.show_again()

    def show_again(self) -> None:
        """Show what can be had from what is shown anyway."""
        for name in self.cells.keys() - self.shown:
            a, b = self._ends(name)
            if self.cells[name].n >= SMALL and a != b and self._root[a] == self._root[b]:
                self.shown.add(name)

    def blocks(self, moments: Sequence[int]) -> list[int]:
        """The blocks of these moments, each a set of bits; the first is the one that holds the last moment."""
        masks: dict[int, int] = {}
        for index in range(len(moments) - 1, -1, -1):
            root = self.root(moments[index])
            masks[root] = masks.get(root, 0) | 1 << index
        return list(masks.values())

    def touching(self, moment: int) -> list[Hashable]:
        """The shown cells that begin or end at a moment, or at one with no answer in between."""
        count = self.count(moment)
        return [name for name in self.shown if count in self._ends(name)]

    def weight(self, moment: int, weights: Mapping[int, int]) -> int:
        """The sum of weights on a moment and on all moments with no answer in between."""
        count = self.count(moment)
        return sum(weight for each, weight in weights.items() if self.count(each) == count)

    def cost(self, names: Iterable[Hashable]) -> tuple[int, int]:
        """What it costs to withhold cells: the worth of the dearest, and how many answers they have together."""
        cells = [self.cells[name] for name in names]
        return max(cell.worth for cell in cells), sum(cell.n for cell in cells)

    def hide(self, names: Iterable[Hashable]) -> None:
        """Withhold cells."""
        self.shown.difference_update(names)
        self.join()

    def _ends(self, name: Hashable) -> tuple[int, int]:
        cell = self.cells[name]
        return self.before[cell.start], self.before[cell.end]

    def _rank(self, name: Hashable) -> tuple[int, int, int, str]:
        cell = self.cells[name]
        return cell.worth, cell.n, -cell.start, str(name)

    def _close(self) -> list[tuple[int, int]]:
        last: dict[int, int] = {}
        close = []
        for count in sorted(self._root):
            root = self._root[count]
            if root in last and count - last[root] < SMALL:
                close.append((last[root], count))
            last[root] = count
        return close


def _find(root: dict[int, int], count: int) -> int:
    while root[count] != count:
        root[count] = root[root[count]]
        count = root[count]
    return count
