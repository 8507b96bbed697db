"""`python -m chaos`: play cases, and say of each what was lost and what was there twice."""

import asyncio
import json
import logging
import sys
import tempfile
from pathlib import Path
from statistics import median

import click

from chaos.cases import CASES, SHORT
from chaos.conductor import Report, conduct, line
from chaos.plan import Plan


@click.command(context_settings={"show_default": True})
@click.option("--case", "ids", type=click.Choice([*CASES]), multiple=True, help="This one alone; may be repeated.")
@click.option("--short", is_flag=True, help="The short set that runs with the tests.")
@click.option("--seed", "seeds", type=int, multiple=True, default=(1,), help="May be repeated.")
@click.option("--seconds", type=click.FloatRange(1), default=30.0, help="Load for this long at least, beside faults.")
@click.option("--plan", "planned", type=click.Path(exists=True, path_type=Path), help="Play this plan.json instead.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where the reports go as JSON.")
@click.option("--keep", type=click.Path(file_okay=False, path_type=Path), help="Where failed runs are kept.")
def main(
    *,
    ids: tuple[str, ...],
    short: bool,
    seeds: tuple[int, ...],
    seconds: float,
    planned: Path | None,
    out: Path | None,
    keep: Path | None,
) -> None:
    """Faults on a real Kafka, by a plan that follows from the seed. Exit status 1 where a promise was broken."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    folder = keep or Path(tempfile.mkdtemp(prefix="nps-chaos-"))
    reports: list[Report] = []
    cases = ids or (SHORT if short else tuple(CASES))
    plans = [Plan.read(planned)] if planned else [CASES[case].plan(seed, seconds) for case in cases for seed in seeds]
    for plan in plans:
        reports.append(asyncio.run(conduct(CASES[plan.case], plan, folder / f"{plan.case}-{plan.seed}")))
        print(line(reports[-1]), flush=True)
    if len(reports) > 1:
        print(_sum(reports))
    if out:
        out.write_text(json.dumps(reports, indent=2) + "\n")
    if all(report["good"] for report in reports) and keep is None:
        folder.rmdir()
    sys.exit(0 if all(report["good"] for report in reports) else 1)


def _sum(reports: list[Report]) -> str:
    times = [step["recovery_s"] for report in reports for step in report["steps"] if "recovery_s" in step]
    good = sum(report["good"] for report in reports)
    recovered = f", recovery median {median(times):.1f} s, worst {max(times):.1f} s" if times else ""
    return f"{good} of {len(reports)} runs kept every promise{recovered}"


if __name__ == "__main__":
    main()
