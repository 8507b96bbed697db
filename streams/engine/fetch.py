"""Fetched record batches, whole and raw: aiokafka's fetcher drained without one object and one await per record.

`AIOKafkaConsumer.getmany` makes a ConsumerRecord of each record in a Python generator, which costs more than all that
we do with it. The records that aiokafka's C parser yields already have offset, timestamp, key, value and headers. This
module takes them from the fetcher's buffers, with the same treatment of control batches and aborted transactions.

It rests on private parts of aiokafka 0.14.0 (`Fetcher._records`, `FetchResult`, `PartitionRecords`); a contract test
fails when one of them changes shape.
"""

import asyncio
from collections.abc import Container
from typing import Any, NamedTuple, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED, Fetcher, FetchResult, PartitionRecords
from aiokafka.errors import CorruptRecordException


class Record(Protocol):
    """A record as aiokafka's parser yields it; `timestamp` in ms, `timestamp_type` 1 for append time."""

    offset: int
    timestamp: int
    timestamp_type: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


class Fetched(NamedTuple):
    """Consecutive records of one partition: all there is from position `start` up to position `next_position`.

    Control and aborted records are left out, so `records` may be empty and the position move all the same.
    `stable_end` is the last stable offset as of the fetch.
    """

    tp: TopicPartition
    start: int
    next_position: int
    records: list[Record]
    stable_end: int


async def stop_consumer(consumer: AIOKafkaConsumer) -> None:
    """Stop a consumer, and be cancelled only by whoever cancels this.

    The fetcher cancels its requests and waits for them: one that has just failed, and rests before the next, lets that
    escape to us, and the connections stay open.
    """
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        await consumer._client.close()
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise


async def fetch(
    fetcher: Fetcher, wanted: Container[TopicPartition], timeout_s: float, records_max: int
) -> list[Fetched]:
    """What the fetcher holds for the wanted partitions; waits for something to arrive, at most `timeout_s`.

    Raises what the broker answered for a partition, out-of-range positions among it.
    """
    if fetcher._subscriptions.reassignment_in_progress:
        return []
    with fetcher._subscriptions.fetch_context():
        fetched = drain(fetcher, wanted, records_max)
        if not fetched and timeout_s > 0:
            waiter = fetcher._create_fetch_waiter()
            done, _ = await asyncio.wait([waiter], timeout=timeout_s)
            if not done:
                waiter.cancel()
                return []
            waiter.result()
            fetched = drain(fetcher, wanted, records_max)
    return fetched


def drain(fetcher: Fetcher, wanted: Container[TopicPartition], records_max: int) -> list[Fetched]:
    """What the fetcher holds for the wanted partitions now: at most about `records_max` records of each."""
    fetched: list[Fetched] = []
    for tp in list(fetcher._records):
        if tp not in wanted:
            if not fetcher._subscriptions.is_assigned(tp):
                del fetcher._records[tp]
            continue
        result = fetcher._records[tp]
        if not isinstance(result, FetchResult):
            if fetched:
                break
            _release(fetcher, tp)
            result.check_raise()
        if not result.check_assignment(tp) or not result.has_more():
            _release(fetcher, tp)
            continue
        source = result._partition_records
        start = source.next_fetch_offset
        records, exhausted = _take(source, records_max)
        result._update_position()
        if exhausted:
            result._partition_records = None
            # Its generator, which we never start, refers to it: a cycle that would keep the fetched bytes.
            source._records_iterator = None
            _release(fetcher, tp)
        state = result._assignment.state_value(tp)
        fetched.append(Fetched(tp, start, source.next_fetch_offset, records, state.lso or 0))
    return fetched


def _release(fetcher: Fetcher, tp: TopicPartition) -> None:
    del fetcher._records[tp]
    fetcher._notify(fetcher._wait_consume_future)


def _take(source: PartitionRecords, records_max: int) -> tuple[list[Record], bool]:
    taken: list[Record] = []
    batches = source._records
    committed_only = source._isolation_level == READ_COMMITTED
    while batches.has_next():
        if len(taken) >= records_max:
            return taken, False
        batch = batches.next_batch()
        if source._check_crcs and not batch.validate_crc():
            message = f"Invalid CRC - {source._tp}"
            raise CorruptRecordException(message)
        if not (batch.is_control_batch or (committed_only and _is_aborted(source, batch))):
            if batch.base_offset >= source.next_fetch_offset:
                taken.extend(batch)
            else:
                taken.extend(record for record in batch if record.offset >= source.next_fetch_offset)
        elif committed_only and batch.is_control_batch:
            _end_transaction(source, batch)
        source.next_fetch_offset = batch.next_offset
    return taken, True


def _is_aborted(source: PartitionRecords, batch: Any) -> bool:
    if batch.producer_id is None:
        return False
    source._consume_aborted_up_to(batch.base_offset)
    return bool(batch.is_transactional and batch.producer_id in source._aborted_producers)


def _end_transaction(source: PartitionRecords, batch: Any) -> None:
    source._consume_aborted_up_to(batch.base_offset)
    if source._contains_abort_marker(batch):
        source._aborted_producers.discard(batch.producer_id)
