"""One partition of the toy broker: record batches in Kafka's own format, and what readers and producers may do to it.

Batches are bytes as a client built them; the broker sets offsets, append times and the checksum, as Kafka does. So
whatever reads them does it with aiokafka's parser and with the engine's own treatment of aborted and control batches.
"""

import struct
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import InvalidProducerEpoch, OffsetOutOfRangeError, OutOfOrderSequenceNumber
from aiokafka.record.control_record import ABORT_MARKER, COMMIT_MARKER
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c

NO_PRODUCER = -1
_APPEND_TIME, _CONTROL = 0x08, 0x20
_HEAD = struct.Struct(">qiibIhiqqqhii")
"""Base offset, length, leader epoch, magic, checksum, attributes, last delta, first and last time, producer id and
epoch, base sequence, number of records."""
_BASE, _CHECKSUM = struct.Struct(">q"), struct.Struct(">I")
_CHECKSUM_AT, _CHECKED_FROM, _ATTRIBUTES_AT, _LAST_TIME_AT = 17, 21, 22, 35
"""Where these stand in a batch; of the attributes the lower byte."""
_RETRIES_KNOWN = 5
"""Batches per producer of which a retry is recognised, as in Kafka."""


@dataclass(slots=True)
class Entry:
    """A batch in the log. `transaction` is the serial number of its transaction, -1 for none."""

    base: int
    last: int
    raw: bytes
    producer_id: int
    epoch: int
    transaction: int
    ends: str = ""
    """`commit` or `abort` for a control batch."""
    committed: bool | None = None
    """What the next marker of its producer said, once it is there."""
    parsed: tuple[Any, ...] | None = None
    """Its records once somebody asked: a batch never changes, and restores, invariants and compaction ask again."""


class Fetched(NamedTuple):
    """The answer to a fetch."""

    raw: bytes
    aborted: list[tuple[int, int]]
    stable_end: int
    end: int


@dataclass(slots=True)
class _Producer:
    epoch: int
    sequence: int = 0
    retries: list[tuple[int, int, int]] = field(default_factory=list)
    """First sequence, base offset and append time of its last batches."""


def records_of(entry: Entry) -> tuple[Any, ...]:
    """The records of a batch, as aiokafka's parser yields them."""
    if entry.parsed is None:
        records = MemoryRecords(entry.raw)
        records.has_next()
        entry.parsed = tuple(records.next_batch())
    return entry.parsed


