"""What ends the process: a failure, and an end that nobody asked for."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from streams.engine.failure import Broken, spawn
from streams.engine.fetch import stop_consumer
from tests.engine.fakes import Failures


class Leaking:
    """A consumer from whose `stop` the end of a fetch escapes."""

    def __init__(self) -> None:
        self.closed = False
        self._client = SimpleNamespace(close=self._close)

    async def stop(self) -> None:
        fetch = asyncio.create_task(asyncio.sleep(3_600))
        fetch.cancel()
        await fetch

    async def _close(self) -> None:
        self.closed = True


async def _settled(task: "asyncio.Task[None]") -> None:
    await asyncio.wait([task])
    await asyncio.sleep(0)


async def test_a_failure_ends_the_process(failures: Any) -> None:
    """With the very exception."""

    async def work() -> None:
        raise KafkaConnectionError

    await _settled(spawn(work(), failures, "work"))
    assert [KafkaConnectionError] == [type(error) for error in failures.errors]


async def test_work_that_was_cancelled_is_no_failure(failures: Any) -> None:
    """The group moved on."""
    task = spawn(asyncio.sleep(3_600), failures, "work")
    task.cancel()
    await _settled(task)
    assert [] == failures.errors


async def test_work_that_ends_as_if_cancelled_is_a_failure(failures: Any) -> None:
    """Or a shard would be opened by nobody, and nobody would know."""
    await _settled(spawn(Leaking().stop(), failures, "open-3"))
    (error,) = failures.errors
    assert isinstance(error, Broken)
    assert str(error).startswith("open-3 ended as if cancelled")


async def test_the_end_of_a_failed_fetch_does_not_escape(failures: Any) -> None:
    """And the connections are closed."""
    consumer = Leaking()
    await _settled(spawn(stop_consumer(consumer), failures, "work"))
    assert [] == failures.errors
    assert consumer.closed


async def test_who_stops_a_consumer_can_be_cancelled(failures: Any) -> None:
    """Then the end is asked for."""
    entered = asyncio.Event()

    class Slow(Leaking):
        async def stop(self) -> None:
            entered.set()
            await asyncio.sleep(3_600)

    task = spawn(stop_consumer(Slow()), failures, "work")
    await entered.wait()
    task.cancel()
    await _settled(task)
    assert task.cancelled()


@pytest.fixture
def failures() -> Any:
    """Where failures go."""
    return Failures()
