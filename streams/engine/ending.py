"""Ending a transaction once more, for partitions in which Kafka may have left it open.

A broker writes the markers that end a transaction after it has told the producer so. One of Kafka 4.3.0 to 4.4.0 that
meets a partition without a leader, because all its replicas are just coming back, takes it for deleted and drops the
marker (KAFKA-20734). The records then stay open under their producer id, which is that of the transactional.id through
all its owners, and share the fate of the next transaction that a later owner ends there: what was aborted comes back as
committed. So the next transaction in such a partition must end as that one did: a new owner aborts at once, and the
transactions of a living one span all partitions in which an earlier one is not known to have ended.
"""

from collections.abc import Iterable

from aiokafka import AIOKafkaProducer, TopicPartition


async def abort_again(producer: AIOKafkaProducer, partitions: Iterable[TopicPartition]) -> None:
    """Abort, in these partitions, whatever this producer's id has open there; what is not open stays as it is."""
    await producer.begin_transaction()
    span(producer, partitions)
    await producer.abort_transaction()


async def commit_again(producer: AIOKafkaProducer, partitions: Iterable[TopicPartition]) -> None:
    """Commit, in these partitions, whatever this producer's id has open there."""
    await producer.begin_transaction()
    span(producer, partitions)
    await producer.commit_transaction()


def span(producer: AIOKafkaProducer, partitions: Iterable[TopicPartition]) -> None:
    """Have the transaction that has begun end in these partitions as well."""
    for tp in partitions:
        # What sending to it does first. A private part of aiokafka 0.14.0: a contract test fails where it changes.
        producer._txn_manager.maybe_add_partition_to_txn(tp)
