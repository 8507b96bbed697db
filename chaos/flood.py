"""F19: a sender's bad release. The breaker holds the shard that is flooded, at the very record, and no other."""

import asyncio
from typing import Any

from chaos.deployment import DEAD_LETTERS, RESPONSES, SOURCES
from chaos.invariants.evidence import expected_of
from chaos.plan import Step
from chaos.reading import Reading, open_reading
from chaos.rules.breaker import first_trip
from chaos.stage import Stage
from chaos.waiting import until
from chaos.worker import nps

_GOES_ON = 200
Seen = dict[str, Any]


async def flood(stage: Stage, step: Step) -> Seen:
    """Wait until the breaker holds the shard; kill its worker; the next one holds it, too, until `nps resume`."""
    shard = step.how["shard"]

    async def held() -> bool:
        await stage.look()
        return shard in _held(stage.reading)

    await until(f"the breaker holds shard {shard}", held)
    at = await _check_place(stage, shard)
    await stage.until_shared()  # the strike before may still have its rebalance, and then nobody has the shard
    seat = next(seat for seat in stage.seats if shard in seat.worker.shards())
    victim = seat.worker
    victim.kill()
    await until(f"{seat.name} has another worker", lambda: seat.taken and seat.worker.pid != victim.pid)
    await stage.until_shared()
    await stage.until_included(await stage.look() + _GOES_ON)
    position = (await stage.positions())[shard]
    if _held(stage.reading) != {shard} or position != at:
        raise AssertionError(f"held are {_held(stage.reading)}, and {shard} went on from {at} to {position}")
    await asyncio.to_thread(nps, stage.settings, "resume", "--shard", str(shard))

    async def lifted() -> bool:
        await stage.look()
        return not _held(stage.reading)

    await until("the breaker is lifted", lifted)
    return {"held": shard, "at": at, "killed": victim.pid}


def _held(reading: Reading) -> set[int]:
    """The shards that a breaker holds, by their markers."""
    return {shard for shard, marker in reading.markers().items() if marker["breaker"].get("tripped")}


async def _check_place(stage: Stage, shard: int) -> int:
    """Hold every shard's position against the records: one is held behind the record that the rules name, no other."""
    positions = await stage.positions()
    async with open_reading(stage.deployment, (*SOURCES, DEAD_LETTERS)) as reading:
        await reading.refresh()
    dead = expected_of(reading).dead
    for number, position in positions.items():
        records = [record for record in reading.records(RESPONSES) if record.partition == number]
        place = first_trip((number, record.offset) in dead for record in records)
        fires = position if place is None else records[place].offset
        if number != shard and fires < position:
            raise AssertionError(f"shard {number} went past {fires}, where its breaker must fire")
        if number == shard and [each.offset for each in records if fires <= each.offset < position] != [fires]:
            raise AssertionError(f"shard {shard} is held at {position}, its breaker must fire at {fires}")
    return positions[shard]
