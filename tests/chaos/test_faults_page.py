"""docs/faults.md says what there is: every case, and every mutant with what notices it."""

from pathlib import Path

from chaos.cases import CASES
from tests.simulation.mutations import table

PAGE = (Path(__file__).parents[2] / "docs" / "faults.md").read_text()
CELLS = 10
ROWS = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line.count("|") == CELLS + 1]
RUNS = [row for row in ROWS if row[0] in CASES]
"""The rows of all tables of cases."""


def test_every_table_has_every_case_with_its_title() -> None:
    """In the order of the matrix; `python -m chaos.summary` prints such a table from the reports of runs."""
    matrix = [[case.id, case.title] for case in CASES.values()]
    tables = sum(row[0] == "case" for row in ROWS)
    assert matrix * tables == [row[:2] for row in RUNS]


def test_nothing_was_lost_and_nothing_was_there_twice() -> None:
    """In none of the runs that the page tells of, three seeds of each case at least."""
    assert {("0", "0")} == {(row[5], row[6]) for row in RUNS}
    seeds = {case: {seed for row in RUNS if row[0] == case for seed in row[2].split(", ")} for case in CASES}
    assert all(len(of_case) >= 3 for of_case in seeds.values()), seeds


def test_every_mutant_is_there_with_what_notices_it() -> None:
    """`python -m tests.simulation.mutants --table` prints it."""
    assert table() in PAGE
