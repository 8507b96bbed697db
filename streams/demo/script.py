"""The course of a run once Kafka is there: the past year, the live traffic, and, where it is to end, the sums."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from streams.demo.deeds import Deed, Deeds
from streams.demo.desk import Desk
from streams.demo.desk_sums import desk_adds_up, desk_is_quiet
from streams.demo.intro import Place, introduce
from streams.demo.ledger import Ledger
from streams.demo.observed import Observed, percentile
from streams.demo.part import Part
from streams.demo.plan import Options, Plan
from streams.demo.publishing import publish, work
from streams.demo.records import Record
from streams.demo.screen import Figures, Screen
from streams.demo.sender import Sender
from streams.demo.summary import summarise, verdict
from streams.demo.sums import add_up, worked_off
from streams.demo.watch import count_records
from streams.demo.world import World, history, live
from streams.topology import ACTIONS, RESPONSES

_LOOK_S = 0.1
_FIGURES_S = 0.5
_PATIENCE_S = 60.0
"""Longer than anything that heals by itself: a dead worker's session, its restart, a transaction left open."""
_RECENT = 1000


class Stuck(Exception):
    """Nothing moves any more; the text says what was waited for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the course of a run needs."""

    plan: Plan
    options: Options
    home: Path
    screen: Screen
    parts: list[Part]
    ledger: Ledger
    deeds: Deeds
    desk: Desk
    observed: Observed


class Senders(NamedTuple):
    """To the topics that are written from outside."""

    responses: Sender[Record]
    actions: Sender[Deed]


async def play(stage: Stage, send: Senders) -> bool:
    """Play it to its end, if it has one. True where all sums are equal. Raises Stuck where the workers stop working."""
    settings = stage.plan.settings
    world = World.make(seed=stage.options.seed, start_ms=round(time.time() * 1000), partitions=settings.partitions)
    rows = await publish(settings, world.shops)
    await _play_history(stage, send.responses, world)
    await _until(stage, lambda: len(stage.observed.adopted) >= rows, "the shards to adopt rules and store facts")
    stage.screen.clear()
    _introduce(stage, world)
    figures = asyncio.create_task(_show_figures(stage))
    try:
        await _play_live(stage, send, replace(world, start_ms=round(time.time() * 1000)))
        await send.responses.flush()
        await send.actions.flush()
        await _until(stage, lambda: _worked_off(stage), "the rest to be worked off")
    except Stuck as stuck:
        stage.screen.say(f"{stuck} The sums below say what is missing.", style="red")
    finally:
        figures.cancel()
    return await _sum_up(stage)


async def _play_history(stage: Stage, send: Sender[Record], world: World) -> None:
    """Send the past year, and wait until they are counted."""
    screen, observed, ledger = stage.screen, stage.observed, stage.ledger
    screen.status("Sending the answers of the past year ...")
    await send.send_all(history(world))
    sent = ledger.acked.total()

    def counted() -> bool:
        screen.status(f"The workers count the answers of the past year: {observed.taken():,} of {sent:,} ...")
        return observed.taken() >= sent

    since_s = time.monotonic()
    await _until(stage, counted, "the workers to count the past year")
    screen.say(f"{sent:,} answers of the past year counted, {time.monotonic() - since_s:.1f} s after they were sent.")
    screen.status("The scores follow ...")
    await _until(stage, lambda: sum(observed.answers.values()) == ledger.present(), "the scores of the past year")


async def _play_live(stage: Stage, send: Senders, world: World) -> None:
    """Send what happens now, for as long as was asked for."""
    try:
        async with asyncio.timeout(stage.options.for_s), asyncio.TaskGroup() as tasks:
            tasks.create_task(send.responses.send_live(live(world, rate=stage.options.rate)))
            tasks.create_task(work(stage.desk, send.actions))
    except TimeoutError:
        stage.screen.status("Waiting until all is worked off ...")


async def _until(stage: Stage, done: Callable[[], bool], what: str) -> None:
    """Wait for `done`, as long as things move at all. Raises Stuck."""
    seen: tuple[int, ...] = ()
    moved_s = time.monotonic()
    while not done():
        observed = stage.observed
        said = sum(observed.alert_ids.values()) + observed.audits.total() + len(observed.adopted)
        dead = observed.dead.total() + observed.refused.total()
        taken = observed.taken() + observed.taken(observed.actions)
        now = (taken, dead, said, sum(observed.answers.values()))
        if now != seen:
            seen, moved_s = now, time.monotonic()
        elif time.monotonic() - moved_s > _PATIENCE_S:
            raise Stuck(f"Waited {_PATIENCE_S:g} s for {what}, and nothing moved.")
        await asyncio.sleep(_LOOK_S)


def _worked_off(stage: Stage) -> bool:
    """Whether nothing more is to be waited for."""
    quiet = desk_is_quiet(stage.deeds, stage.observed, round(time.time() * 1000))
    return quiet and worked_off(stage.ledger, stage.observed)


def _introduce(stage: Stage, world: World) -> None:
    plan = stage.plan
    places = [
        Place(name=part.name, pid=part.pid, url=f"http://{settings.host}:{settings.metrics_port}/metrics")
        for part, settings in zip(stage.parts, plan.workers, strict=False)
    ]
    page = introduce(
        plan.settings,
        board=plan.board_url,
        workers=places,
        home=stage.home,
        now=datetime.now().astimezone(),
        kiosk=world.burst_at.name,
    )
    stage.screen.show_page(page)
    if stage.options.for_s is None:
        stage.screen.say("Ctrl-C ends it all.", style="dim")


async def _show_figures(stage: Stage) -> None:
    while True:
        stage.observed.settle_latencies(stage.ledger.lives.alerts)
        stage.screen.figures(figures_of(stage))
        await asyncio.sleep(_FIGURES_S)


def figures_of(stage: Stage) -> Figures:
    """The figures of this moment; latencies of the latest alerts."""
    recent = list(stage.observed.latencies_ms)[-_RECENT:]
    return Figures(
        sent=stage.ledger.acked.total(),
        dispositions=stage.observed.dispositions(),
        alerts=stage.observed.said["raised"],
        p50_ms=percentile(recent, 0.5),
        p99_ms=percentile(recent, 0.99),
    )


async def _sum_up(stage: Stage) -> bool:
    """Read back, compare, and say so."""
    screen, ledger, observed = stage.screen, stage.ledger, stage.observed
    screen.status("Reading survey.responses and followup.actions back ...")
    now_ms = round(time.time() * 1000)
    responses, actions = [await count_records(stage.plan.settings, topic) for topic in (RESPONSES, ACTIONS)]
    observed.settle_latencies(ledger.lives.alerts)
    sums = [*add_up(ledger, observed, responses), *desk_adds_up(stage.deeds, observed, actions, now_ms)]
    screen.clear()
    screen.say("")
    screen.show(summarise(ledger, stage.deeds, observed))
    screen.say("")
    if not (ledger.sure and stage.deeds.sure):
        screen.say("Kafka did not answer to some records: what was sent is not known for sure, and not compared.")
    screen.show(verdict(sums))
    return all(each.good for each in sums)
