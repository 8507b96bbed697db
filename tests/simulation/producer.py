"""A producer for the toy broker, with the methods and the habits of aiokafka's.

Its habits, as far as the engine can meet them: partitions are added before data goes to them, one batch per partition
is on its way at a time, a request without an answer is made again, `commit_transaction` commits whatever became of the
sends, and what was begun goes on when whoever waited for it is cancelled.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import (
    ConcurrentTransactions,
    IllegalOperation,
    InvalidProducerEpoch,
    ProducerFenced,
    RequestTimedOutError,
)
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.structs import RecordMetadata

from tests.simulation.broker import Broker
from tests.simulation.network import Network

_RETRY_S = 0.1
_RETRY_TRANSACTION_S = 0.02
"""aiokafka's own, between two transactions."""
_Batch = tuple[BatchBuilder, "asyncio.Future[RecordMetadata]"]


class ToyProducer:
    """One producer; `who` gives the name of its process, and the generation of the group that it believes in."""

    def __init__(
        self,
        network: Network,
        broker: Broker,
        who: Callable[[], tuple[str, int]],
        *,
        transactional_id: str | None = None,
        transaction_timeout_ms: int = 60_000,
        request_timeout_ms: int = 40_000,
        max_batch_size: int = 1 << 20,
        **_: Any,
    ) -> None:
        self._network = network
        self._broker = broker
        self._who = who
        self._id = transactional_id
        self._timeout_s = request_timeout_ms / 1000
        self._transaction_timeout_s = transaction_timeout_ms / 1000
        self._batch_bytes = max_batch_size
        self._holder: tuple[str, int, int] | None = None
        self._queues: dict[TopicPartition, deque[_Batch]] = {}
        self._flying: dict[TopicPartition, _Batch] = {}
        self._sequences: dict[TopicPartition, int] = {}
        self._added: set[TopicPartition] = set()
        self._adding: list[TopicPartition] = []
        self._bare: list[TopicPartition] = []
        """Partitions to be added though nothing goes to them."""
        self._state = "new"
        self._ended: asyncio.Future[None] | None = None
        self._idle: asyncio.Future[None] | None = None
        self._fatal: Exception | None = None
        self._pumping = False

    async def start(self) -> None:
        """Be the one that holds the transactional id."""
        name = self._id
        if name is not None:
            started = self._network.loop.create_future()
            self._call(
                f"InitProducerId {name}",
                lambda: self._broker.init_producer_id(name, self._transaction_timeout_s, self._who()),
                lambda result: _resolve(started, result),
                _RETRY_S,
            )
            self._holder = (name, *await started)
        self._state = "ready"

    async def stop(self) -> None:
        """Let what is on its way arrive."""
        if self._network.closed or self._state == "stopped":
            return
        while self._fatal is None and (self._queues or self._flying or self._state in {"ending", "decided"}):
            self._idle = self._network.loop.create_future()
            await self._idle
        self._state = "stopped"

    async def begin_transaction(self) -> None:
        if self._id is None:
            raise IllegalOperation
        assert self._state == "ready", f"a transaction cannot begin in state {self._state}"
        self._state = "in transaction"
        self._added = set()
        self._bare = []

    async def commit_transaction(self) -> None:
        await self._end(commit=True)

    async def abort_transaction(self) -> None:
        await self._end(commit=False)

    @property
    def _txn_manager(self) -> "ToyProducer":
        return self

    def maybe_add_partition_to_txn(self, tp: TopicPartition) -> None:
        assert self._state == "in transaction"
        self._bare.append(tp)
        self._wake()

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(self._batch_bytes, 0, is_transactional=int(self._id is not None))

    async def send_batch(self, batch: BatchBuilder, topic: str, *, partition: int) -> "asyncio.Future[RecordMetadata]":
        if self._fatal is not None:
            raise self._fatal
        if self._id is not None and self._state != "in transaction":
            raise IllegalOperation
        sent: asyncio.Future[RecordMetadata] = self._network.loop.create_future()
        self._queues.setdefault(TopicPartition(topic, partition), deque()).append((batch, sent))
        self._wake()
        return sent

    async def send_and_wait(
        self, topic: str, value: bytes | None, *, key: bytes | None = None, partition: int
    ) -> RecordMetadata:
        batch = self.create_batch()
        batch.append(timestamp=int(self._network.loop.time() * 1000), key=key, value=value)
        return await (await self.send_batch(batch, topic, partition=partition))

    async def _end(self, *, commit: bool) -> None:
        assert self._state == "in transaction", f"a transaction cannot end in state {self._state}"
        if self._fatal is not None:
            raise self._fatal
        self._state = "ending"
        ended = self._ended = self._network.loop.create_future()
        self._commit = commit
        self._wake()
        await asyncio.shield(ended)

    def _wake(self) -> None:
        if not self._pumping:
            self._pumping = True
            self._network.loop.call_soon(self._pump)

    def _pump(self) -> None:
        """Make whatever requests can be made now."""
        self._pumping = False
        if self._fatal is not None:
            return
        if self._id is not None and not self._adding:
            self._adding = [tp for tp in dict.fromkeys((*self._queues, *self._bare)) if tp not in self._added]
            if self._adding:
                self._coordinate("AddPartitionsToTxn", partial(self._broker.add_partitions, tps=self._adding))
        for tp in [tp for tp in self._queues if tp not in self._flying and (self._id is None or tp in self._added)]:
            self._produce(tp)
        if self._queues or self._flying or self._adding:
            return
        if self._state == "ending" and not self._added:
            self._finish()
        elif self._state == "ending":
            self._state = "decided"
            commit = self._commit
            self._coordinate(
                "EndTxn" if commit else "EndTxn (abort)",
                lambda *holder: self._broker.end_transaction(*holder, commit=commit),
            )
        if self._idle is not None and not self._idle.done() and self._state != "decided":
            self._idle.set_result(None)

    def _produce(self, tp: TopicPartition) -> None:
        queue = self._queues[tp]
        batch, sent = self._flying[tp] = queue.popleft()
        if not queue:
            del self._queues[tp]
        if self._holder is not None:
            sequence = self._sequences.get(tp, 0)
            batch._set_producer_state(*self._holder[1:], sequence)
            self._sequences[tp] = sequence + batch.record_count()
        raw = bytes(batch._build())

        def done(result: Any) -> None:
            del self._flying[tp]
            if isinstance(result, InvalidProducerEpoch):
                result = ProducerFenced()
            if not isinstance(result, Exception):
                base, at = result
                result = RecordMetadata(tp.topic, tp.partition, tp, base, at, 0 if at == -1 else 1, None)
            _resolve(sent, result)
            self._wake()

        what = f"Produce {tp.topic}[{tp.partition}]"
        self._call(what, lambda: self._broker.produce(tp, raw, self._holder), done, _RETRY_S, refusable=True)

    def _coordinate(self, what: str, apply: Callable[..., None]) -> None:
        """A request to the coordinator of the transaction; an error of it is the end of this producer."""

        def done(result: Any) -> None:
            if isinstance(result, Exception):
                self._fail(ProducerFenced() if isinstance(result, InvalidProducerEpoch) else result)
            elif what == "AddPartitionsToTxn":
                self._added.update(self._adding)
                self._adding = []
                self._wake()
            else:
                self._finish()

        holder = self._holder
        assert holder is not None
        self._call(f"{what} {holder[0]}", lambda: apply(*holder), done, _RETRY_TRANSACTION_S)

    def _call(
        self,
        what: str,
        apply: Callable[[], Any],
        done: Callable[[Any], None],
        retry_s: float,
        *,
        refusable: bool = False,
    ) -> None:
        """A request that is made again until there is an answer."""
        network = self._network

        def answered(result: Any) -> None:
            if isinstance(result, ConcurrentTransactions):
                network.loop.call_later(retry_s, ask)
            elif isinstance(result, RequestTimedOutError):
                network.loop.call_later(_RETRY_S, ask)
            else:
                done(result)

        def ask() -> None:
            network.request(what, apply, answered, timeout_s=self._timeout_s, refusable=refusable)

        ask()

    def _finish(self) -> None:
        self._state = "ready"
        assert self._ended is not None
        _resolve(self._ended, None)
        self._wake()

    def _fail(self, error: Exception) -> None:
        self._fatal = error
        waiting = [sent for queue in self._queues.values() for _, sent in queue]
        waiting += [sent for _, sent in self._flying.values()]
        self._queues.clear()
        for future in (*waiting, self._ended, self._idle):
            if future is not None:
                _resolve(future, None if future is self._idle else error)


def _resolve(future: "asyncio.Future[Any]", result: Any) -> None:
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
