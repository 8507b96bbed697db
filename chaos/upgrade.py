"""A rolling upgrade: one of two workers is of a later release for a while, then both are."""

import asyncio
import signal
from typing import Any

from aiokafka import AIOKafkaProducer

from chaos.deployment import STATE
from chaos.later import LATER, later_release
from chaos.plan import Step
from chaos.stage import PARTITIONS, Stage
from chaos.waiting import until
from chaos.worker import Seat, nps

_GOES_ON = 200
Seen = dict[str, Any]


async def upgrade(stage: Stage, step: Step) -> Seen:
    """Replace one worker, let the older one meet with rows of the later release, replace that one as well.

    It refuses them and ends, again and again; the later release goes on meanwhile. Once both are there, the topic that
    the older one did not know is read.
    """
    later = await asyncio.to_thread(later_release, stage.folder / "later")
    await asyncio.to_thread(nps, stage.settings, "topics", "create", code=later)
    new, old = stage.seats[step.target], stage.seats[1 - step.target]
    known = _versions(stage)
    new.worker.signal(signal.SIGTERM)
    if (status := await new.worker.ended()) != 0:
        raise AssertionError(f"{new.worker.log.name} was asked to leave and ended with {status}")
    new.code = later
    new.start()
    await stage.until_shared()
    await _until_newer(stage, known)
    await stage.until_included(await stage.look() + _GOES_ON)
    if old.worker.status is not None:
        raise AssertionError(f"the older worker ended with {old.worker.status} beside a newer one")
    refused = await _meet(stage, new, old)
    await _replace(stage, old, new)
    await _until_read(stage)
    return {"versions": sorted(known), "then": sorted(_versions(stage)), "refused": refused}


def _versions(stage: Stage) -> set[int]:
    """The row versions of the pages that were read."""
    rows = stage.reading.records(STATE)
    return {row.value[0] for row in rows if row.key.startswith(b"p|") and row.value is not None}


async def _until_newer(stage: Stage, known: set[int]) -> None:
    async def newer() -> bool:
        await stage.look()
        return max(_versions(stage)) > max(known)

    await until("pages of the later release are there", newer)


async def _meet(stage: Stage, new: Seat, old: Seat) -> list[str]:
    """The newer worker is killed, and the older one has to take its shards: gives what that said of it."""
    new.supervised = False
    older = old.worker
    new.worker.kill()
    status = await older.ended()
    refused = [line["kind"] for line in older.said("Refused to open a shard")]
    if status != 1 or refused != ["newer_row"]:
        raise AssertionError(f"the older worker ended with {status}, refused as {refused}")
    new.supervised = True
    await until("the newer worker is back", lambda: new.taken)
    await stage.until_included(await stage.look() + _GOES_ON)
    return refused


async def _replace(stage: Stage, old: Seat, new: Seat) -> None:
    """The older worker, at work or on its way to refuse once more, is replaced as well."""
    old.supervised = False
    old.worker.kill()
    old.code = new.code
    old.start()
    old.supervised = True
    await stage.until_shared()


async def _until_read(stage: Stage) -> None:
    """Both know the topic now: what is in it is read, once."""
    name = stage.deployment.topic(LATER)
    producer = AIOKafkaProducer(bootstrap_servers=stage.deployment.brokers)
    await producer.start()
    try:
        for shard in range(PARTITIONS):
            await producer.send_and_wait(name, b"later", key=b"k", partition=shard)
    finally:
        await producer.stop()

    async def read() -> bool:
        await stage.look()
        counted: list[int] = [
            marker["sources"][name]["totals"]["counted"] for marker in stage.reading.markers().values()
        ]
        if max(counted) > 1:
            raise AssertionError(f"one record was counted {max(counted)} times")
        return sum(counted) == PARTITIONS

    await until(f"{name} is read", read)
