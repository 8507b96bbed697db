"""How figures and texts look to people."""

import os
import sys
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from typing import TextIO

from rich.console import Console

_JOINERS = "\u200c\u200d"
_WIDE = 200
"""Where the output is no terminal, lines are for `grep` and should not break."""


def one_decimal(value: float) -> str:
    """Return a figure as people see it: one decimal, half away from zero, decided on the exact value of the double.

    `f"{value:.1f}"` rounds halves to even: 0.25 becomes 0.2, and two reports of one figure differ.

    >>> one_decimal(0.25), one_decimal(-0.25), one_decimal(-0.04)
    ('0.3', '-0.3', '0.0')
    """
    rounded = Decimal(value).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return str(abs(rounded) if rounded.is_zero() else rounded)


def printable(text: str) -> str:
    r"""Return text of strangers fit for a terminal: one line, and nothing in it that the terminal would obey.

    >>> printable("bad\x1b[2J\nworse")
    'bad?[2J worse'
    """
    folded = " ".join(text.split())
    return "".join("?" if _is_hidden(each) else each for each in folded)


def _is_hidden(character: str) -> bool:
    """Control characters, and the invisible ones that turn text around; those that join letters and emoji are none."""
    return unicodedata.category(character) in {"Cc", "Cf", "Co", "Cs"} and character not in _JOINERS


def console(file: TextIO | None = None) -> Console:
    """Return a console that guesses nothing about numbers and paths, and breaks no lines where nobody looks."""
    file = sys.stdout if file is None else file
    width = None if file.isatty() or "COLUMNS" in os.environ else _WIDE
    return Console(file=file, width=width, highlight=False, markup=False, emoji=False)
