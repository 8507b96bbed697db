"""Where a run plays: brokers, workers, load and what is seen of them, and the questions a step asks."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from aiokafka.errors import KafkaError

from chaos.brokers import Cluster, start_cluster
from chaos.deployment import RESPONSES, STATE, Deployment
from chaos.feed import Feed, feeding
from chaos.load import Load, Shape
from chaos.onlooker import Onlooker
from chaos.plan import Case, Plan
from chaos.reading import Reading, group_offsets, open_reading
from chaos.waiting import DEADLINE_S, until
from chaos.worker import ENDS_MAX, Seat
from streams.cluster.topics import create_topics
from streams.settings import Settings

PARTITIONS = 4
_SESSION_S = 3.0
_PROBE_S = 1.0


@dataclass(slots=True)
class Stage:
    """Everything that a run has. `fault` is whether a fault strikes at this moment."""

    case: Case
    plan: Plan
    folder: Path
    settings: Settings
    deployment: Deployment
    cluster: Cluster
    seats: list[Seat]
    feed: Feed
    reading: Reading
    fault: bool = False
    evidence: list[dict[str, Any]] = field(default_factory=list)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def ledger(self) -> Path:
        """What was sent."""
        return self.folder / "ledger.jsonl"

    @property
    def probes(self) -> Path:
        """What was seen once a second."""
        return self.folder / "probes.jsonl"

    async def look(self) -> int:
        """Read the markers anew, and give how many records are handled; what was known where Kafka does not answer."""
        if self.feed.task.done():
            self.feed.task.result()  # a feed that broke says why
        async with self._lock:
            with suppress(KafkaError, TimeoutError):
                await self.reading.refresh()
            return self.reading.included()

    async def until_included(self, count: int, within_s: float = DEADLINE_S) -> None:
        """Wait until so many records are handled."""

        async def enough() -> bool:
            return await self.look() >= count

        await until(f"{count} records are handled", enough, within_s=within_s)

    async def is_open(self, shards: set[int]) -> bool:
        """Whether a transaction is open in the state of these shards."""
        async with self._lock:
            return await self.reading.is_open(STATE, shards)

    async def until_shared(self) -> None:
        """Wait until the shards are spread over all who are at work, and all are ready."""

        async def shared() -> bool:
            workers = [seat.worker for seat in self.seats if seat.taken]
            held = [worker.shards() for worker in workers]
            alone = sum(map(len, held)) == len(set().union(*held)) == self.deployment.partitions
            return alone and all(held) and all([await worker.is_ready() for worker in workers])

        await until("the shards are shared out", shared)

    async def positions(self) -> dict[int, int]:
        """How far each shard has read the responses."""
        await self.look()
        found = self.reading.positions()
        numbers = range(self.deployment.partitions)
        return {shard: found.get(f"{RESPONSES}|{shard}", 0) for shard in numbers}

    async def until_taken_over(self, lost: set[int]) -> None:
        """Wait until others count in these shards."""
        before = await self.positions()

        async def taken_over() -> bool:
            now = await self.positions()
            return all(now[shard] > before[shard] for shard in lost)

        await until(f"others count in {sorted(lost)}", taken_over)

    async def probe(self) -> None:
        """Note once a second what the group, the markers and the processes say, until cancelled."""
        with self.probes.open("a") as file:
            while True:
                with suppress(KafkaError, TimeoutError, OSError):
                    async with asyncio.timeout(10):
                        file.write(json.dumps(await self._probe()) + "\n")
                        file.flush()
                await asyncio.sleep(_PROBE_S)

    async def _probe(self) -> dict[str, Any]:
        fault = self.fault
        offsets = await group_offsets(self.deployment)
        ends = await self.reading.ends()
        included = await self.look()
        return {
            "at_s": round(time.time(), 3),
            "fault": fault or self.fault,
            "included": included,
            "acked": self.feed.acked,
            "offsets": offsets,
            "ends": ends,
            "positions": self.reading.positions(),
            "processes": [{"seat": seat.name, **_used(seat.worker.pid)} for seat in self.seats if seat.taken],
        }


@asynccontextmanager
async def staged(case: Case, plan: Plan, folder: Path) -> AsyncIterator[Stage]:
    """Start brokers, workers and load; all of it ends with the context, and what lies in `folder` stays."""
    async with AsyncExitStack() as stack:
        cluster = await start_cluster(folder, size=plan.brokers, workers=plan.workers if case.proxied else 0)
        stack.push_async_callback(cluster.stop)
        name = f"chaos-{plan.case.lower()}-{plan.seed}"
        settings = Settings(
            brokers=cluster.bootstrap,
            app_id=name,
            topic_prefix=f"{name}.",
            partitions=PARTITIONS,
            metrics_port=0,
            session_timeout=_SESSION_S,
            **plan.settings,
        )
        deployment = Deployment(
            brokers=cluster.bootstrap, app_id=name, prefix=settings.topic_prefix, partitions=PARTITIONS
        )
        report = await create_topics(settings)
        assert report.good, report
        seats = [_seat(settings, cluster, number, folder, case, plan) for number in range(plan.workers)]
        stack.push_async_callback(_clear, seats)
        reading = await stack.enter_async_context(open_reading(deployment, (STATE,)))
        for seat in seats:
            seat.start()
        shape = Shape(**{"partitions": PARTITIONS, "per_second": plan.per_second, **plan.shape})
        load = Load(plan.seed, round(time.time() * 1000), shape)
        feed = await stack.enter_async_context(feeding(deployment, load, plan.records, folder / "ledger.jsonl"))
        stage = Stage(case, plan, folder, settings, deployment, cluster, seats, feed, reading)
        probing = asyncio.create_task(stage.probe())
        stack.callback(probing.cancel)
        if case.soaks:
            looking = asyncio.create_task(Onlooker(deployment, folder / "latency.jsonl").run())
            stack.callback(looking.cancel)
        yield stage


def _seat(settings: Settings, cluster: Cluster, number: int, folder: Path, case: Case, plan: Plan) -> Seat:
    own = Settings.from_env({**settings.as_env(), "NPS_BROKERS": cluster.via(number)}) if case.proxied else settings
    return Seat(f"worker-{number}", own, folder, ends_max=ENDS_MAX + 2 * len(plan.steps))


async def _clear(seats: list[Seat]) -> None:
    """End all workers, frozen or not."""
    for seat in seats:
        await seat.leave_alone()
        for worker in seat.workers:
            worker.kill()


def _used(pid: int) -> dict[str, int]:
    """Resident bytes and open files of a process."""
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        return {"pid": pid, "resident": process.memory_info().rss, "files": process.num_fds()}
    return {"pid": pid}
