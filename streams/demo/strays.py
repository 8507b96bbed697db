"""Keys that lead astray: what a system sends that keys its records by the wrong thing."""

from random import Random

from aiokafka.partitioner import murmur2


def stray_key(partitions: int, random: Random, home: bytes) -> bytes:
    """A number instead of the key `home`, one that leads astray; where all keys lead to one place, it cannot."""
    while True:
        key = b"order-%08d" % random.randrange(10**8)
        if partitions == 1 or murmur_partition(key, partitions) != murmur_partition(home, partitions):
            return key


def murmur_partition(key: bytes, partitions: int) -> int:
    """The partition of a key, as every Kafka client with the usual partitioner has it."""
    hashed: int = murmur2(key)
    return (hashed & 0x7FFFFFFF) % partitions
