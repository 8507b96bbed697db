"""The marker: the row of a shard's state that says how far it got, written by every commit.

It holds per source the next position to read (past control and aborted records) and the offset and hash of the last
record included, the disposition totals, the breaker and a note of the state's own. It also names the deployment (app
id, cluster id, number of partitions), so that state is never opened by a stranger.
"""

from dataclasses import dataclass, field
from typing import Any

import orjson
import xxhash

from streams.engine.failure import Refusal
from streams.engine.fetch import Record

KEY = b"m"
ROW_VERSION = 1
DISPOSITIONS = ("counted", "duplicate", "correction", "dead_letter", "rehomed")


@dataclass(slots=True)
class Source:
    """How far one source of a shard was read. `last_offset` is -1 and `last_hash` empty where nothing was included."""

    position: int
    last_offset: int = -1
    last_hash: str = ""
    totals: dict[str, int] = field(default_factory=lambda: dict.fromkeys(DISPOSITIONS, 0))

    def sought(self, log_start: int) -> int:
        """Where to read from, so that the last record included comes back and can be recognised, if it is kept."""
        return self.last_offset if self.last_offset >= log_start else self.position


@dataclass(slots=True)
class Marker:
    """Everything in the marker row. `state` is the state's own note: the engine only carries it."""

    app_id: str
    cluster_id: str
    partitions: int
    sources: dict[str, Source]
    breaker: dict[str, Any] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)

    @property
    def totals(self) -> dict[str, dict[str, int]]:
        """The disposition totals by source topic."""
        return {topic: source.totals for topic, source in self.sources.items()}

    def encode(self) -> bytes:
        """The row's value: one byte of row version, then JSON."""
        return bytes((ROW_VERSION,)) + orjson.dumps(
            {
                "app_id": self.app_id,
                "cluster_id": self.cluster_id,
                "partitions": self.partitions,
                "sources": {
                    topic: {
                        "position": source.position,
                        "last_offset": source.last_offset,
                        "last_hash": source.last_hash,
                        "totals": source.totals,
                    }
                    for topic, source in self.sources.items()
                },
                "breaker": self.breaker,
                "state": self.state,
            }
        )

    @classmethod
    def decode(cls, row: bytes) -> "Marker":
        """The marker of a row; raises Refusal for a row that a later release wrote."""
        if row[0] != ROW_VERSION:
            text = f"the marker has row version {row[0]}, this release knows {ROW_VERSION}: run the newer release"
            raise Refusal("newer_row", text)
        kept = orjson.loads(row[1:])
        return cls(
            app_id=kept["app_id"],
            cluster_id=kept["cluster_id"],
            partitions=kept["partitions"],
            sources={topic: Source(**source) for topic, source in kept["sources"].items()},
            breaker=kept["breaker"],
            state=kept["state"],
        )


def hash_of(record: Record) -> str:
    """The hash by which a record is known again: of its append time, key and value."""
    digest = xxhash.xxh3_64(record.timestamp.to_bytes(8, "big", signed=True))
    for part in (record.key, record.value):
        digest.update(b"\0" if part is None else b"\1" + len(part).to_bytes(4, "big") + part)
    return digest.hexdigest()
