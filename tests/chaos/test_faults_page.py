"""docs/faults.md says what there is: every case, and every mutant with what notices it."""

from pathlib import Path

from chaos.cases import CASES
from tests.simulation.mutations import table

PAGE = (Path(__file__).parents[2] / "docs" / "faults.md").read_text()
CELLS = 10
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line.count("|") == CELLS + 1]
"""The table of the cases without its head and the line below that."""


def test_every_case_is_there_with_its_title() -> None:
    """In the order of the matrix; `python -m chaos.summary` prints the table from the reports of runs."""
    assert [[case.id, case.title] for case in CASES.values()] == [row[:2] for row in ROWS[2:]]


def test_nothing_was_lost_and_nothing_was_there_twice() -> None:
    """In none of the runs that the page tells of, two seeds of each case at least."""
    assert {("0", "0")} == {(row[5], row[6]) for row in ROWS[2:]}
    assert all(len(row[2].split(", ")) >= 2 for row in ROWS[2:])


def test_every_mutant_is_there_with_what_notices_it() -> None:
    """`python -m tests.simulation.mutants --table` prints it."""
    assert table() in PAGE
