"""Two numbers that must be equal."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sum:
    """Two numbers, and what they are."""

    claim: str
    expected: int
    actual: int

    @property
    def good(self) -> bool:
        """Whether they are equal."""
        return self.expected == self.actual
