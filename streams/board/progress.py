"""How far the reader has come, for `/v1/status` and the page's connection state."""

from dataclasses import dataclass, field
from typing import Literal

State = Literal["live", "reading", "unreachable"]


@dataclass(slots=True)
class TopicProgress:
    """One topic: `lag` is how many offsets it was behind the end when that was last asked for.

    `malformed` of its `records` could not be used; `unshown` are of kinds that this release does not show.
    """

    partitions: int = 0
    lag: int = 0
    records: int = 0
    malformed: int = 0
    unshown: int = 0


@dataclass(slots=True)
class Progress:
    """Written by the reader, read by everybody. Instants are seconds since the epoch."""

    heard_s: float
    """When Kafka last answered; the start of the board until it has."""
    reachable: bool = True
    caught_up: bool = False
    reason: str | None = None
    """Why nothing is read, in a word or two."""
    topics: dict[str, TopicProgress] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """`unreachable` where Kafka does not answer, `reading` until every topic was read to its end, else `live`."""
        if not self.reachable:
            return "unreachable"
        return "live" if self.caught_up else "reading"
