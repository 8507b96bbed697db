"""Small cells: which figures whoever shows no token does not get to see. Pure.

A score of one to four answers says what single people said, so it is withheld, and so is whatever gives it away: 90
days less 30, a week less six of its days, the total of a brand less its other stores. How many answered stays.

*Within a series*, cells are withheld until it is settled (`series`).

*A brand and its stores*: what the brand shows beyond its stores is a sum over all of them, so it tells something of one
store alone only if nothing unknown of another comes in with it. Moments of a store that are joined among themselves and
to no other are a block. If every block of every store is also a union of blocks of another store, or of the brand, then
whatever cancels what is unknown of all other stores cancels on these blocks, too, and the brand adds nothing to what
the store itself shows. And what is unknown of all stores together, over a cell of the brand or over what two of its
cells differ by, must not be small either. Where this does not hold the smallest cells that make it hold are withheld as
well, of a store if there is one, else of the brand.

Comparing each total with its own parts would not do. Two stores may be silent over 30 days and the same two and a third
over 7: where the two have no other answers in the 30 days the difference of the totals is what the third one hides.

What this does not protect from: who watches a figure change knows the answer that changed it, and two records of one
moment may be some answers apart. Who knows some of the answers (his own, or those of alerts, which are shown) can take
these out as well. A score of 100 says what everybody said, however many they are. And of several stores together some
few answers may be told where it takes more than two cells of the brand to tell them.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from itertools import combinations, islice
from operator import itemgetter
from typing import Final

from streams.board.series import SMALL, Series, Shown

LOOKED_AT: Final = 64
"""Stores, smallest first, among which the one is chosen that loses least: looking at all costs more than it gains."""


def settled(series: Series) -> Shown:
    """What of a series can be shown where nothing else is."""
    shown = Shown(series)
    shown.settle()
    return shown


def withhold(total: Shown | None, parts: Mapping[str, Shown]) -> None:
    """Withhold what a total of `parts` would tell of them, in place; each of them is settled already."""
    if total is not None:
        added = _added_up(total, parts)
        total.join(added)
        total.settle(added)
        cover = _Cover(total, parts)
        while cover.mend():
            pass
        for each in (total, *parts.values()):
            each.show_again()


def _added_up(total: Shown, parts: Mapping[str, Shown]) -> list[tuple[int, int]]:
    """What is known of a total from all of its parts: the moments that are joined in each of them."""
    told: dict[tuple[int, ...], int] = {}
    added = []
    for moment in total.before:
        first = told.setdefault(tuple(part.root(moment) for part in parts.values()), moment)
        added.append((total.count(first), total.count(moment)))
    return added


class _Cover:
    """Sees to it that no store is alone in what it does not show."""

    def __init__(self, total: Shown, parts: Mapping[str, Shown]) -> None:
        self.total = total
        self.parts = dict(sorted(parts.items()))
        self.smallest = sorted(self.parts, key=lambda name: (self.parts[name].answers, name))

    def mend(self) -> bool:
        """Look at everything once; False where nothing had to be withheld."""
        total = self.total
        total.join(_added_up(total, self.parts))
        self.moments = sorted({moment for name in total.shown for moment in total.cells[name][:2]})
        self.masks = {name: part.blocks(self.moments) for name, part in self.parts.items()}
        self.owners = Counter(block for masks in self.masks.values() for block in masks)
        return self._mend_blocks() | self._mend_sums()

    def _mend_blocks(self) -> bool:
        mended = False
        for name in self.parts:
            for block in self.masks[name][1:]:
                if self.owners[block] < 2 and not self._is_shared(block, name):
                    self._silence([block], {name})
                    mended = True
        return mended

    def _mend_sums(self) -> bool:
        mended = False
        for a, b in sorted(self._sums()):
            unknown = [name for name, part in self.parts.items() if part.root(a) != part.root(b)]
            if 0 < sum(self.parts[name].count(b) - self.parts[name].count(a) for name in unknown) < SMALL:
                ends = {self._block_of(name, moment) for name in unknown for moment in (a, b)}
                self._silence(ends - {self.masks[name][0] for name in unknown}, set(unknown))
                mended = True
        return mended

    def _sums(self) -> set[tuple[int, int]]:
        """The ends of what the total shows, and of what two of its cells differ by that begin or end together."""
        cells = [self.total.cells[name] for name in self.total.shown]
        sums = {(cell.start, cell.end) for cell in cells}
        starts: dict[int, set[int]] = {}
        ends: dict[int, set[int]] = {}
        for cell in cells:
            starts.setdefault(cell.end, set()).add(cell.start)
            ends.setdefault(cell.start, set()).add(cell.end)
        for others in (*starts.values(), *ends.values()):
            sums.update(combinations(sorted(others), 2))
        return sums

    def _block_of(self, name: str, moment: int) -> int:
        bit = 1 << self.moments.index(moment)
        return next(block for block in self.masks[name] if block & bit)

    def _is_shared(self, block: int, name: str) -> bool:
        others = (masks for other, masks in self.masks.items() if other != name)
        return any(_is_union(block, masks) for masks in (*others, self.total.blocks(self.moments)))

    def _silence(self, blocks: Iterable[int], but: set[str]) -> None:
        """Let one of these blocks be one of one more part, the one that loses least by it, or else of the total."""
        of_parts: list[tuple[int, str, list[Hashable]]] = []
        of_total: list[Hashable] = []
        for block in sorted(blocks):
            inside = [moment for index, moment in enumerate(self.moments) if block >> index & 1]
            rest = [moment for index, moment in enumerate(self.moments) if not block >> index & 1]
            able = (name for name in self.smallest if name not in but and self.parts[name].can_cut(inside, rest))
            found = ((self.parts[name], name, self.parts[name].crossing(inside)) for name in islice(able, LOOKED_AT))
            of_parts += [(part.cost(names), name, names) for part, name, names in found if names]
            if self.total.can_cut(inside, rest):
                of_total = of_total or self.total.crossing(inside)
        if of_parts:
            _, name, names = min(of_parts, key=itemgetter(0, 1))
            self.parts[name].hide(names)
            self.owners.subtract(self.masks[name])
            self.masks[name] = self.parts[name].blocks(self.moments)
            self.owners.update(self.masks[name])
        else:
            # Counts that contradict each other leave nothing to cut.
            self.total.hide(of_total or tuple(self.total.shown))


def _is_union(block: int, masks: Iterable[int]) -> bool:
    return all(mask & block in {0, mask} for mask in masks)
