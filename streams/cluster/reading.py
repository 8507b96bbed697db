import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaTimeoutError, for_code

from streams.cluster.connection import admin_client, reader
from streams.settings import Settings

_POLL_MS = 200
_PATIENCE_S = 30.0
"""A topic that ends somewhere and gives nothing for this long will not give the rest either."""
_ATTEMPTS_TO_FOLLOW = 6
"""Whoever will follow a topic for long is patient with a Kafka that is busy, at the beginning, too."""
_Offsets = dict[TopicPartition, int]


async def read_topic(
    settings: Settings,
    topic: str,
    handle: Callable[[Any], object],
    *,
    from_start: bool = True,
    follow: bool = False,
    positioned: Callable[[], object] = lambda: None,
) -> None:
    """Hand every committed record of a topic (its name with the prefix) to `handle`, in order within a partition.

    From the start or from now on (`positioned` is called when it is settled what that means); to the end that the
    topic has now, or, with `follow`, until it is cancelled. What an open transaction holds back is behind that end.
    KafkaError without Kafka, and UnknownTopicOrPartitionError without the topic.
    """
    async with admin_client(settings) as admin:
        partitions = await partitions_of(admin, topic)
    async with reader(settings, "read_committed") as consumer:
        starts, ends = await _bounds(consumer, partitions, attempts=_ATTEMPTS_TO_FOLLOW if follow else 1)
        if not from_start:
            starts = ends
        positioned()
        await read_span(consumer, starts, None if follow else ends, handle)


async def _bounds(consumer: Any, partitions: list[TopicPartition], attempts: int) -> tuple[_Offsets, _Offsets]:
    """Where they begin and end, asked so many times at most. KafkaError."""
    while True:
        attempts -= 1
        try:
            ends = await consumer.end_offsets(partitions)
            return await consumer.beginning_offsets(partitions), ends
        except KafkaTimeoutError:
            if not attempts:
                raise


async def partitions_of(admin: Any, topic: str) -> list[TopicPartition]:
    """Return the partitions of a topic. UnknownTopicOrPartitionError where it does not exist."""
    (description,) = await admin.describe_topics([topic])
    if description["error_code"]:
        raise for_code(description["error_code"])(topic)
    return [TopicPartition(topic, number) for number in range(len(description["partitions"]))]


async def read_span(
    consumer: Any,
    starts: Mapping[TopicPartition, int],
    ends: Mapping[TopicPartition, int] | None,
    handle: Callable[[Any], object],
) -> None:
    """Read the partitions of `starts` until each is at its end: positions count, for commit markers take offsets, too.

    Without `ends` until it is cancelled, through a loss of Kafka and back. KafkaTimeoutError where an end is never met.
    """
    consumer.assign(list(starts))
    for partition, start in starts.items():
        consumer.seek(partition, start)
    positions: Mapping[TopicPartition, int] = {}
    moved_s = time.monotonic()
    while True:
        now = await _positions(consumer, starts)
        if ends is not None and all(now[partition] >= end for partition, end in ends.items()):
            return
        if now != positions:
            positions, moved_s = now, time.monotonic()
        elif ends is not None and time.monotonic() - moved_s > _PATIENCE_S:
            raise KafkaTimeoutError(f"nothing came for {_PATIENCE_S:g} s")
        for records in (await consumer.getmany(timeout_ms=_POLL_MS)).values():
            for record in records:
                handle(record)


async def _positions(consumer: Any, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
    return {partition: await consumer.position(partition) for partition in partitions}
