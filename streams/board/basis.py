"""Sets, and what follows from them by adding and subtracting: a span of vectors, exact modulo a prime. Pure."""

from collections.abc import Iterable
from typing import Final

PRIME: Final = (1 << 61) - 1
"""So large that a determinant of zeroes and ones is not a multiple of it by accident."""

Vector = dict[int, int]
"""By index what is not zero, from 1 to PRIME - 1."""


class Basis:
    """The span of sets, each a set of bits, in reduced echelon form."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._rows: dict[int, Vector] = {}
        """By the index of its pivot, which is 1 there and is in no other row. A row is never changed in place."""

    @property
    def is_full(self) -> bool:
        """Whether every set follows."""
        return len(self._rows) == self._size

    def copy(self) -> "Basis":
        """The same, to grow by itself."""
        other = Basis(self._size)
        other._rows = dict(self._rows)
        return other

    def add_all(self, sets: Iterable[int]) -> None:
        """Take sets, as far as they do not follow already."""
        for each in sets:
            if self.is_full:
                return
            left = self._reduced(each)
            if left:
                self._add(left)

    def weights_against(self, wanted: int) -> Vector | None:
        """None where a set follows; else weights that add up to zero on every set of the span, and not on this one."""
        left = self._reduced(wanted)
        if not left:
            return None
        free = min(left)
        return {free: 1} | {pivot: PRIME - row[free] for pivot, row in self._rows.items() if free in row}

    def _reduced(self, wanted: int) -> Vector:
        left = {index: 1 for index in range(wanted.bit_length()) if wanted >> index & 1}
        for pivot in [index for index in left if index in self._rows]:
            _subtract(left, left[pivot], self._rows[pivot])
        return left

    def _add(self, left: Vector) -> None:
        pivot, value = next(iter(left.items()))
        inverse = pow(value, -1, PRIME)
        added = {index: each * inverse % PRIME for index, each in left.items()}
        for other, row in self._rows.items():
            if pivot in row:
                changed = dict(row)
                _subtract(changed, row[pivot], added)
                self._rows[other] = changed
        self._rows[pivot] = added


def _subtract(left: Vector, factor: int, row: Vector) -> None:
    for index, each in row.items():
        rest = (left.get(index, 0) - factor * each) % PRIME
        if rest:
            left[index] = rest
        else:
            del left[index]
