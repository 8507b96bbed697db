"""A deployment of a test's own on the shared broker, and the `nps` command as a person runs it."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from streams.cluster.topics import create_topics
from streams.settings import PREFIX, Settings
from tests.conftest import Kafka
from tests.kafka.log import Log, open_log

Nps = Callable[..., subprocess.CompletedProcess[bytes]]
PARTITIONS = 3


def environment(settings: Settings) -> dict[str, str]:
    """The environment of a process with just these settings."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return {**others, "COLUMNS": "200", **settings.as_env()}


@pytest.fixture
def settings(kafka: Kafka, unique: str) -> Settings:
    """Settings of a deployment that does not exist yet."""
    return Settings(
        brokers=kafka.bootstrap, app_id=unique, topic_prefix=f"{unique}.", partitions=PARTITIONS, metrics_port=0
    )


@pytest.fixture
def deployment(settings: Settings) -> Settings:
    """Settings of a deployment whose topics exist."""
    asyncio.run(create_topics(settings))
    return settings


@pytest.fixture
def nps() -> Nps:
    """Run `nps` with the settings and arguments given, to its end; `stdin` is what it reads."""

    def run(settings: Settings, *args: str, stdin: bytes = b"", **environ: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "streams", *args],
            input=stdin,
            capture_output=True,
            timeout=60,
            check=False,
            env={**environment(settings), **environ},
        )

    return run


@pytest.fixture
def worker(deployment: Settings, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker, ended with the test."""
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streams", "worker"], env=environment(deployment), stdout=log, stderr=log
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


@pytest.fixture
async def log(deployment: Settings) -> AsyncIterator[Log]:
    """The topics of the deployment, connected."""
    async with open_log(deployment) as log:
        yield log
