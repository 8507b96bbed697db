"""Records that cannot be handled where they stand: dead letters, and strays that are sent to where they belong."""

from typing import Protocol

from streams.agents.policy import Policy
from streams.engine.fetch import Record
from streams.engine.state import Output
from streams.events.dead_letter import dead_letter
from streams.events.headers import record_bytes
from streams.events.rehomed import rehomed_headers
from streams.events.rejected import Reason


class Sending(Protocol):
    """The part of a ledger that sends."""

    shard: int
    policy: Policy

    def send(self, topic: str, partition: int, output: Output) -> None:
        """Send a record with the next commit."""


class SettingAside:
    """Sets records of one batch aside: those of `topic`, whose dead letters go to `letters`."""

    def __init__(self, ledger: Sending, topic: str, letters: str, *, bytes_max: int) -> None:
        """`bytes_max` is the limit of the topic."""
        self._ledger = ledger
        self._topic = topic
        self._letters = letters
        self._bytes_max = bytes_max
        self._reasons: dict[Reason, int] = {}

    def dead(self, record: Record, reason: Reason) -> str:
        """Write the dead letter of a record that cannot be used; gives its disposition."""
        dead = dead_letter(
            record.key,
            record.value,
            record.headers,
            topic=self._topic,
            partition=self._ledger.shard,
            offset=record.offset,
            reason=reason,
            bytes_max=self._ledger.policy.output_bytes_max,
        )
        output = Output(dead.key, dead.value, record.timestamp, dead.headers)
        self._ledger.send(self._letters, self._ledger.shard, output)
        self._reasons[reason] = self._reasons.get(reason, 0) + 1
        return "dead_letter"

    def stray(self, record: Record, key: bytes, home: int, arrival_ms: int, *, rehomed: bool) -> str:
        """Send a record that came to the wrong partition to the right one, once; gives its disposition."""
        if rehomed:
            return self.dead(record, "wrong_partition")
        headers = rehomed_headers(
            record.headers,
            arrival_ms=arrival_ms,
            topic=self._topic,
            partition=self._ledger.shard,
            offset=record.offset,
        )
        if record_bytes(key, record.value, headers) > self._bytes_max:
            # With our headers it would not fit into the topic that it came from, and would stop the shard for ever.
            return self.dead(record, "too_large")
        self._ledger.send(self._topic, home, Output(key, record.value, record.timestamp, headers))
        return "rehomed"

    def finish(self) -> None:
        """Count what the batch brought."""
        for reason, n in self._reasons.items():
            self._ledger.policy.counts.dead_letters(reason, n)
