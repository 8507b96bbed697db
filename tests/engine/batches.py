"""Record batches as a broker sends them, byte by byte."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.record.control_record import ABORT_MARKER, COMMIT_MARKER
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import calc_crc32c

TP0 = TopicPartition("survey.responses", 0)
_CONTROL, _LOG_APPEND_TIME = 0x20, 0x08


@dataclass(frozen=True, slots=True)
class Written:
    """One batch in a log: `kept` are the offsets within it that compaction left; `ends` is `commit` or `abort`."""

    base: int
    size: int
    kept: tuple[int, ...]
    producer: int | None = None
    ends: str = ""
    gzip: bool = False


def batch_bytes(batch: Written) -> bytes:
    """The batch as bytes, with a checksum that holds."""
    builder = DefaultRecordBatchBuilder(
        2,
        1 if batch.gzip else 0,
        1 if batch.producer is not None else 0,
        -1 if batch.producer is None else batch.producer,
        0,
        0,
        1 << 20,
    )
    for delta in batch.kept:
        offset = batch.base + delta
        if batch.ends:
            marker = COMMIT_MARKER if batch.ends == "commit" else ABORT_MARKER
            builder.append(delta, 1_000 + offset, struct.pack(">HH", marker.version, marker.type_), b"\0" * 6, [])
        else:
            builder.append(delta, 1_000 + offset, b"k%d" % offset, b"v%d" % offset, [("h", b"%d" % offset)])
    raw = bytearray(builder.build())
    struct.pack_into(">q", raw, 0, batch.base)
    (attributes,) = struct.unpack_from(">h", raw, 21)
    attributes |= (_CONTROL if batch.ends else 0) | _LOG_APPEND_TIME
    struct.pack_into(">hi", raw, 21, attributes, batch.size - 1)
    struct.pack_into(">I", raw, 17, calc_crc32c(bytes(raw[21:])))
    return bytes(raw)


def partition_records(
    log: Sequence[Written], aborted: Sequence[tuple[int, int]], start: int, isolation_level: int
) -> Any:
    """What aiokafka makes of an answer to a fetch from `start`; `aborted` as (producer, first offset)."""
    raw = b"".join(map(batch_bytes, log))
    return PartitionRecords(TP0, MemoryRecords(raw), list(aborted), start, None, None, True, isolation_level)