class PartitionLog:
    """The log of one partition. `append_time` says that the topic has message.timestamp.type=LogAppendTime."""

    def __init__(self, tp: TopicPartition, *, append_time: bool) -> None:
        self.tp = tp
        self.append_time = append_time
        self.start = 0
        self.end = 0
        self.entries: list[Entry] = []
        self.history: list[Entry] = []
        """All that was ever appended, whatever was deleted or compacted since."""
        self.waiting: list[Callable[[], None]] = []
        """Told once when there may be more to read."""
        self.open: dict[int, int] = {}
        """First offset of the open transaction, by producer id."""
        self._aborted: list[tuple[int, int, int]] = []
        self._producers: dict[int, _Producer] = {}

    @property
    def stable_end(self) -> int:
        """The last stable offset."""
        return min(self.open.values(), default=self.end)

    def append(self, raw: bytes, now_ms: int, transaction: int = -1) -> tuple[int, int]:
        """Append a batch; gives its base offset and its append time, -1 where the topic keeps the time of creation.

        Raises InvalidProducerEpoch and OutOfOrderSequenceNumber; a batch that is there already is not appended again.
        """
        head = _HEAD.unpack_from(raw)
        producer_id, epoch, sequence, count = head[9:]
        if producer_id != NO_PRODUCER:
            producer = self._producer(producer_id, epoch)
            for first, base, at in producer.retries:
                if first == sequence:
                    return base, at
            if sequence != producer.sequence:
                raise OutOfOrderSequenceNumber
            producer.sequence += count
            if transaction >= 0:
                self.open.setdefault(producer_id, self.end)
        base = self._append(raw, now_ms, Entry(0, head[6], b"", producer_id, epoch, transaction))
        at = now_ms if self.append_time else -1
        if producer_id != NO_PRODUCER:
            producer.retries = [*producer.retries[1 - _RETRIES_KNOWN :], (sequence, base, at)]
        return base, at

    def settle(self, producer_id: int, epoch: int, now_ms: int, *, commit: bool, transaction: int) -> None:
        """Write the marker that ends a producer's transaction here; there may be no data of it."""
        first = self.open.pop(producer_id, None)
        for entry in self._since(first):
            if entry.producer_id == producer_id:
                entry.committed = commit
        if first is not None and not commit:
            self._aborted.append((producer_id, first, self.end))
        self._producer(producer_id, epoch)
        marker = COMMIT_MARKER if commit else ABORT_MARKER
        builder = DefaultRecordBatchBuilder(2, 0, 1, producer_id, epoch, -1, 1 << 12)
        builder.append(0, now_ms, struct.pack(">HH", marker.version, marker.type_), b"\0" * 6, [])
        ends = "commit" if commit else "abort"
        self._append(builder.build(), now_ms, Entry(0, 0, b"", producer_id, epoch, transaction, ends))

    def fetch(self, position: int, *, committed: bool) -> Fetched:
        """What stands from a position on, up to the last stable offset or the end; raises OffsetOutOfRangeError."""
        if not self.start <= position <= self.end:
            raise OffsetOutOfRangeError({self.tp: position})
        stable_end = self.stable_end
        limit = stable_end if committed else self.end
        first = bisect_left(self.entries, position, key=lambda entry: entry.last)
        raw = b"".join(entry.raw for entry in self.entries[first:] if entry.base < limit)
        aborted = [(one, begin) for one, begin, last in self._aborted if last >= position and begin < limit]
        return Fetched(raw, aborted if committed else [], stable_end, self.end)

    def delete_before(self, offset: int) -> None:
        """Delete whole batches before an offset, as retention does; the log begins at the offset then."""
        self.start = max(self.start, min(offset, self.end))
        self.entries = [entry for entry in self.entries if entry.last >= self.start]

    def roll_back(self, end: int) -> None:
        """Be an older copy of itself, which ends at the start of a batch; `history` keeps what there was."""
        self.end = end
        self.entries = [entry for entry in self.entries if entry.base < end]
        self.open = {producer_id: first for producer_id, first in self.open.items() if first < end}
        self._aborted = [aborted for aborted in self._aborted if aborted[2] < end]

    def next_sequence(self, producer_id: int, epoch: int) -> int:
        """The sequence number that a producer goes on with here."""
        return self._producer(producer_id, epoch).sequence

    def compact(self) -> None:
        """Drop whole batches that hold nothing but rows which were written again, as compaction does in the end."""
        stable_end, later = self.stable_end, set[bytes | None]()
        kept: list[Entry] = []
        aborted = {one for one, _, _ in self._aborted}
        for entry in reversed(self.entries):
            keys = set() if entry.ends or entry.base >= stable_end else {record.key for record in records_of(entry)}
            if not keys or entry.producer_id in aborted or not keys <= later:
                kept.append(entry)
            if keys and entry.producer_id not in aborted:
                later |= keys
        self.entries = kept[::-1]

    def _since(self, offset: int | None) -> Iterator[Entry]:
        """What stands from an offset on, the last first."""
        return takewhile(lambda entry: offset is not None and entry.base >= offset, reversed(self.entries))

    def _producer(self, producer_id: int, epoch: int) -> _Producer:
        producer = self._producers.get(producer_id)
        if producer is None or epoch > producer.epoch:
            producer = self._producers[producer_id] = _Producer(epoch)
        if epoch < producer.epoch:
            raise InvalidProducerEpoch
        return producer

    def _append(self, batch: bytes, now_ms: int, entry: Entry) -> int:
        """Put a batch at the end; of its entry only what the log decides is missing."""
        raw = bytearray(batch)
        base = entry.base = self.end
        _BASE.pack_into(raw, 0, base)
        attributes = (_APPEND_TIME if self.append_time else 0) | (_CONTROL if entry.ends else 0)
        if attributes:
            raw[_ATTRIBUTES_AT] |= attributes
            if self.append_time:
                _BASE.pack_into(raw, _LAST_TIME_AT, now_ms)
            _CHECKSUM.pack_into(raw, _CHECKSUM_AT, calc_crc32c(bytes(raw[_CHECKED_FROM:])))
        entry.raw = bytes(raw)
        entry.last += base
        self.end = entry.last + 1
        self.entries.append(entry)
        self.history.append(entry)
        if self.waiting:
            waiting, self.waiting = self.waiting, []
            for tell in waiting:
                tell()
        return base
