"""What follows from sums by adding and subtracting them, exactly."""

from collections.abc import Iterable
from fractions import Fraction

Vector = list[Fraction]


class Known:
    """All that follows from vectors: their row space, as an echelon form."""

    def __init__(self, vectors: Iterable[Vector]) -> None:
        self._rows: dict[int, Vector] = {}
        for vector in vectors:
            left = self._reduced(vector)
            pivot = next((index for index, number in enumerate(left) if number), None)
            if pivot is not None:
                self._rows[pivot] = [number / left[pivot] for number in left]

    def __contains__(self, vector: Vector) -> bool:
        return not any(self._reduced(vector))

    def _reduced(self, vector: Vector) -> Vector:
        for pivot, row in self._rows.items():
            factor = vector[pivot]
            if factor:
                vector = [number - factor * other for number, other in zip(vector, row, strict=True)]
        return vector
