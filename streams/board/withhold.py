"""Small cells: which figures whoever shows no token does not get to see. Pure.

A score of one to four answers says what single people said, so it is withheld, and so is whatever gives it away: 90
days less 30, a week less six of its days, the total of a brand less its other stores. How many answered stays.

*Within a series*, cells are withheld until it is settled (`series`).

*A brand and its stores*: what the brand shows beyond its stores is a sum over all of them, so it tells something of one
store alone only if nothing unknown of another comes in with it. Moments of a store that are joined among themselves and
to no other are a block. If every block of every store is also a union of blocks of another store, or of the brand, then
whatever cancels what is unknown of all other stores cancels on these blocks, too, and the brand adds nothing to what
the store itself shows. And what is unknown of all stores together between two moments that are joined in the brand must
not be small either. Where this does not hold the smallest cells that make it hold are withheld as well, of a store if
there is one, else of the brand.

Comparing each total with its own parts would not do. Two stores may be silent over 30 days and the same two and a third
over 7: where the two have no other answers in the 30 days the difference of the totals is what the third one hides.

What this does not protect from: who watches a figure change knows the answer that changed it, and two records of one
moment may be some answers apart. Who knows some of the answers (his own, or those of alerts, which are shown) can take
these out as well. A score of 100 says what everybody said, however many they are. Several stores together are looked
at between two moments, not in sums that take more than that to get at.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, compress, islice
from operator import ne
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
                    self._silence(block, {name})
                    mended = True
        return mended

    def _mend_sums(self) -> bool:
        mended = False
        for a, b in self._joined_pairs():
            unknown = self._unknown(a, b)
            if unknown:
                of_a, of_b = (self._block_of(unknown[0], moment) for moment in (a, b))
                self._silence(of_b if of_a == self.masks[unknown[0]][0] else of_a, set(unknown))
                mended = True
        return mended

    def _joined_pairs(self) -> Iterator[tuple[int, int]]:
        """Pairs of moments joined in the total, but not in all parts, that may have few answers between them."""
        parts = list(self.parts.values())
        told: dict[int, dict[tuple[int, ...], int]] = {}
        for moment in self.moments:
            joined = told.setdefault(self.total.root(moment), {})
            joined.setdefault(tuple(part.root(moment) for part in parts), moment)
        for joined in told.values():
            for (roots_a, a), (roots_b, b) in combinations(joined.items(), 2):
                apart = map(ne, roots_a, roots_b)
                if sum(part.distance(a, b) for part in islice(compress(parts, apart), SMALL)) < SMALL:
                    yield a, b

    def _unknown(self, a: int, b: int) -> list[str]:
        """The parts that do not show what lies between two moments, where that is little in all; else none."""
        apart = [name for name, part in self.parts.items() if part.root(a) != part.root(b)]
        return apart if sum(self.parts[name].distance(a, b) for name in apart) < SMALL else []

    def _block_of(self, name: str, moment: int) -> int:
        bit = 1 << self.moments.index(moment)
        return next(block for block in self.masks[name] if block & bit)

    def _is_shared(self, block: int, name: str) -> bool:
        others = (masks for other, masks in self.masks.items() if other != name)
        return any(_is_union(block, masks) for masks in (*others, self.total.blocks(self.moments)))

    def _silence(self, block: int, but: set[str]) -> None:
        """Let these moments be a block of one more part, the one that loses least by it, or of the total."""
        inside = [moment for index, moment in enumerate(self.moments) if block >> index & 1]
        rest = [moment for index, moment in enumerate(self.moments) if not block >> index & 1]
        able = (name for name in self.smallest if name not in but and self.parts[name].can_cut(inside, rest))
        found = {name: names for name in islice(able, LOOKED_AT) if (names := self.parts[name].crossing(inside))}
        if found:
            name = min(found, key=lambda name: (self.parts[name].cost(found[name]), name))
            self.parts[name].hide(found[name])
            self.owners.subtract(self.masks[name])
            self.masks[name] = self.parts[name].blocks(self.moments)
            self.owners.update(self.masks[name])
            return
        of_total = self.total.crossing(inside)
        # Counts that contradict each other leave nothing to cut.
        self.total.hide(of_total if of_total and self.total.can_cut(inside, rest) else tuple(self.total.shown))


def _is_union(block: int, masks: Iterable[int]) -> bool:
    return all(mask & block in {0, mask} for mask in masks)
