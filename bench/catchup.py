"""Catching up: the worker, with all its duties, on a topic that is already full."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiokafka import TopicPartition

from bench.bed import Bed, markers, renew
from bench.process import Process
from streams.cluster.connection import reader
from streams.engine import marker
from streams.settings import Settings
from streams.topology import RESPONSES, STATE

_POLL_S = 0.1
_WITHIN_S = 300.0
_QUIET_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUp:
    """One run, from the first shard's opening to the commit of the last response. Start-up is not in it."""

    responses: int
    wall_s: float
    idle_s: float
    """How long its core had nothing to do meanwhile; what remains beside CPU and this, others took."""
    cpu_s: float
    scores_cpu_s: float
    """CPU of what was held back until then: the scores of all stores that changed."""
    main_cpu_s: float
    """Of the main thread alone, start-up included."""
    others_cpu_s: float
    resident: int
    rows: int
    rows_replaced: int


async def catch_up(
    bed: Bed, prefix: str, *, words: tuple[str, ...] = ("streams", "worker"), wait_for_scores: bool = True
) -> CatchUp:
    """Let a new deployment work off `survey.responses` under a prefix; only that topic is kept."""
    settings = bed.deployment(prefix)
    await renew(settings, keep=(RESPONSES.name,))
    total = bed.sizes.responses
    async with markers(settings) as seen:
        with bed.worker(settings, words) as worker:
            async with asyncio.timeout(_WITHIN_S):
                while seen.handled() < total:
                    await asyncio.sleep(_POLL_S)
                    worker.check()
                    await seen.look()
            last_s = max(at_ms for at_ms, _ in seen.seen.values()) / 1000
            first_s = await seen.first()
            first, last = worker.at(first_s), worker.at(last_s)
            main_s, others_s = worker.threads()
            quiet = await _quiet(worker) if wait_for_scores else last
    rows, replaced = await changelog(settings)
    return CatchUp(
        responses=seen.handled(),
        wall_s=last_s - first_s,
        idle_s=last.idle_s - first.idle_s,
        cpu_s=last.cpu_s - first.cpu_s,
        scores_cpu_s=quiet.cpu_s - last.cpu_s,
        main_cpu_s=main_s,
        others_cpu_s=others_s,
        resident=last.resident,
        rows=rows,
        rows_replaced=replaced,
    )


async def _quiet(worker: Process) -> Any:
    return await asyncio.to_thread(worker.until_quiet, _QUIET_WITHIN_S)


async def changelog(settings: Settings) -> tuple[int, int]:
    """The rows in the changelog, markers left out, and how many of them a later row of the same key replaces."""
    rows = 0
    keys: set[bytes] = set()
    async with reader(settings, "read_committed") as consumer:
        tps = [TopicPartition(settings.topic(STATE.name), shard) for shard in range(settings.partitions)]
        consumer.assign(tps)
        ends = await consumer.end_offsets(tps)
        await consumer.seek_to_beginning(*tps)
        open_tps = {tp for tp in tps if ends[tp] > 0}
        while open_tps:
            for records in (await consumer.getmany(timeout_ms=500, max_records=20_000)).values():
                pages = [record.key for record in records if record.key != marker.KEY]
                rows += len(pages)
                keys.update(pages)
            for tp in list(open_tps):
                if await consumer.position(tp) >= ends[tp]:
                    open_tps.discard(tp)
                    consumer.pause(tp)
    return rows, rows - len(keys)


def profile_words(kind: str, out: Path) -> tuple[str, ...]:
    """How to start a worker that writes its profile at its end; `kind` is `calls` or `samples`."""
    return ("bench.profiled_worker", kind, str(out))
