"""A deployment of each test's own on the shared broker, and workers that end with the test."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from streams.cluster.topics import create_topics
from streams.settings import Settings
from tests.conftest import Kafka
from tests.kafka.log import Log, open_log
from tests.kafka.worker import Worker

Start = Callable[..., Worker]
PARTITIONS = 4


@pytest.fixture
def settings(kafka: Kafka, unique: str) -> Settings:
    """Settings of a deployment that does not exist yet; a dead worker is missed after three seconds."""
    return deployment_of(unique, kafka.bootstrap)


def deployment_of(name: str, brokers: str) -> Settings:
    """Settings of a deployment with short sessions, wherever its broker is."""
    return Settings(
        brokers=brokers,
        app_id=name,
        topic_prefix=f"{name}.",
        partitions=PARTITIONS,
        metrics_port=0,
        session_timeout=3.0,
    )


@pytest.fixture
async def log(settings: Settings) -> AsyncIterator[Log]:
    """The topics of the deployment, made and connected."""
    await create_topics(settings)
    async with open_log(settings) as log:
        yield log


@pytest.fixture
def start(settings: Settings, tmp_path: Path) -> Iterator[Start]:
    """Start a worker of the deployment; `changes` are settings of its own. It ends with the test."""
    started: list[Worker] = []

    def start_one(of: Settings | None = None, /, **changes: Any) -> Worker:
        worker = Worker(replace(of or settings, **changes), tmp_path / f"worker-{len(started)}.log")
        started.append(worker)
        return worker

    yield start_one
    for number, worker in enumerate(started):
        worker.end()
        print(f"worker {number}:\n{worker.tail()}\n")  # noqa: T201 (pytest shows it where the test failed)


@pytest.fixture
async def supervised(start: Start) -> AsyncIterator[Callable[..., "Supervisor"]]:
    """Start a worker under a supervisor, which starts another one whenever it fails."""
    supervisors: list[Supervisor] = []

    def supervise(*args: Any, **changes: Any) -> Supervisor:
        supervisors.append(Supervisor(lambda: start(*args, **changes)))
        return supervisors[-1]

    yield supervise
    for supervisor in supervisors:
        await supervisor.close()


class Supervisor:
    """What systemd or Kubernetes do: a worker that ends with a status other than 0 is started again."""

    def __init__(self, start: Callable[[], Worker]) -> None:
        self.worker = start()
        self.restarts = 0
        self._start = start
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> int:
        """Ask the worker to leave, and return its exit status."""
        await self.close()
        return await self.worker.stop()

    async def close(self) -> None:
        """Look after it no more."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _watch(self) -> None:
        while True:
            if self.worker.ended:
                self.worker = self._start()
                self.restarts += 1
            await asyncio.sleep(0.2)
