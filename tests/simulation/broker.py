"""The toy broker: topics, transactions and the offsets of groups, as Kafka has them; no network and no faults.

The rules of transactions are those of Kafka's coordinator for clients of protocol version 0: an epoch per
`InitProducerId`, an open transaction aborted by it and after its timeout, markers written some time after `EndTxn` is
answered, `CONCURRENT_TRANSACTIONS` until they are, and data accepted only for partitions that were added before.
`tests/simulation/test_broker_contract.py` holds it against the real one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from aiokafka import TopicPartition
from aiokafka.errors import (
    ConcurrentTransactions,
    InvalidProducerEpoch,
    InvalidProducerIdMapping,
    InvalidTxnState,
    UnknownTopicOrPartitionError,
)

from tests.simulation.partition_log import Entry, PartitionLog


class Time(Protocol):
    """What a broker needs of time."""

    def now_ms(self) -> int:
        """The broker's clock, in ms since the epoch."""

    def later(self, delay_s: float, what: Callable[[], None]) -> None:
        """Have something done later."""

    def marker_delay_s(self) -> float:
        """How long the next marker takes to be written."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a transaction ended, and whose it was."""

    transactional_id: str
    producer_id: int
    epoch: int
    committed: bool
    at: int
    """Counts what the coordinator did, this included."""


class Taken(NamedTuple):
    """Who took a transactional id over, and in which generation of the group he thought he was."""

    at: int
    """As `Outcome.at`."""
    epoch: int
    who: str
    generation: int


@dataclass(slots=True)
class Transactional:
    """What the coordinator keeps of a transactional id. `state`: empty, ongoing, committing, aborting, ended."""

    producer_id: int
    epoch: int
    timeout_s: float
    state: str = "empty"
    committed: bool = False
    """How the last transaction ended."""
    serial: int = -1
    partitions: list[TopicPartition] = field(default_factory=list)


