"""The results for people (a table) and for machines (a JSON file)."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from bench.figures import Figure

FORMAT = 1
RESULTS = Path(__file__).parent / "results"
_COLOURS = {"aim": "green", "target": "yellow", "missed": "red", "": ""}


def show(found: list[Figure], machine: dict[str, Any], console: Console, *, judge: bool) -> None:
    """Print the figures, target and aim beside each, and the machine below; `judge` says how they stand to these."""
    table = Table(box=SIMPLE_HEAD)
    for column in ("", "median", "lowest to highest", "target", "aim", "reached"):
        table.add_column(column, justify="right" if column in {"median", "lowest to highest"} else "left", no_wrap=True)
    for figure in found:
        goal = figure.goal
        word = goal.verdict(figure.value) if judge else ""
        colour = _COLOURS[word]
        table.add_row(
            goal.what,
            f"{_number(figure.value)} {goal.unit}".rstrip(),
            f"{_number(min(figure.runs))} to {_number(max(figure.runs))}" if len(figure.runs) > 1 else "",
            _bar(goal.target, goal.better),
            _bar(goal.aim, goal.better),
            f"[{colour}]{word}[/]" if colour else word,
        )
    console.print(table)
    console.print(
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, "
        f"Python {machine['python']}; load average before and after {machine['load_average'][0]} and "
        f"{machine['load_average_after'][0]}"
    )


def document(found: list[Figure], machine: dict[str, Any], options: dict[str, Any], runs: dict[str, Any]) -> bytes:
    """Everything as JSON, for a later comparison on the same machine."""
    return orjson.dumps(
        {
            "format": FORMAT,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine,
            "options": options,
            "figures": [figure.document() for figure in found],
            "runs": runs,
        },
        option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE,
    )


def default_path() -> Path:
    """Where results go if nobody says otherwise: a file of its own, which git ignores."""
    return RESULTS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}.json"


def _bar(bar: float | None, better: str) -> str:
    if bar is None:
        return ""
    return f"{'>=' if better == 'higher' else '<='} {_number(bar)}"


def _number(value: float) -> str:
    """About three digits: more would be noise."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
