"""The toy broker's log, where no client can look: retries, sequences, compaction."""

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import InvalidProducerEpoch, OutOfOrderSequenceNumber
from aiokafka.producer.message_accumulator import BatchBuilder

from tests.simulation.partition_log import PartitionLog, records_of

PRODUCER = 7


def _a_log() -> PartitionLog:
    return PartitionLog(TopicPartition("log", 0), append_time=True)


def _a_batch(*keys: bytes, epoch: int = 0, sequence: int = 0) -> bytes:
    batch = BatchBuilder(1 << 16, 0, is_transactional=1)
    for key in keys:
        batch.append(timestamp=1_000, key=key, value=b"v")
    batch._set_producer_state(PRODUCER, epoch, sequence)
    return bytes(batch._build())


def _keys(log: PartitionLog) -> list[tuple[int, bytes | None]]:
    return [(r.offset, r.key) for entry in log.entries if not entry.ends for r in records_of(entry)]


def test_a_batch_that_is_sent_again_is_there_once() -> None:
    """Its answer is the first one."""
    log = _a_log()
    batch = _a_batch(b"a", b"b")
    assert (0, 5_000) == log.append(batch, 5_000, 1) == log.append(batch, 9_000, 1)
    assert [(0, b"a"), (1, b"b")] == _keys(log)


def test_a_batch_that_leaves_a_gap_is_refused() -> None:
    """Something before it was lost."""
    log = _a_log()
    log.append(_a_batch(b"a"), 5_000, 1)
    with pytest.raises(OutOfOrderSequenceNumber):
        log.append(_a_batch(b"c", sequence=2), 5_000, 1)


def test_a_batch_of_an_older_epoch_is_refused() -> None:
    """Its producer is fenced; and a new epoch counts from the start."""
    log = _a_log()
    log.append(_a_batch(b"a", epoch=1), 5_000, 1)
    with pytest.raises(InvalidProducerEpoch):
        log.append(_a_batch(b"b", sequence=1), 5_000, 1)
    assert (1, 6_000) == log.append(_a_batch(b"b", epoch=2), 6_000, 2)


def test_what_no_marker_has_ended_shares_the_fate_of_what_the_next_one_ends() -> None:
    """Of the same producer id, in whichever epoch: so a dropped marker is not the end of the story."""
    log = _a_log()
    log.append(_a_batch(b"forgotten"), 5_000, 1)
    log.append(_a_batch(b"b", epoch=1), 6_000, 2)
    assert 0 == log.stable_end
    log.settle(PRODUCER, 1, 6_000, commit=True, transaction=2)
    log.append(_a_batch(b"c", epoch=1, sequence=1), 7_000, 3)
    log.settle(PRODUCER, 1, 7_000, commit=False, transaction=3)
    assert [True, True, False] == [entry.committed for entry in log.entries if not entry.ends]


def test_compaction_leaves_the_last_of_each_key_and_all_offsets() -> None:
    """What was written again is gone; what is not settled stays."""
    log = _a_log()
    log.append(_a_batch(b"a"), 1, 1)
    log.append(_a_batch(b"b", sequence=1), 1, 1)
    log.append(_a_batch(b"a", sequence=2), 1, 1)
    log.compact()
    assert [(0, b"a"), (1, b"b"), (2, b"a")] == _keys(log)
    log.settle(PRODUCER, 0, 1, commit=True, transaction=1)
    log.compact()
    assert [(1, b"b"), (2, b"a")] == _keys(log)
    assert (0, 4, 4) == (log.start, log.end, log.stable_end)
    assert [(0, b"a"), (1, b"b"), (2, b"a")] == [
        (record.offset, record.key) for entry in log.history if not entry.ends for record in records_of(entry)
    ]
