"""Plays one plan: start, steady, faults, heal, drain, stop, verify. What fails is kept, with all that led to it."""

import asyncio
import json
import shutil
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aiokafka.errors import KafkaError

from chaos.actions import ACTIONS, PROGRESS_MIN
from chaos.finales import NotRefused
from chaos.invariants.alerts import clocks
from chaos.invariants.evidence import Evidence, expected_of
from chaos.invariants.scores import totals, windows
from chaos.oracle import Files, judge_deployment
from chaos.plan import Case, Plan, Step, Vacuous
from chaos.reading import Reading, open_reading
from chaos.replay import replay
from chaos.stage import Stage, staged
from chaos.waiting import Stuck, until

Report = dict[str, Any]
_STEADY_RECORDS = 300
_DRAIN_S = 240.0
_DUMP_S = 60.0


async def conduct(case: Case, plan: Plan, folder: Path, *, keep: bool = False) -> Report:
    """Play a plan of a case; gives its report. What it wrote is in `folder`: to `keep`, or where that is not good."""
    await asyncio.to_thread(folder.mkdir, parents=True)
    plan.write(folder / "plan.json")
    began_s = time.monotonic()
    report: Report = {
        "case": case.id,
        "title": case.title,
        "seed": plan.seed,
        "good": False,
        "error": None,
        "steps": [],
    }
    try:
        async with staged(case, plan, folder) as stage:
            report["steps"] = stage.evidence
            report |= await _play_or_dump(stage)
    except (Exception, asyncio.CancelledError) as error:
        report["error"] = f"{type(error).__name__}: {error}"
        if isinstance(error, asyncio.CancelledError):
            raise
    finally:
        report["seconds"] = round(time.monotonic() - began_s, 1)
        _keep(report, folder, whole=keep)
    return report


def line(report: Report) -> str:
    """A report in one line."""
    times = [step["recovery_s"] for step in report["steps"] if step.get("recovery_s") is not None]
    verdict = report.get("verdict", {})
    said = [f"{verdict.get(name, '?')} {name}" for name in ("records", "alerts", "lost", "double", "duplicates")]
    recovered = f"recovered in {max(times):.1f} s at most" if times else "nothing to recover from"
    outcome = "kept" if report["good"] else f"BROKEN, see {report['folder']}: {_why(report)}"
    return f"{report['case']} seed {report['seed']}: {', '.join(said)}, {recovered}; {outcome}"


def _why(report: Report) -> str:
    if report["error"]:
        return str(report["error"])
    broken = {name: held["first"] for name, held in report["verdict"]["invariants"].items() if not held["held"]}
    return json.dumps(broken)


