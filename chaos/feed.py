"""Sends a load at its pace, with a line in the ledger before and after each record."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordTooLargeError

from chaos.deployment import Deployment
from chaos.ledger import Ledger
from chaos.load import Load, Planned
from chaos.waiting import until

_TURN_S = 0.05
_MADE_UP_S = 1.0
"""A turn that took longer is followed by so much at most: what an outage held up is not sent all at once."""
_STOP_S = 10.0


class Feed:
    """Load in the background, at least `size` records of it and until `finish`; a sentinel per partition ends it.

    `acked` records stand in the topic. `per_second` may be changed under way.
    """

    def __init__(self, deployment: Deployment, producer: Any, load: Load, size: int, ledger: Ledger) -> None:
        self.per_second = load.shape.per_second
        self.acked = 0
        self.handed = 0
        self._load = load
        self._size = size
        self._finishing = False
        self._deployment = deployment
        self._producer = producer
        self._ledger = ledger
        self._open = asyncio.Event()
        self._open.set()
        self.task: asyncio.Task[None] = asyncio.create_task(self._run())

    @property
    def done(self) -> bool:
        """Whether everything was sent and settled."""
        return self.task.done()

    async def finish(self, within_s: float) -> None:
        """Send what is left to send, and wait until all of it is settled."""
        self._finishing = True
        await until("everything is sent", lambda: self.done, within_s=within_s)
        await self.task

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        took_s = _TURN_S
        while not self._finishing or self.handed < self._size:
            began_s = loop.time()
            due = int(self.per_second * min(took_s, _MADE_UP_S))
            await self._send_all(map(self._load.record, range(self.handed, self.handed + max(1, due))))
            await asyncio.sleep(max(0.0, began_s + _TURN_S - loop.time()))
            took_s = loop.time() - began_s
        await self._send_all(self._load.sentinels(self.handed))

    async def _send_all(self, records: Iterable[Planned]) -> None:
        await asyncio.gather(*(self._send(record) for record in records))
        self._ledger.flush()

    async def _send(self, record: Planned) -> None:
        self._ledger.planned(record)
        self.handed += 1
        try:
            future = await self._producer.send(
                self._deployment.topic(record.topic),
                record.value,
                key=record.key,
                partition=record.partition,
                headers=[*record.headers],
            )
            settled = await future
        except (MessageSizeTooLargeError, RecordTooLargeError) as error:
            self._ledger.refused(record, type(error).__name__)
        except KafkaError as error:
            self._ledger.indeterminate(record, type(error).__name__)
        else:
            self.acked += 1
            self._ledger.acked(record, settled.partition, settled.offset)


@asynccontextmanager
async def feeding(deployment: Deployment, load: Load, size: int, ledger: Path) -> AsyncIterator[Feed]:
    """Give a feed that has begun."""
    producer = AIOKafkaProducer(
        bootstrap_servers=deployment.brokers,
        acks="all",
        enable_idempotence=True,
        linger_ms=2,
        max_request_size=1 << 21,
        request_timeout_ms=5_000,
    )
    await producer.start()
    try:
        with Ledger(ledger) as lines:
            feed = Feed(deployment, producer, load, size, lines)
            try:
                yield feed
            finally:
                if not feed.done:
                    feed.task.cancel()
                    with suppress(asyncio.CancelledError):
                        await feed.task
    finally:
        with suppress(TimeoutError):  # a producer whose broker is gone would try for ever
            await asyncio.wait_for(producer.stop(), _STOP_S)
