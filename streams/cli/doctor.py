import asyncio
import json
import os
import sys
import time
from dataclasses import asdict

import click
from rich.table import Table
from rich.text import Text

from streams.cli.format import console
from streams.cli.kafka import quieten
from streams.doctor.examination import examine
from streams.doctor.finding import Finding

_MARKS = {"ok": Text("ok", "green"), "warning": Text("warning", "yellow"), "error": Text("error", "bold red")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
def command(*, as_json: bool) -> None:
    """Check settings, broker, topics, group, state and clock, and say how to mend what is not well.

    Only looks, changes nothing, and may be run at any time, on any machine that reaches Kafka. What it says about the
    clock and the metrics port is about the machine that it runs on.

    \b
    Example:  nps doctor
              nps doctor --json | jq '.findings[] | select(.level != "ok")'

    Exit status: 0 all is well (warnings included), 1 there are errors, 2 wrong arguments.
    """  # noqa: D301 (\b keeps click from folding the lines)
    quieten()
    findings = asyncio.run(examine(os.environ, time.time))
    errors = sum(finding.level == "error" for finding in findings)
    warnings = sum(finding.level == "warning" for finding in findings)
    if as_json:
        document = {"errors": errors, "warnings": warnings, "findings": [asdict(finding) for finding in findings]}
        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        _print(findings)
        click.echo(f"\n{_count(errors, 'error')}, {_count(warnings, 'warning')}")
    sys.exit(1 if errors else 0)


def _print(findings: list[Finding]) -> None:
    table = Table.grid(padding=(0, 2))
    for finding in findings:
        text = Text(finding.text)
        if finding.mend:
            text.append(f"\n→ {finding.mend}", style="dim" if finding.level == "ok" else "bold")
        table.add_row(_MARKS[finding.level], finding.check, text)
    console().print(table)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"
