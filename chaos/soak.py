"""`python -m chaos.soak`: mixed load and a fault every 20 to 40 seconds, for as long as one likes, then the oracle.

What the workers needed meanwhile, and how late alerts were, is drawn into a picture.
"""

import asyncio
import json
import logging
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import click

from chaos.conductor import Report, conduct, line
from chaos.picture import Panel, Points, draw
from chaos.plan import Case, Plan, Step

_PER_SECOND = 150
_EVERY_S = (20.0, 40.0)
_MIB = 1 << 20
_ENDS_S = 60.0
"""Nothing strikes in the last minute."""
How = dict[str, Any]

_FAULTS: dict[str, Callable[[Random], How]] = {
    "kill": lambda random: {"amid": random.random() < 0.7},
    "kill_at": lambda random: {
        "api": random.choice(("ADD_PARTITIONS_TO_TXN", "PRODUCE", "END_TXN", "INIT_PRODUCER_ID")),
        "what": random.choice(("request", "response")),
    },
    "lose": lambda random: {
        "api": random.choice(("PRODUCE", "END_TXN", "INIT_PRODUCER_ID", "ADD_PARTITIONS_TO_TXN", "JOIN_GROUP")),
        "then": random.choice(("cut", "silence")),
    },
    "roll": lambda _: {},
    "freeze": lambda random: {"amid": random.random() < 0.5},
    "network": lambda random: {
        "kind": random.choice(("latency", "slices", "half_close", "cut", "black_hole")),
        "for_s": round(random.uniform(3, 8), 1),
    },
    "skew": lambda random: {
        "offset_s": random.choice((-1, 1)) * random.choice((61.5, 3_600.0, round(random.uniform(5, 55), 1)))
    },
    "broker_down": lambda random: {"for_s": round(random.uniform(2, 10), 1)},
}
"""What strikes, and how it is drawn."""


def _steps(random: Random, records: int) -> list[Step]:
    steps: list[Step] = []
    at_s = random.uniform(*_EVERY_S)
    while at_s < records / _PER_SECOND - _ENDS_S:
        action = random.choice([*_FAULTS])
        target = 0 if action == "broker_down" else random.randrange(2)
        steps.append(Step(at=round(at_s * _PER_SECOND), action=action, target=target, how=_FAULTS[action](random)))
        at_s += random.uniform(*_EVERY_S)
    return steps


SOAK = Case(
    id="SOAK",
    title="mixed load and everything that befalls workers and a broker, for long",
    steps=_steps,
    proxied=True,
    per_second=_PER_SECOND,
    soaks=True,
)


@click.command(context_settings={"show_default": True})
@click.option("--minutes", type=click.FloatRange(1), default=60.0, help="Load for this long at least.")
@click.option("--seed", type=int, default=1)
@click.option("--plan", "planned", type=click.Path(exists=True, path_type=Path), help="Play this plan.json instead.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Where all of it is kept.")
def main(*, minutes: float, seed: int, planned: Path | None, out: Path | None) -> None:
    """Exit status 1 where a promise was broken."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    plan = Plan.read(planned) if planned else SOAK.plan(seed, 60 * minutes)
    folder = out or Path("soak") / f"{plan.seed}-{plan.records // _PER_SECOND // 60}-minutes"
    report = asyncio.run(conduct(SOAK, plan, folder, keep=True))
    (folder / "soak.svg").write_text(
        _picture(report, _lines(folder / "probes.jsonl"), _lines(folder / "latency.jsonl"))
    )
    print(line(report))
    print(f"Written: {folder}/report.json, {folder}/soak.svg")
    sys.exit(0 if report["good"] else 1)


def _picture(report: Report, probes: list[How], latencies: list[How]) -> str:
    began_s = min((each["at_s"] for each in (*probes, *latencies)), default=0.0)

    def minute(at_s: float) -> float:
        return (at_s - began_s) / 60

    def of_processes(value: Callable[[How], float | None]) -> Mapping[str, Points]:
        lines: dict[str, list[tuple[float, float]]] = {}
        for probe in probes:
            for process in probe["processes"]:
                if (found := value(process)) is not None:
                    lines.setdefault(process["seat"], []).append((minute(probe["at_s"]), found))
        return lines

    pids: dict[str, set[int]] = {}

    def restarts(process: How) -> float:
        pids.setdefault(process["seat"], set()).add(process["pid"])
        return len(pids[process["seat"]]) - 1

    marks = [minute(step["at_s"]) for step in report["steps"] if "at_s" in step]
    verdict = report.get("verdict", {})
    title = (
        f"{verdict.get('records', '?')} records, {verdict.get('alerts', '?')} alerts, {len(marks)} faults, "
        f"{verdict.get('lost', '?')} lost, {verdict.get('double', '?')} double"
    )
    resident = of_processes(lambda each: each["resident"] / _MIB if "resident" in each else None)
    files = of_processes(lambda each: each.get("files"))
    return draw(
        title,
        [
            Panel("resident memory, MiB", resident, marks=marks),
            Panel("open files", files, marks=marks),
            Panel("restarts of workers", of_processes(restarts), stepped=True, marks=marks),
            Panel(
                "response to visible alert, s",
                {
                    name: [(minute(each["at_s"]), each[f"{name}_s"]) for each in latencies]
                    for name in ("median", "longest")
                },
                logarithmic=True,
                marks=marks,
            ),
        ],
    )


def _lines(path: Path) -> list[How]:
    return [json.loads(text) for text in path.read_text().splitlines()] if path.exists() else []


if __name__ == "__main__":
    main()
