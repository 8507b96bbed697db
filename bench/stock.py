"""Stock Faust on the topic that our worker caught up with."""

import asyncio
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError

from bench.bed import Bed
from bench.process import Process, Sample
from streams.cluster.connection import admin_client
from streams.settings import Settings
from streams.topology import RESPONSES

_POLL_S = 0.05
_WITHIN_S = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRun:
    """One run, between two commits of offsets: the first one that is seen, and the one that has enough."""

    responses: int
    wall_s: float
    cpu_s: float


async def run_stock(bed: Bed, prefix: str) -> StockRun:
    """Let a new stock application read `survey.responses` under a prefix, until it has done enough."""
    settings = bed.deployment(prefix)
    alerts = f"{prefix}stock.alerts.{settings.app_id}"
    env = {
        "STOCK_BROKERS": settings.brokers,
        "STOCK_APP_ID": f"stock-{settings.app_id}",
        "STOCK_RESPONSES": settings.topic(RESPONSES.name),
        "STOCK_ALERTS": alerts,
        "STOCK_PARTITIONS": str(settings.partitions),
        "STOCK_DATA": str(bed.folder / "stock"),
    }
    async with admin_client(settings) as admin:
        await admin.create_topics([NewTopic(alerts, settings.partitions, 1)])
        words = ["bench.stock_faust", "worker", "-l", "error"]
        with Process(words, env, bed.folder / f"stock-{settings.app_id}.log", bed.core) as process:
            run = await _between_commits(admin, env["STOCK_APP_ID"], settings, process, bed.sizes.stock_responses)
        await admin.delete_topics([alerts, f"{env['STOCK_APP_ID']}-stores-changelog"])
    return run


async def _between_commits(admin: Any, group: str, settings: Settings, process: Process, enough: int) -> StockRun:
    first: tuple[int, Sample] | None = None
    seen = 0
    topic = settings.topic(RESPONSES.name)
    async with asyncio.timeout(_WITHIN_S):
        while True:
            await asyncio.sleep(_POLL_S)
            now = process.now()
            done = await _committed(admin, group, topic)
            if done == seen:
                continue
            seen = done
            if first is None:
                first = done, now
            elif done - first[0] >= enough:
                begun = first[1]
                return StockRun(responses=done - first[0], wall_s=now.at_s - begun.at_s, cpu_s=now.cpu_s - begun.cpu_s)


async def _committed(admin: Any, group: str, topic: str) -> int:
    try:
        offsets = await admin.list_consumer_group_offsets(group)
    except (GroupCoordinatorNotAvailableError, NotCoordinatorForGroupError):
        return 0
    return sum(committed.offset for tp, committed in offsets.items() if tp.topic == topic and committed.offset > 0)
