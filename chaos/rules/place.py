"""Where a record belongs, and where it came from."""

from collections import Counter
from typing import Any

from aiokafka.partitioner import murmur2


def home(key: str, partitions: int) -> int:
    """The partition of a key, as Java's producers have it."""
    return int(murmur2(key.encode()) & 0x7FFFFFFF) % partitions


def origin(record: Any) -> tuple[int, bool]:
    """When a record arrived first (ms since the epoch), and whether somebody sent it on from a wrong partition."""
    headers = Counter(name for name, _ in record.headers)
    if headers["nps.rehomed-from"] != 1 or headers["nps.arrival"] != 1:
        return record.timestamp, False
    return min(record.timestamp, int(dict(record.headers)["nps.arrival"])), True
