"""What the engine asks of the state of a shard, and what it is given to commit."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

Headers = list[tuple[str, bytes | None]]
Row = tuple[bytes, bytes | None]
"""A row of the changelog: key and value, None to delete it."""


class Output(NamedTuple):
    """A record to write; `timestamp_ms` None means the time of the commit."""

    key: bytes | None
    value: bytes | None
    timestamp_ms: int | None = None
    headers: Headers = []  # noqa: RUF012 -- never changed, and the C builder takes nothing but a list


Outputs = dict[tuple[str, int], list[Output]]
"""Records to write, by topic and partition, in order."""


@dataclass(slots=True)
class Changes:
    """All that a shard commits in one transaction beside the marker."""

    rows: list[Row] = field(default_factory=list)
    outputs: Outputs = field(default_factory=dict)
    note: dict[str, Any] = field(default_factory=dict)
    """What the marker keeps for the state."""
    more: bool = False
    """There is more due than one commit may take."""


class State(Protocol):
    """The state of one shard. Called from one event loop only; nothing here may block or wait."""

    def restore(self, key: bytes, value: bytes | None, offset: int) -> None:
        """Take one row of the changelog, oldest first; may raise Refusal."""

    def restored(self, note: dict[str, Any], now_s: float) -> None:
        """All rows are in; `note` is the one of the last marker, empty at the first start."""

    def pending(self) -> int:
        """About how many records and rows await the next commit: what has happened since the last."""

    def due_in_s(self, now_s: float) -> float:
        """When something is due that time alone brings about, in seconds from now."""

    def take(self, now_s: float, *, behind: bool, state_position: int) -> Changes:
        """Hand over what is to be committed now. `behind` holds back what can wait while a backlog is worked off.

        The rows will stand at or after `state_position` in the changelog.
        """

    def committed(self, now_s: float) -> None:
        """What was taken last is committed."""


class Observer(Protocol):
    """Who counts; the metrics of the application, in short."""

    def commit(self, shard: int, seconds: float, records: int, rows: int) -> None:
        """A transaction was committed."""

    def processed(self, topic: str, disposition: str, n: int) -> None:
        """So many records of a topic ended that way."""

    def consumed(self, topic: str, n: int) -> None:
        """So many records of a topic were taken in."""

    def age(self, topic: str, seconds: float) -> None:
        """A batch was decided whose oldest record was appended so long ago."""

    def latency(self, seconds: float) -> None:
        """A commit made visible what a record of the main input brought that was appended so long ago, the oldest."""

    def commit_failed(self, kind: str) -> None:
        """A transaction failed; the process ends."""

    def restored(self, shard: int, seconds: float, rows: int) -> None:
        """A shard's state was restored."""

    def rebalanced(self, seconds: float) -> None:
        """A rebalance ended for this worker."""

    def refused(self, kind: str) -> None:
        """A shard was not opened."""
