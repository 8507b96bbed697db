"""`python -m bench`: run the measurements, print the table, write the JSON."""

import asyncio
import logging
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from uuid import uuid4

import click
from rich.console import Console

from bench.bed import QUICK, Bed, Sizes, bed, fill, remove, renew
from bench.catchup import catch_up, profile_words
from bench.desk import measure_desk
from bench.figures import Runs, figures, spread
from bench.latency import measure_latency
from bench.machine import calibrate, cores, facts
from bench.memory import measure_memory
from bench.report import default_path, document, show
from bench.responses import responses, shops
from bench.restore import prepare, restore
from bench.stock import run_stock
from streams.topology import RESPONSES

PARTS = ("faust", "catchup", "restore", "latency", "memory", "desk")
_SEED = 1
_WIDTH = 120


@click.command(context_settings={"show_default": True})
@click.option("--only", type=click.Choice(PARTS), multiple=True, help="Measure this alone; may be repeated.")
@click.option("--pairs", type=click.IntRange(1, 50), default=3, help="How often each is measured, in turns.")
@click.option("--quick", is_flag=True, help="Tiny sizes: shows that it works, and nothing else.")
@click.option("--partitions", type=click.IntRange(1, 64), default=8, help="Shards of the one worker.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The JSON; by default in bench/results.")
@click.option("--brokers", help="A Kafka that is there; by default one is started, on a core of its own.")
@click.option("--profile", is_flag=True, help="Catch up twice under a profiler, and write where the time went.")
def main(
    *,
    only: tuple[str, ...],
    pairs: int,
    quick: bool,
    partitions: int,
    out: Path | None,
    brokers: str | None,
    profile: bool,
) -> None:
    """Measure this machine: the worker against stock Faust, catching up, restore, alert latency, memory, open cases.

    Broker and worker have a core each. `faust` and `catchup` run in turns on the same topic, and `faust` needs the
    runs of `catchup` to compare with: it brings them along. Times of the wall say little while the machine is busy;
    CPU seconds and ratios hold better.
    """
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    parts = set(only or PARTS)
    if "faust" in parts:
        parts.add("catchup")
    out = out or default_path()
    machine = facts() | {"pinned": brokers is None and cores()[1] is not None}
    runs = Runs([], [], [], [], [], [])
    calibrations: list[float] = []
    with bed(QUICK if quick else Sizes(), partitions, brokers) as here:
        session = Session(here, console, pairs, calibrations)
        if profile:
            session.profile(out)
            return
        session.measure(parts, runs)
    machine |= {"load_average_after": [round(load, 2) for load in os.getloadavg()], "calibration_us": calibrations}
    found = figures(runs)
    show(found, machine, console, judge=not quick)
    if calibrations:
        console.print(
            f"A fixed piece of work took {min(calibrations):.2f} to {max(calibrations):.2f} us between the runs "
            f"(spread {spread(calibrations):.0%}): differences below that say nothing."
        )
    options = {"only": sorted(parts), "pairs": pairs, "quick": quick, "partitions": partitions}
    options |= asdict(here.sizes)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(document(found, machine, options, asdict(runs)))
    console.print(f"Written: {out}")


class Session:
    """One run of the benchmark on a test bed."""

    def __init__(self, here: Bed, console: Console, pairs: int, calibrations: list[float]) -> None:
        self._bed = here
        self._console = console
        self._pairs = pairs
        self._calibrations = calibrations
        self._prefix = f"bench-{uuid4().hex[:6]}."

    def measure(self, parts: set[str], runs: Runs) -> None:
        """Measure some parts; what was measured is added to the runs."""
        bench, prefix = self._bed, self._prefix
        try:
            if "memory" in parts:
                self._say("memory")
                runs.memory.append(asyncio.run(measure_memory(bench.sizes.memory_votes)))
            if "desk" in parts:
                self._say("open cases")
                runs.desk.append(asyncio.run(measure_desk(bench.sizes.cases)))
            if "catchup" in parts:
                self._fill()
                for _ in range(self._pairs):
                    self._say("catching up")
                    runs.caught_up.append(asyncio.run(catch_up(bench, prefix)))
                    if "faust" in parts:
                        self._say("stock Faust")
                        runs.stock.append(asyncio.run(run_stock(bench, prefix)))
            if "restore" in parts:
                self._say("writing a changelog")
                prepared = asyncio.run(prepare(bench, prefix, bench.cluster_id))
                for _ in range(self._pairs):
                    self._say("restoring")
                    runs.restored.append(asyncio.run(restore(bench, prepared)))
            if "latency" in parts:
                self._say("latency")
                runs.latency.extend(asyncio.run(measure_latency(bench, prefix, self._pairs)))
        finally:
            asyncio.run(remove(bench.deployment(prefix)))

    def profile(self, out: Path) -> None:
        """Catch up once per kind of profile; the profiles lie beside where the results would."""
        self._fill()
        for kind in ("samples", "calls"):
            path = out.absolute().with_suffix(f".{kind}.txt")
            self._say(f"catching up, {kind}")
            run = asyncio.run(catch_up(self._bed, self._prefix, words=profile_words(kind, path), wait_for_scores=False))
            self._console.print(
                f"{path}: {run.cpu_s / run.responses * 1e6:.1f} us of CPU per response under the profiler; "
                f"main thread {run.main_cpu_s:.1f} s, others {run.others_cpu_s:.1f} s, start-up included"
            )
        asyncio.run(remove(self._bed.deployment(self._prefix)))

    def _fill(self) -> None:
        bench = self._bed
        self._say(f"writing {bench.sizes.responses:,} responses")
        settings = bench.deployment(self._prefix)
        asyncio.run(renew(settings))
        records = responses(bench.sizes.responses, shops(bench.sizes.stores, bench.partitions), time.time(), _SEED)
        asyncio.run(fill(bench.brokers, settings.topic(RESPONSES.name), records))

    def _say(self, what: str) -> None:
        self._calibrations.append(calibrate(self._bed.core))
        self._console.print(f"... {what}", style="dim")


if __name__ == "__main__":
    main()
