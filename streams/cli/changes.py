"""How the difference between two windows is said: a sign, and whether it is more than chance, all of it in words."""

from typing import Final

from streams.cli.format import one_decimal
from streams.domain.tally import Z_95
from streams.events.score import Comparison

LEGEND: Final = (
    "before: against the window just before; year ago: against the same window 365 days earlier; "
    "up, down: more than chance; ±: within chance"
)
NOTHING: Final = "-"


def signed(points: float) -> str:
    """Return a difference as people see it: one decimal and a sign.

    >>> signed(8.25), signed(-3.1), signed(0.04)
    ('+8.3', '-3.1', '0.0')
    """
    shown = one_decimal(points)
    return shown if shown.startswith("-") or float(shown) == 0 else f"+{shown}"


def change(other: Comparison | None) -> str:
    """Return a change in two words: `+8.2 up`, `-9.0 down`, `+3.1 ±`; a dash where there is nothing to compare."""
    if other is None or other.difference is None:
        return NOTHING
    return f"{signed(other.difference)} {verdict(other, up='up', down='down', chance='±')}"


def verdict(other: Comparison, *, up: str, down: str, chance: str) -> str:
    """Return one of three words: the test of the two windows says better, worse, or not more than chance."""
    assert other.z is not None
    if abs(other.z) < Z_95:
        return chance
    return up if other.z > 0 else down