class Broker:
    """All partitions of all topics, and the coordinators."""

    def __init__(self, time: Time) -> None:
        self.logs: dict[TopicPartition, PartitionLog] = {}
        self.offsets: dict[tuple[str, TopicPartition], int] = {}
        self.outcomes: dict[int, Outcome] = {}
        """By the serial number of the transaction, as soon as it is decided."""
        self.taken: dict[str, list[Taken]] = {}
        """By transactional id each producer that took it over, in order."""
        self.forgets: str | None = None
        """Transactional ids that begin so lose the markers that are due now, as with Kafka 4.3.0 to 4.4.0 where a
        partition has no leader."""
        self._deeds = 0
        self._time = time
        self._transactional: dict[str, Transactional] = {}
        self._serial = 0

    def create(self, topic: str, partitions: int, *, append_time: bool) -> None:
        """Create a topic."""
        for number in range(partitions):
            tp = TopicPartition(topic, number)
            self.logs[tp] = PartitionLog(tp, append_time=append_time)

    def now_ms(self) -> int:
        """The broker's clock."""
        return self._time.now_ms()

    def log(self, tp: TopicPartition) -> PartitionLog:
        """A partition; raises UnknownTopicOrPartitionError."""
        if tp not in self.logs:
            raise UnknownTopicOrPartitionError
        return self.logs[tp]

    def init_producer_id(self, transactional_id: str, timeout_s: float, who: tuple[str, int]) -> tuple[int, int]:
        """Producer id and epoch; the former holder is fenced. Raises ConcurrentTransactions until all is settled."""
        kept = self._transactional.get(transactional_id)
        if kept is None:
            kept = Transactional(1_000 + len(self._transactional), -1, timeout_s)
            self._transactional[transactional_id] = kept
        if kept.state == "ongoing":
            kept.epoch += 1
            self._decide(transactional_id, kept, commit=False)
        if kept.state in {"committing", "aborting"}:
            raise ConcurrentTransactions
        kept.epoch += 1
        kept.state = "empty"
        kept.timeout_s = timeout_s
        self.taken.setdefault(transactional_id, []).append(Taken(self._count(), kept.epoch, *who))
        return kept.producer_id, kept.epoch

    def add_partitions(
        self, transactional_id: str, producer_id: int, epoch: int, tps: Iterable[TopicPartition]
    ) -> None:
        """Make partitions part of the transaction, and begin it."""
        kept = self._holder(transactional_id, producer_id, epoch)
        if kept.state in {"committing", "aborting"}:
            raise ConcurrentTransactions
        if kept.state != "ongoing":
            kept.state = "ongoing"
            self._serial += 1
            serial = kept.serial = self._serial
            kept.partitions = []
            self._time.later(kept.timeout_s, lambda: self._expire(transactional_id, kept, serial))
        kept.partitions += [tp for tp in tps if tp not in kept.partitions]

    def produce(self, tp: TopicPartition, raw: bytes, holder: tuple[str, int, int] | None = None) -> tuple[int, int]:
        """Append a batch, in a transaction of the `holder` (transactional id, producer id, epoch) or in none."""
        log = self.log(tp)
        if holder is None:
            return log.append(raw, self._time.now_ms())
        kept = self._holder(*holder)
        if kept.state != "ongoing" or tp not in kept.partitions:
            raise InvalidTxnState
        return log.append(raw, self._time.now_ms(), kept.serial)

    def end_transaction(self, transactional_id: str, producer_id: int, epoch: int, *, commit: bool) -> None:
        """Decide the transaction; its markers follow. The same decision again is no error."""
        kept = self._holder(transactional_id, producer_id, epoch)
        if kept.state in {"committing", "aborting"}:
            raise ConcurrentTransactions
        if kept.state == "ongoing":
            self._decide(transactional_id, kept, commit=commit)
        elif kept.state == "empty" or kept.committed != commit:
            raise InvalidTxnState

    def is_visible(self, entry: Entry) -> bool:
        """Whether a batch is data that read_committed readers see, now or once an older transaction has ended."""
        if entry.ends:
            return False
        if entry.committed is not None:
            return entry.committed
        outcome = self.outcomes.get(entry.transaction)
        return entry.transaction < 0 or (outcome is not None and outcome.committed)

    def data_end(self, log: PartitionLog) -> int:
        """The offset behind the last visible record of a partition."""
        return next((entry.last + 1 for entry in reversed(log.history) if self.is_visible(entry)), 0)

    def _holder(self, transactional_id: str, producer_id: int, epoch: int) -> Transactional:
        kept = self._transactional.get(transactional_id)
        if kept is None or kept.producer_id != producer_id:
            raise InvalidProducerIdMapping
        if kept.epoch != epoch:
            raise InvalidProducerEpoch
        return kept

    def _count(self) -> int:
        self._deeds += 1
        return self._deeds

    def _expire(self, transactional_id: str, kept: Transactional, serial: int) -> None:
        if kept.state == "ongoing" and kept.serial == serial:
            kept.epoch += 1
            self._decide(transactional_id, kept, commit=False)

    def _decide(self, transactional_id: str, kept: Transactional, *, commit: bool) -> None:
        kept.state = "committing" if commit else "aborting"
        kept.committed = commit
        self.outcomes[kept.serial] = Outcome(transactional_id, kept.producer_id, kept.epoch, commit, self._count())
        waiting = set(kept.partitions)
        forgotten: list[bool] = []

        def settle(tp: TopicPartition) -> None:
            # A commit everywhere or nowhere: what becomes of one that is forgotten in part is not promised.
            if not (commit and forgotten):
                forgotten.append(self.forgets is not None and transactional_id.startswith(self.forgets))
            if not forgotten[-1]:
                self.logs[tp].settle(
                    kept.producer_id, kept.epoch, self._time.now_ms(), commit=commit, transaction=kept.serial
                )
            waiting.discard(tp)
            if not waiting:
                kept.state = "ended"

        for tp in kept.partitions:
            self._time.later(self._time.marker_delay_s(), lambda tp=tp: settle(tp))  # type: ignore[misc]
