"""What stands in for Faust, its threads and the metrics around the real engine of a simulated worker."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from faust.types import TP

from streams.engine.batches import BatchConsumer, BatchThread, TransportOptions
from tests.simulation.consumer import ToyConsumer


class Silent:
    """Takes all figures and keeps none: stands for the metrics."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        setattr(self, name, _nothing)
        return _nothing


def _nothing(*_: object, **__: object) -> None:
    """Nothing."""


class Thread(BatchThread):
    """The engine's consumer thread without a thread: everything happens in the one loop there is."""

    def __init__(self, consumer: "Consumer", app: Any, assigned: Callable[[set[TP], int], Awaitable[None]]) -> None:
        self.consumer = consumer
        self.app = app
        self.log = logging.getLogger(__name__)  # type: ignore[assignment]  # of mode's logger only `info` is used
        self._assigned = assigned
        self._consumer = None

    async def in_thread(self, work: Any) -> Any:
        return await work

    def begin(self) -> ToyConsumer:
        """Make the consumer of the group, with the options of the engine."""
        consumer: Any = self._create_worker_consumer(None)
        self._consumer = consumer
        assert isinstance(consumer, ToyConsumer)
        return consumer

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        await self._assigned(assigned, generation_id)


class Consumer(BatchConsumer):
    """The engine's consumer without Faust's service around it; `callback` takes a message, unless `is_full`."""

    def __init__(self, options: TransportOptions, app: Any, callback: Any, is_full: Callable[[], bool]) -> None:
        self.options = options
        self.app = app
        self.callback = callback
        self.is_full = is_full
        self.flow_active = False
        self.can_resume_flow = asyncio.Event()
        self.suspend_flow = asyncio.Event()
        self._stopped = asyncio.Event()  # type: ignore[assignment]  # mode's own is the same

    def use(self, thread: Thread) -> None:
        """Know the thread, which knows the consumer."""
        self._thread = thread

    async def wait(self, *coros: Any, timeout: Any = None) -> Any:  # noqa: ASYNC109 -- the signature is Faust's
        return await coros[0]

    async def wait_first(self, *coros: Any, timeout: Any = None) -> Any:  # noqa: ASYNC109 -- the signature is Faust's
        if not self.is_full():
            for needless in coros[1:]:
                needless.close()
            return await coros[0]
        tasks = [asyncio.ensure_future(coro) for coro in coros]
        done, late = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in late:
            task.cancel()
        return done
