"""Restore: a new worker opens shards whose changelog is full of pages; what it read stays packed."""

import asyncio
import random
import time
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import orjson

from bench.bed import Bed, fill, renew
from bench.catchup import changelog
from bench.process import Process
from bench.responses import Keyed, shops
from streams.domain.page import Page
from streams.domain.score import SCORE_MAX
from streams.domain.vote import new_vote
from streams.engine import marker
from streams.engine.marker import Marker, Source
from streams.settings import Settings
from streams.topology import AGENTS, STATE

VOTES_PER_ROW = 10
_DAY_S = 86_400
_HOUR_S = 3_600
_POLL_S = 0.1
_WITHIN_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreRun:
    """One restore, from the assignment of the shards until the last one was open."""

    rows: int
    wall_s: float
    idle_s: float
    """How long its core had nothing to do meanwhile."""
    cpu_s: float
    resident: int
    """What the process grew by."""
    rows_in_log: int
    rows_replaced: int


async def prepare(bed: Bed, prefix: str, cluster_id: str) -> Settings:
    """Write a changelog with a marker at its end, as a worker that stopped would leave it."""
    settings = bed.deployment(prefix)
    await renew(settings)
    now_s = time.time()
    counts = [0] * bed.partitions

    def rows() -> Iterator[Keyed]:
        for row in _pages(bed.sizes.rows, bed.sizes.stores, bed.partitions, int(now_s) // _DAY_S):
            counts[row.partition] += 1
            yield row
        for shard, count in enumerate(counts):
            yield Keyed(shard, marker.KEY, _marker(settings, cluster_id, count, now_s).encode())

    await fill(bed.brokers, settings.topic(STATE.name), rows())
    return settings


async def restore(bed: Bed, settings: Settings) -> RestoreRun:
    """Start a worker on a prepared changelog, and stop it when it is ready."""
    with bed.worker(settings) as worker:
        begin_s, end_s, rows = await _opened(worker, settings.partitions)
        await asyncio.sleep(1.0)
        resident = worker.now().resident
    first, last = worker.at(begin_s), worker.at(end_s)
    worker.log.unlink()
    in_log, replaced = await changelog(settings)
    return RestoreRun(
        rows=rows,
        wall_s=end_s - begin_s,
        idle_s=last.idle_s - first.idle_s,
        cpu_s=last.cpu_s - first.cpu_s,
        resident=resident - first.resident,
        rows_in_log=in_log,
        rows_replaced=replaced,
    )


async def _opened(worker: Process, shards: int) -> tuple[float, float, int]:
    """Wait until all shards are open: when the first began (s since the epoch), when the last was open, their rows."""
    async with asyncio.timeout(_WITHIN_S):
        while True:
            await asyncio.sleep(_POLL_S)
            worker.check()
            lines = [orjson.loads(line) for line in worker.log.read_text().splitlines() if '"Shard open"' in line]
            if len(lines) == shards:
                ends = [datetime.fromisoformat(line["ts"]).timestamp() for line in lines]
                begin_s = min(end - line["s"] for end, line in zip(ends, lines, strict=True))
                return begin_s, max(ends), sum(line["rows"] for line in lines)


def _pages(rows: int, stores: int, partitions: int, today: int) -> Iterator[Keyed]:
    """Rows of 10 votes each: every store has as many days, the last of them today."""
    rng = random.Random(1)
    among = shops(stores, partitions)
    for number in range(rows):
        age, place = divmod(number, stores)
        shop = among[place]
        identities = array("Q", rng.randbytes(8 * VOTES_PER_ROW))
        page = Page(b"")
        for at, identity in enumerate(identities):
            page.append(identity, new_vote(identity % (SCORE_MAX + 1), identity % 1440, number * VOTES_PER_ROW + at))
        yield Keyed(shop.partition, b"p|%b|%d|0" % (shop.key, today - age), page.pack())


def _marker(settings: Settings, cluster_id: str, rows: int, now_s: float) -> Marker:
    """A marker that leaves nothing to do: every score is published, the hour has ticked."""
    return Marker(
        settings.app_id,
        cluster_id,
        settings.partitions,
        {settings.topic(agent.reads.name): Source(0) for agent in AGENTS},
        state={"scores_since": rows + 1, "ticked_hour": int(now_s) // _HOUR_S, "log_day": int(now_s) // _DAY_S},
    )
