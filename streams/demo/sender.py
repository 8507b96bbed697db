"""Sends what the simulation says and has written down what became of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, Generic, Protocol, TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.settings import Settings
from streams.topology import Topic

_BATCH_BYTES = 256 * 1024
_ACK_WITHIN_S = 30
_STOP_WITHIN_S = 3


class Sendable(Protocol):
    """A record, and when it is sent, in ms since the epoch."""

    @property
    def at_ms(self) -> int:
        """When it is sent."""

    @property
    def key(self) -> bytes | None:
        """As it is written."""

    @property
    def value(self) -> bytes | None:
        """As it is written."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes]]:
        """As they are written."""


R = TypeVar("R", bound=Sendable)
R_contra = TypeVar("R_contra", bound=Sendable, contravariant=True)


class Book(Protocol[R_contra]):
    """Where it is written down what became of records."""

    def note_sent(self, record: R_contra, /) -> None:
        """A record goes out."""

    def note_acked(self, record: R_contra, appended_ms: int, /) -> None:
        """Kafka has a record, since `appended_ms` by its own clock."""

    def note_unknown(self, record: R_contra, /) -> None:
        """No answer came: Kafka may have the record or not."""


class Sender(Generic[R]):
    """Sends records in order and notes what became of each. Idempotent: a retry of ours makes no second record."""

    def __init__(self, producer: Any, topic: str, ledger: Book[R]) -> None:
        self._producer = producer
        self._topic = topic
        self._ledger = ledger

    async def send(self, record: R) -> None:
        """Hand over one record; waits while too much is under way. What became of it is noted when it is known."""
        self._ledger.note_sent(record)
        try:
            acked = await self._producer.send(self._topic, record.value, key=record.key, headers=[*record.headers])
        except KafkaError:
            self._ledger.note_unknown(record)
            return
        acked.add_done_callback(lambda done: self._note(record, done))

    async def send_all(self, records: Iterable[R]) -> None:
        """Send as fast as Kafka takes it, and wait until all has been answered."""
        for number, record in enumerate(records):
            await self.send(record)
            if number % 500 == 0:
                await asyncio.sleep(0)
        await self.flush()

    async def send_live(self, records: Iterable[R]) -> None:
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

    def _note(self, record: R, done: "asyncio.Future[Any]") -> None:
        if done.cancelled() or done.exception() is not None:
            self._ledger.note_unknown(record)
        else:
            self._ledger.note_acked(record, done.result().timestamp)


@asynccontextmanager
async def sender(settings: Settings, topic: Topic, ledger: Book[R]) -> AsyncIterator[Sender[R]]:
    """Give a sender to a topic that is connected. KafkaError where Kafka cannot be reached.

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
        yield Sender(producer, settings.topic(topic.name), ledger)
    finally:
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_WITHIN_S):
                await producer.stop()
