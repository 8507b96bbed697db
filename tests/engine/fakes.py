"""A producer and a clock that keep what they are told. They skip what only a broker can do: fencing and durability."""

import asyncio
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import IllegalOperation

from streams.engine.config import EngineConfig
from streams.engine.state import Changes, Row

RESPONSES, CONTROL, STATE = "survey.responses", "nps.control", "nps.state"
NOW_S = 1_780_000_000.0


def a_config(**changed: Any) -> EngineConfig:
    """A deployment of one shard, but for what is `changed`."""
    return EngineConfig(
        **{
            "brokers": "127.0.0.1:9",
            "app_id": "nps",
            "cluster_id": "cluster",
            "partitions": 1,
            "sources": (RESPONSES, CONTROL),
            "breaker_source": RESPONSES,
            "state": STATE,
            "outputs": dict.fromkeys((RESPONSES, "followup.alerts", "t"), 1),
            "commit_interval_s": 0.0,
            "commit_deadline_s": 30.0,
            "transaction_timeout_s": 10.0,
            "request_timeout_s": 5.0,
            "drain_timeout_s": 5.0,
            "clock_skew_max_s": 60.0,
            "now": lambda: NOW_S,
            **changed,
        }
    )


class FakeBatch:
    """Takes so many records."""

    def __init__(self, records_max: int) -> None:
        self.records: list[tuple[bytes | None, bytes | None, int, list[Any]]] = []
        self._records_max = records_max

    def append(self, *, timestamp: int, key: bytes | None, value: bytes | None, headers: list[Any]) -> object | None:
        assert type(headers) is list, "the C builder takes nothing else"
        if len(self.records) == self._records_max:
            return None
        self.records.append((key, value, timestamp, headers))
        return SimpleNamespace()


class FakeProducer:
    """A transactional producer; `committed` are the transactions, each as (topic, partition, records) in order."""

    def __init__(self, *, records_max: int = 1_000, append_s: Callable[[], float] = lambda: NOW_S) -> None:
        self.committed: list[list[tuple[str, int, list[Any]]]] = []
        self.spanned: list[set[TopicPartition]] = []
        """The partitions of each of them, those without records included."""
        self.aborted: list[set[TopicPartition]] = []
        """The partitions of each transaction without records that was aborted."""
        self.open: list[tuple[str, int, list[Any]]] | None = None
        self._bare: set[TopicPartition] = set()
        self.stopped = False
        self.timestamp_type = 1
        self.failing: set[str] = set()
        self.failed: Exception | None = None
        """Why the transaction has failed, as the producer knows by now."""
        self.offsets_are_known = True
        self.before_begin: Callable[[], Any] | None = None
        self._records_max = records_max
        self._append_s = append_s
        self._offset = 0

    async def begin_transaction(self) -> None:
        if self.before_begin is not None:
            await self.before_begin()
        assert self.open is None, "a transaction is open already"
        self.open = []
        self._bare.clear()

    def create_batch(self) -> FakeBatch:
        return FakeBatch(self._records_max)

    async def send_batch(self, batch: FakeBatch, topic: str, *, partition: int) -> "asyncio.Future[Any]":
        assert self.open is not None
        if self.failed is not None:
            raise IllegalOperation
        self.open.append((topic, partition, batch.records))
        sent: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if topic in self.failing:
            sent.set_exception(OSError("lost"))
        else:
            self._offset += len(batch.records)
            sent.set_result(
                SimpleNamespace(
                    topic_partition=TopicPartition(topic, partition),
                    offset=self._offset - 1 if self.offsets_are_known else -1,
                    timestamp=int(self._append_s() * 1000),
                    timestamp_type=self.timestamp_type,
                )
            )
        return sent

    @property
    def _txn_manager(self) -> "FakeProducer":
        return self

    async def wait_for_transaction_end(self) -> None:
        assert self.failed is not None
        raise self.failed

    def maybe_add_partition_to_txn(self, tp: TopicPartition) -> None:
        assert self.open is not None
        self._bare.add(tp)

    async def commit_transaction(self) -> None:
        assert self.open is not None
        self.committed.append(self.open)
        self.spanned.append({TopicPartition(topic, partition) for topic, partition, _ in self.open} | self._bare)
        self.open = None

    async def abort_transaction(self) -> None:
        assert self.open == [], "nobody aborts records here"
        self.aborted.append(self._bare.copy())
        self.open = None

    async def stop(self) -> None:
        self.stopped = True


@dataclass
class FakeState:
    """A state of plain rows: what was put into `rows` goes out with the next commit."""

    rows: list[Row] = field(default_factory=list)
    more: int = 0
    due_s: float = 1e9
    taken: int = 0
    behind: list[bool] = field(default_factory=list)

    def restore(self, key: bytes, value: bytes | None, offset: int) -> None:
        self.rows.append((key, value))

    def restored(self, note: dict[str, Any], now_s: float) -> None:
        pass

    def pending(self) -> int:
        return len(self.rows)

    def due_in_s(self, now_s: float) -> float:
        return self.due_s

    def take(self, now_s: float, *, behind: bool, state_position: int) -> Changes:
        rows, self.rows = self.rows, []
        self.taken += 1
        self.behind.append(behind)
        self.more -= 1
        return Changes(rows=rows, note={"taken": self.taken}, more=self.more > 0)

    def committed(self, now_s: float) -> None:
        pass


class FakeLookup:
    """Says of the partitions it is asked about which have something `open`, from which offset on."""

    def __init__(self, **open_at: int) -> None:
        self.open = {TopicPartition(topic.replace("_", "."), 0): at for topic, at in open_at.items()}
        self.asked: list[set[TopicPartition]] = []
        self.is_away = False

    async def unsettled(self, tps: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        self.asked.append(set(tps))
        if self.is_away:
            await asyncio.sleep(math.inf)
        return {tp: at for tp, at in self.open.items() if tp in tps}


class FakeObserver:
    """Lists what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *args: self.told.append((name, *args))


class Failures:
    """Keeps what would have ended the process."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []

    def __call__(self, error: BaseException) -> None:
        """The real one does not come back from here."""
        self.errors.append(error)
