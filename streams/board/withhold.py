"""Small cells: which figures whoever shows no token does not get to see. Pure.

A score of one to four answers says what single people said, so it is withheld, and so is whatever gives it away: 90
days less 30, a week less six of its days, the total of a brand less its other stores. How many answered stays.

*Within a series*, cells are withheld until it is settled (`series`).

*A brand and its stores*: what the brand shows beyond its stores is a sum over all of them, so it tells something of one
store alone only if nothing unknown of another comes in with it. Moments of a store that are joined among themselves and
to no other are a block. What can be had from the brand are weights on its moments, and all that is unknown of a store
cancels where these add up to nothing on each of its blocks. So a store is safe where its blocks are in the span of the
blocks of all other stores and of the brand: whatever cancels all others cancels this one as well, and the brand adds
nothing to what the store itself shows. Where a block is not, there are weights that tell something, and what ends
these is withheld. And what is unknown of all stores together, over a cell of the brand or over what two of its cells
differ by, must not be small either.

Of several ways the one is taken that costs least: cells of stores rather than of the brand, of little worth (days,
weeks and months) rather than of much (windows), with few answers rather than with many.

Comparing each total with its own parts would not do. Two stores may be silent over 30 days and the same two and a third
over 7: where the two have no other answers in the 30 days the difference of the totals is what the third one hides.

What this does not protect from: who watches a figure change knows the answer that changed it, and two records of one
moment may be some answers apart. Who knows some of the answers (his own, or those of alerts, which are shown) can take
these out as well. A score of 100 says what everybody said, however many they are. And of several stores together some
few answers may be told where it takes more than two cells of the brand to tell them.
"""

from collections.abc import Hashable, Mapping
from itertools import chain, combinations, islice
from operator import itemgetter
from typing import Final

from streams.board.basis import PRIME, Basis
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


Choice = tuple[tuple[int, int], int, Shown, list[Hashable]]


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
        known = Basis(len(self.moments))
        known.add_all(total.blocks(self.moments))
        return self._mend_blocks(list(self.parts), known) | self._mend_sums()

    def _mend_blocks(self, names: list[str], others: Basis) -> bool:
        """Look at some stores; `others` is the span of the brand and of all other stores."""
        if others.is_full or not names:
            return False
        if len(names) == 1:
            return self._protect(names[0], others)
        mended = False
        halves = names[: len(names) // 2], names[len(names) // 2 :]
        for these, those in (halves, halves[::-1]):
            grown = others.copy()
            for name in those:
                grown.add_all(self.masks[name])
            mended |= self._mend_blocks(these, grown)
        return mended

    def _protect(self, name: str, others: Basis) -> bool:
        mended = False
        for block in self.masks[name][1:]:
            while weights := others.weights_against(block):
                blocks = self._withhold_one({name}, {self.moments[index]: weight for index, weight in weights.items()})
                if not blocks:
                    break
                others.add_all(blocks)
                mended = True
        return mended

    def _mend_sums(self) -> bool:
        mended = False
        for a, b in sorted(self._sums()):
            unknown = [name for name, part in self.parts.items() if part.root(a) != part.root(b)]
            if 0 < sum(self.parts[name].count(b) - self.parts[name].count(a) for name in unknown) < SMALL:
                mended |= bool(self._withhold_one(set(unknown), {a: 1, b: -1}))
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

    def _withhold_one(self, but: set[str], weights: Mapping[int, int]) -> list[int]:
        """Let a moment be alone on which the weights do not cancel: in the part that loses least by it, or the total.

        Gives the blocks of that one; none where counts contradict each other, so that nothing is left to withhold.
        """
        of_parts = (self._choices(self.parts[name], weights) for name in self.smallest if name not in but)
        some = islice(filter(None, of_parts), LOOKED_AT)
        choices = list(chain.from_iterable(some)) or self._choices(self.total, weights)
        if not choices:
            self.total.hide(tuple(self.total.shown))
            return []
        _, _, series, cells = min(choices, key=itemgetter(0, 1))
        series.hide(cells)
        blocks = series.blocks(self.moments)
        self.masks |= {name: blocks for name, part in self.parts.items() if part is series}
        return blocks

    def _choices(self, series: Shown, weights: Mapping[int, int]) -> list[Choice]:
        """What to withhold of a series so that a moment is alone: what it costs, the moment and the cells."""
        return [
            (series.cost(cells), moment, series, cells)
            for moment in weights
            if series.weight(moment, weights) % PRIME and (cells := series.touching(moment))
        ]
