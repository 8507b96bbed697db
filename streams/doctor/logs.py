"""The logs a worker reads: from where to where they go, and whether a transaction holds up their readers."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from aiokafka import TopicPartition

from streams.cluster.reading import partitions_of, read_span
from streams.doctor.finding import Finding
from streams.settings import Settings
from streams.topology import AGENTS, STATE

GRACE_S = 15.0
"""A shard waits for this long beyond the transaction timeout before it refuses to open; so do we."""


@dataclass(frozen=True, slots=True)
class Log:
    """One partition: its first offset, its last stable offset and its end; times in ms on the broker's clock.

    `open_ms` is the time of the first record that an open transaction holds back, None where none does.
    """

    start: int
    stable: int
    end: int
    open_ms: int | None = None


Logs = Mapping[TopicPartition, Log]


def topics_read(settings: Settings) -> list[str]:
    """Names on the broker of all topics that a shard reads: the sources of its agents, and its state."""
    names = dict.fromkeys([*(agent.reads.name for agent in AGENTS), STATE.name])
    return [settings.topic(name) for name in names]


async def gather_logs(settings: Settings, admin: Any, committed: Any, uncommitted: Any) -> dict[TopicPartition, Log]:
    """Look at the logs of all topics that a shard reads, with a reader of either isolation."""
    partitions = [tp for topic in topics_read(settings) for tp in await partitions_of(admin, topic)]
    starts = await uncommitted.beginning_offsets(partitions)
    stables = await committed.end_offsets(partitions)
    ends = await uncommitted.end_offsets(partitions)
    held = {tp: stables[tp] for tp in partitions if stables[tp] < ends[tp]}
    times = await _first_times(uncommitted, held)
    return {tp: Log(starts[tp], stables[tp], ends[tp], times.get(tp)) for tp in partitions}


async def _first_times(uncommitted: Any, offsets: Mapping[TopicPartition, int]) -> dict[TopicPartition, int]:
    """Return when the first record at or after each offset was written."""
    times: dict[TopicPartition, int] = {}
    if offsets:
        ends = {tp: offset + 1 for tp, offset in offsets.items()}
        await read_span(
            uncommitted,
            offsets,
            ends,
            lambda record: times.setdefault(TopicPartition(record.topic, record.partition), record.timestamp),
        )
    return times


async def with_ends_now(uncommitted: Any, logs: Logs) -> dict[TopicPartition, Log]:
    """Return the logs with the ends that they have by now: for positions that were read later, while work goes on."""
    ends = await uncommitted.end_offsets(list(logs))
    return {tp: replace(log, end=ends[tp]) for tp, log in logs.items()}


def judge_logs(settings: Settings, logs: Logs, now_s: float) -> list[Finding]:
    """Judge whether a transaction has been open for longer than any of ours can be."""
    limit_s = settings.transaction_timeout + GRACE_S
    return [
        Finding(
            check="transactions",
            level="error",
            text=(
                f"{tp.topic}[{tp.partition}] has had an open transaction at offset {log.stable} for "
                f"{now_s - log.open_ms / 1000:.0f} s: what came after it cannot be read, and its shard does not open"
            ),
            mend=(
                f"kafka-transactions.sh --bootstrap-server {settings.brokers} find-hanging --topic {tp.topic} "
                f"--partition {tp.partition}, then abort it with the same tool"
            ),
        )
        for tp, log in logs.items()
        if log.open_ms is not None and now_s - log.open_ms / 1000 > limit_s
    ]
