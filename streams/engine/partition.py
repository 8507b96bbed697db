"""Which partition a key belongs to: murmur2, as Java's producers, Faust and aiokafka have it."""

from aiokafka.partitioner import murmur2


def partition_of(key: bytes, partitions: int) -> int:
    """The partition of a key (librdkafka: `partitioner=murmur2_random`). About 10 us: not for every record."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions
