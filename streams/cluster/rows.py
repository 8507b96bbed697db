"""The rows of `nps.state` that speak of one store or one brand, read from outside while workers go on.

What is read is what stood there at one instant: all of each transaction, or nothing of it. Rows are told apart by their
raw keys before anything is unpacked, so that a state of millions of rows takes seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from streams.cluster.connection import admin_client, reader
from streams.cluster.reading import partitions_of, read_span
from streams.domain.finals import Kept
from streams.domain.page import NewerRow
from streams.engine.partition import partition_of
from streams.settings import Settings
from streams.topology import STATE

_TALLY_ROW_VERSION = 1
_LIFETIME_HEAD_BYTES = 5
"""The version and the last day of the tally, before it."""


@dataclass(slots=True)
class StoreRows:
    """What the state holds of one store, in which partition: packed pages by day and segment, tallies of older days,
    and the tally of all that lies before the days that are kept.
    """

    partition: int
    pages: dict[tuple[int, int], bytes] = field(default_factory=dict)
    day_tallies: dict[int, int] = field(default_factory=dict)
    lifetime: int = 0

    def take(self, kind: bytes, place: list[bytes], row: bytes | None) -> None:
        """Take the row of a key, the newest last; None where it was deleted. Raises NewerRow."""
        if kind == b"p":
            page = int(place[0]), int(place[1])
            if row is None:
                self.pages.pop(page, None)
            else:
                self.pages[page] = row
        elif kind == b"d":
            self.day_tallies[int(place[0])] = _tally(row, 1)
        else:
            self.lifetime = _tally(row, _LIFETIME_HEAD_BYTES)


class Selection:
    """Takes the rows of one brand, or of one of its stores, out of all rows of the state.

    `wanted` says of a day (since the epoch) whether its rows are of interest. A store is known by its pages and
    tallies, wanted or not.
    """

    def __init__(self, brand: str, store: str | None, wanted: Callable[[int], bool]) -> None:
        self.stores: dict[str, StoreRows] = {}
        self.finals: dict[int, Kept] = {}
        """By partition what periods of the store, or of the brand's stores there, said when they became final."""
        suffix = "" if store is None else f"{store}|"
        of_days = f"{brand}|{suffix}".encode()
        self._finals = f"f|{brand}|{store or ''}|".encode()
        self._lifetime = b"l|" + of_days if store is None else b"l|" + of_days[:-1]
        self._is_exact = store is not None
        self._prefixes = b"p|" + of_days, b"d|" + of_days
        self._wanted = wanted

    def take(self, key: bytes, row: bytes | None, partition: int) -> None:
        """Take a row if it is one of them, the newest last; raises NewerRow."""
        if key.startswith(self._prefixes):
            kind, _, name, *place = key.split(b"|")
            rows = self._rows(name, partition)
            if self._wanted(int(place[0])):
                rows.take(kind, place, row)
        elif key.startswith(self._finals):
            self.finals.setdefault(partition, Kept()).load(int(key[len(self._finals) :]), row)
        elif key == self._lifetime or (not self._is_exact and key.startswith(self._lifetime)):
            kind, _, name = key.split(b"|")
            self._rows(name, partition).take(kind, [], row)

    def _rows(self, name: bytes, partition: int) -> StoreRows:
        store = name.decode()
        rows = self.stores.get(store)
        if rows is None:
            rows = self.stores[store] = StoreRows(partition)
        return rows


async def read_rows(settings: Settings, brand: str, store: str | None, wanted: Callable[[int], bool]) -> Selection:
    """The rows of a brand by store, or of one store, which are all in its partition; names in Form C.

    KafkaError without Kafka or without the topic, NewerRow where a later release wrote one of the rows.
    """
    selection = Selection(brand, store, wanted)
    async with admin_client(settings) as admin:
        partitions = await partitions_of(admin, settings.topic(STATE.name))
    if store is not None:
        partitions = [partitions[partition_of(f"{brand}|{store}".encode(), len(partitions))]]
    async with reader(settings, "read_committed") as consumer:
        ends = await consumer.end_offsets(partitions)
        of_partition = {tp.partition: end for tp, end in ends.items()}

        def take(record: Any) -> None:
            # What was committed since belongs to a later state, of which this may be a part only.
            if record.offset < of_partition[record.partition]:
                selection.take(record.key, record.value, record.partition)

        await read_span(consumer, await consumer.beginning_offsets(partitions), ends, take)
    return selection


def _tally(row: bytes | None, head_bytes: int) -> int:
    if row is None:
        return 0
    if row[0] != _TALLY_ROW_VERSION:
        message = f"a tally of row version {row[0]}; this release knows {_TALLY_ROW_VERSION}"
        raise NewerRow(message)
    return int.from_bytes(row[head_bytes:], "little")
