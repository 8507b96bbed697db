"""Sends the records of the world and keeps the ledger."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.demo.ledger import Ledger
from streams.demo.records import Record
from streams.settings import Settings
from streams.topology import RESPONSES

_BATCH_BYTES = 256 * 1024
_ACK_WITHIN_S = 30
_STOP_WITHIN_S = 3


class Sender:
    """Sends records in order and notes what became of each. Idempotent: a retry of ours makes no second record."""

    def __init__(self, producer: Any, topic: str, ledger: Ledger) -> None:
        self._producer = producer
        self._topic = topic
        self._ledger = ledger

    async def send(self, record: Record) -> None:
        """Hand over one record; waits while too much is under way. What became of it is noted when it is known."""
        self._ledger.note_sent(record)
        try:
            acked = await self._producer.send(self._topic, record.value, key=record.key, headers=[*record.headers])
        except KafkaError:
            self._ledger.note_unknown(record)
            return
        acked.add_done_callback(lambda done: self._note(record, done))

    async def send_all(self, records: Iterable[Record]) -> None:
        """Send as fast as Kafka takes it, and wait until all has been answered."""
        for number, record in enumerate(records):
            await self.send(record)
            if number % 500 == 0:
                await asyncio.sleep(0)
        await self.flush()

    async def send_live(self, records: Iterable[Record]) -> None:
        """Send each record at its time, until it is cancelled."""
        for record in records:
            await asyncio.sleep(max(0.0, record.at_ms / 1000 - time.time()))
            await self.send(record)

    async def flush(self) -> None:
        """Wait until Kafka has answered to everything, or until it is clear that it will not."""
        try:
            async with asyncio.timeout(_ACK_WITHIN_S):
                await self._producer.flush()
        except TimeoutError:
            return

    def _note(self, record: Record, done: "asyncio.Future[Any]") -> None:
        if done.cancelled() or done.exception() is not None:
            self._ledger.note_unknown(record)
        else:
            self._ledger.note_acked(record, done.result().timestamp)


@asynccontextmanager
async def sender(settings: Settings, ledger: Ledger) -> AsyncIterator[Sender]:
    """Give a sender that is connected. KafkaError where Kafka cannot be reached.

    It is as patient as aiokafka is by itself, 40 s: so Kafka may start anew, and the fate of every record stays known.
    """
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.brokers,
        client_id=f"{settings.app_id}-simulator",
        enable_idempotence=True,
        max_batch_size=_BATCH_BYTES,
        linger_ms=5,
    )
    await producer.start()
    try:
        yield Sender(producer, settings.topic(RESPONSES.name), ledger)
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_WITHIN_S):
                await producer.stop()
