"""What is in the toy broker, as one who sees everything reads it: no client, no isolation level, no last stable offset.

The broker knows how each transaction ended, so what is visible needs no reading of markers and no list of aborted
transactions. Nothing of the product is used here.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson
from aiokafka import TopicPartition

from tests.simulation.broker import Broker
from tests.simulation.partition_log import PartitionLog, records_of

MARKER_KEY = b"m"


@dataclass(slots=True)
class Seen:
    """A visible record."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    transaction: int


@dataclass(slots=True)
class Commit:
    """A committed transaction of a shard: its marker, as a document, and where it stands in the state."""

    shard: int
    transaction: int
    offset: int
    marker: dict[str, Any]
    markers: int = 1
    is_last: bool = True
    """Whether nothing of the transaction stands behind the marker."""
    written: dict[str, list[Seen]] = field(default_factory=dict)
    """What else is in the transaction, by topic."""


class Truth:
    """All that was ever visible, of every topic, whatever was compacted since."""

    def __init__(self, broker: Broker, partitions: int, state_topic: str, read: tuple[str, ...]) -> None:
        self.partitions = partitions
        self._broker = broker
        self._state_topic = state_topic
        self._read = read
        """The topics of which the records of a commit are looked at."""
        self._records: dict[str, list[Seen]] = {}

    def records(self, topic: str) -> list[Seen]:
        """Every visible record of a topic, in order within a partition."""
        found = self._records.get(topic)
        if found is None:
            found = self._records[topic] = []
            for number in range(self.partitions):
                log = self._broker.log(TopicPartition(topic, number))
                found += visible(self._broker, log)
        return found

    def latest(self, topic: str) -> dict[bytes | None, Seen]:
        """The last record of each key."""
        return {record.key: record for record in self.records(topic)}

    @cached_property
    def commits(self) -> dict[int, list[Commit]]:
        """By shard its committed transactions, in the order of its state."""
        commits: dict[int, list[Commit]] = {number: [] for number in range(self.partitions)}
        by_transaction: dict[int, Commit] = {}
        for record in self.records(self._state_topic):
            commit = by_transaction.get(record.transaction)
            if record.key != MARKER_KEY:
                if commit is not None:
                    commit.is_last = False
                continue
            assert record.value is not None
            if commit is None:
                marker = orjson.loads(record.value[1:])
                commit = Commit(record.partition, record.transaction, record.offset, marker)
                by_transaction[record.transaction] = commit
                commits[record.partition].append(commit)
            else:
                commit.markers += 1
        for topic in self._read:
            for record in self.records(topic):
                if record.transaction in by_transaction:
                    by_transaction[record.transaction].written.setdefault(topic, []).append(record)
        return commits

    def transactions(self, topic: str) -> list[tuple[int, int, int]]:
        """Partition, base offset and transaction of every visible batch of a topic."""
        return [
            (number, entry.base, entry.transaction)
            for number in range(self.partitions)
            for entry in self._broker.log(TopicPartition(topic, number)).history
            if self._broker.is_visible(entry)
        ]


def visible(broker: Broker, log: PartitionLog, *, kept: bool = False) -> list[Seen]:
    """The visible records of a partition; only those that are still there with `kept`."""
    return [
        Seen(
            log.tp.topic,
            log.tp.partition,
            record.offset,
            record.timestamp,
            record.key,
            record.value,
            tuple(record.headers),
            entry.transaction,
        )
        for entry in (log.entries if kept else log.history)
        if broker.is_visible(entry)
        for record in records_of(entry)
    ]
