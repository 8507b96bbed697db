"""`python -m chaos.summary REPORTS...`: what runs came to, as the table in docs/faults.md."""

import json
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

import click

from chaos.cases import CASES

_HEAD = (
    *("case", "what befalls", "seeds", "records", "alerts", "lost", "double", "duplicates"),
    *("recovery, median s", "worst s"),
)


@click.command()
@click.argument("files", type=click.Path(exists=True, path_type=Path), nargs=-1, required=True)
def main(files: tuple[Path, ...]) -> None:
    """Print a row for each case: sums over its runs, and how long it took to catch up after a strike."""
    runs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for file in files:
        for report in json.loads(file.read_text()):
            runs[report["case"]].append(report)
    print(_row(_HEAD))
    print("|---|---|---|" + "--:|" * (len(_HEAD) - 3))
    for case in CASES.values():
        if case.id in runs:
            print(_row(_cells(case.id, case.title, runs[case.id])))


def _cells(name: str, title: str, reports: list[dict[str, Any]]) -> tuple[str, ...]:
    verdicts = [report["verdict"] for report in reports]
    sums = [
        sum(verdict[each] for verdict in verdicts) for each in ("records", "alerts", "lost", "double", "duplicates")
    ]
    times = [step["recovery_s"] for report in reports for step in report["steps"] if "recovery_s" in step]
    recovery = (f"{median(times):.1f}", f"{max(times):.1f}") if times else ("", "")
    seeds = ", ".join(str(report["seed"]) for report in sorted(reports, key=lambda report: report["seed"]))
    return (name, title, seeds, *(f"{each:,}" for each in sums), *recovery)


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