def _keep(report: Report, folder: Path, *, whole: bool) -> None:
    """Keep what a failed run wrote, but the brokers' data: the topics are dumped; remove what a good one wrote."""
    report["folder"] = str(folder)
    (folder / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    for data in folder.glob("kafka-?"):
        shutil.rmtree(data, ignore_errors=True)
    if report["good"] and not whole:
        shutil.rmtree(folder)


async def _play_or_dump(stage: Stage) -> Report:
    """Keep what is in the topics where a run got stuck, or where a promise was broken."""
    try:
        report = await _play(stage)
    except Exception:
        await _dump(stage)
        raise
    if not report["good"]:
        await _dump(stage)
    return report


async def _play(stage: Stage) -> Report:
    await stage.until_shared()
    await stage.until_included(min(_STEADY_RECORDS, stage.plan.records // 10))
    for step in stage.plan.steps:
        await stage.until_included(step.at)
        stage.evidence.append(await _strike_or_note(stage, step))
    await stage.feed.finish(_DRAIN_S + stage.plan.records / stage.plan.per_second)
    async with open_reading(stage.deployment) as reading:
        await _drain(reading)
        await stage.until_shared()
        await _note_metrics(stage)
        statuses = [await seat.stop() for seat in stage.seats if seat.taken]
        files = Files(stage.ledger, stage.probes, stage.folder)
        verdict = await judge_deployment(stage.deployment, files)
    failures = sum(seat.failures for seat in stage.seats)
    report = {"verdict": verdict, "statuses": statuses, "failures": failures}
    if any(statuses):
        return {**report, "error": f"workers that were asked to leave ended with {statuses}"}
    if verdict["held"] and stage.case.replays:
        report["replayed"] = await replay(stage)
    if verdict["held"] and stage.case.finale:
        try:
            await stage.case.finale(stage)
        except NotRefused as error:
            return {**report, "error": f"not refused: {error}"}
    return {**report, "good": verdict["held"]}


async def _strike_or_note(stage: Stage, step: Step) -> dict[str, Any]:
    """Carry out a step; in a soak one that met with nothing is noted, and the next one comes."""
    try:
        return await _strike(stage, step)
    except Vacuous as nothing:
        if not stage.case.soaks:
            raise
        stage.fault = False
        return {**asdict(step), "vacuous": str(nothing)}


async def _strike(stage: Stage, step: Step) -> dict[str, Any]:
    """Carry out a step, and see what it did: work was left when it struck, and work was done after it."""
    before = await stage.look()
    handed = stage.feed.handed
    at_s, began_s = round(time.time(), 3), time.monotonic()
    stage.fault = True
    seen = await ACTIONS[step.action](stage, step)
    stage.fault = False
    healed_s = time.monotonic()
    acked = stage.feed.acked
    await stage.until_included(max(acked, before + PROGRESS_MIN))
    if handed <= before and stage.feed.handed <= handed:
        raise Vacuous(f"{step.action} struck when everything was done")
    return {
        **asdict(step),
        "at_s": at_s,
        "seen": seen,
        "handled before": before,
        "left when it struck": handed - before,
        "sent meanwhile": acked - handed,
        "handled after": await stage.look(),
        "fault_s": round(healed_s - began_s, 2),
        "recovery_s": round(time.monotonic() - healed_s, 2),
    }


async def _drain(reading: Reading) -> None:
    """Wait until all is handled, the scores say so, and no clock is overdue."""

    async def handled() -> bool:
        try:
            return await reading.handled()
        except KafkaError:
            return False

    await until("everything is handled", handled, within_s=_DRAIN_S)
    expected = expected_of(reading)

    async def settled() -> bool:
        await reading.refresh()
        evidence = Evidence(reading=reading, expected=expected, offsets={})
        return not any((*totals(evidence), *windows(evidence), *clocks(evidence)))

    try:
        await until("scores and clocks are settled", settled, within_s=120.0)
    except Stuck:
        return  # the oracle will say what is wrong with them


async def _note_metrics(stage: Stage) -> None:
    """What the workers' metrics say goes to the logs, where the oracle looks for what must not be there."""
    for seat in stage.seats:
        if seat.taken:
            _, text = await seat.worker.get("/metrics")
            (stage.folder / f"{seat.name}-metrics.log").write_text(text)


async def _dump(stage: Stage) -> None:
    """Write down what is in all topics, as far as Kafka answers."""
    with suppress(KafkaError, TimeoutError, OSError):
        async with asyncio.timeout(_DUMP_S), open_reading(stage.deployment) as reading:
            await reading.refresh()
            await asyncio.to_thread(_write, reading, stage.folder / "topics.jsonl")


def _write(reading: Reading, path: Path) -> None:
    """Write every committed record of every topic, one line each."""
    with path.open("w") as file:
        for topic, records in reading.everything().items():
            for record in records:
                document = {
                    "topic": topic,
                    "partition": record.partition,
                    "offset": record.offset,
                    "timestamp": record.timestamp,
                    "key": repr(record.key),
                    "value": repr(record.value),
                    "headers": repr(record.headers),
                }
                file.write(json.dumps(document) + "\n")
