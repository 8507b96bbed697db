"""An open shard: takes batches in order, collects what they do, and commits it.

One commit is in flight at a time. The first event after a pause commits at once; under load the pause between two
commits adapts to what a commit costs, up to the interval of the settings. Everything that happens meanwhile goes into
the next one.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from faust.types import TP

from streams.engine.batches import Batch
from streams.engine.breaker import Breaker
from streams.engine.clock import loop_s
from streams.engine.commit import Writer
from streams.engine.config import EngineConfig
from streams.engine.failure import Fail, Refusal, deadline, spawn
from streams.engine.fetch import Record
from streams.engine.marker import hash_of
from streams.engine.settling import Settling
from streams.engine.state import Observer, State
from streams.engine.takeover import Taken

_PAUSE_PER_COMMIT = 4.0
"""A shard rests this many times as long as a commit takes: about a fifth of its time goes into commits."""
_BEHIND_INTERVALS = 20
"""So many intervals lie between commits amid a backlog: a page that several answers changed is written once."""
_HELD_BACK_S = 1.0
_HELD_BACK_S_MAX = 60.0
"""A worker that is never done with its backlog publishes scores all the same after this."""
_PENDING_MAX = 100_000
"""Records and rows that may wait for a commit before the input waits too: bounds memory when the broker is slow."""
_ROOM_S = 2.0
_MOVED_S = 20.0
"""A position that moved without data is committed after this long."""
_SETTLING = 0.2
"""The part of the time for draining in which the last commit is to settle."""
_SETTLES_S = 0.02
"""A commit is answered some milliseconds before what ends it stands in every partition."""
_LOOK_S_MIN = 0.2
_BEHIND_RECORDS = 2_000
"""More than this between the position and the end counts as a backlog."""


@dataclass(slots=True)
class Handled:
    """What became of the first `done` records of a batch: totals by disposition."""

    done: int
    totals: dict[str, int]


class Shard:
    """One open shard of this worker. All methods belong to the worker's event loop."""

    def __init__(
        self,
        number: int,
        *,
        config: EngineConfig,
        state: State,
        taken: Taken,
        generation: int,
        backlog: Callable[[], bool],
        fail: Fail,
        observer: Observer,
    ) -> None:
        self.number = number
        self.state = state
        self.generation = generation
        self.marker = taken.marker
        self.breaker = Breaker.load(taken.marker.breaker)
        self.drained = False
        self.behind = False
        self.last_commit_s = 0.0
        self.stable_ends: dict[str, int] = {}
        self.last_event_s: dict[str, float] = {}
        self.committed_positions: dict[TP, int] = {}
        """The positions in the last committed marker."""
        self.settled_positions: dict[TP, int] = {}
        """Those in the last one of which is known that whoever takes over will find it."""
        self._config = config
        self._settling = Settling(taken.producer, config, number, taken.lookup)
        self._writer = Writer(taken.producer, config, number, self._settling)
        self._state_position = taken.state_position
        self._backlog = backlog
        self._backlog_since: float | None = None
        self._fail = fail
        self._observer = observer
        self._wanted = asyncio.Event()
        self._room = asyncio.Event()
        self._lock = asyncio.Lock()
        self._is_cut_off = False
        self._commit_cost_s = 0.005
        self._moved_at: float | None = None
        self._oldest_s: float | None = None
        self._task: asyncio.Task[None] | None = None

    def tps(self) -> frozenset[TP]:
        """The partitions that may deliver to this shard now."""
        held = {self._config.breaker_source} if self.breaker.tripped else set()
        return frozenset(TP(topic, self.number) for topic in self._config.sources if topic not in held)

    def positions(self) -> dict[TP, int]:
        """The next position of every source."""
        return {TP(topic, self.number): source.position for topic, source in self.marker.sources.items()}

    def start(self) -> None:
        """Begin to commit; also after a rebalance that left the shard here."""
        self.drained = False
        if self._task is None:
            self._task = spawn(self._run(), self._fail, f"shard-{self.number}")

    def accept(self, batch: Batch) -> list[Record] | None:
        """The records of a batch that are new to this shard; None for a batch that does not follow its position.

        Raises Refusal when the record at the marked offset is not the one that was included.
        """
        source = self.marker.sources[batch.topic]
        self.stable_ends[batch.topic] = batch.stable_end
        if batch.topic == self._config.breaker_source:
            self.behind = batch.stable_end - batch.next_position > _BEHIND_RECORDS
        if batch.start > source.position:
            return None
        records = batch.records
        if batch.start >= source.position or not records:
            return records
        for record in records:
            if record.offset == source.last_offset and hash_of(record) != source.last_hash:
                text = (
                    f"{batch.topic}[{self.number}] holds another record at offset {record.offset} than the one that "
                    "was included: the topic was recreated. Restore it, or start over under another NPS_APP_ID"
                )
                raise Refusal("recreated_input", text)
            if record.offset >= source.last_offset:
                break
        return [record for record in records if record.offset >= source.position]

    def include(self, batch: Batch, records: list[Record], handled: Handled) -> None:
        """Note how far a batch was handled; the next commit writes it."""
        source = self.marker.sources[batch.topic]
        position = batch.next_position if handled.done == len(records) else records[handled.done].offset
        if position <= source.position:
            return
        source.position = position
        if handled.done:
            last = records[handled.done - 1]
            source.last_offset, source.last_hash = last.offset, hash_of(last)
            self.last_event_s[batch.topic] = last.timestamp / 1000
            for disposition, n in handled.totals.items():
                source.totals[disposition] += n
                self._observer.processed(batch.topic, disposition, n)
            assert sum(handled.totals.values()) == handled.done
            self._measure(batch.topic, records[0].timestamp / 1000, handled.done)
            self.want_commit()
        elif self._moved_at is None:
            self._moved_at = self._config.now()

    def want_commit(self) -> None:
        """There is something to commit."""
        self._wanted.set()

    async def room(self) -> None:
        """Hold the input up while too much awaits a commit; not for long, since a rebalance waits for the agents."""
        if self.state.pending() > _PENDING_MAX and not self.drained:
            self._room.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._room.wait(), _ROOM_S)

    async def commit_first(self) -> None:
        """Commit the marker once: after this the group may learn positions, and the state is known to be ours."""
        async with self._lock:
            await self._commit()

    async def settle(self, *, insisting: bool = False) -> None:
        """Wait until the last commit is settled: no next owner will abort it. Not for long: it may hang on others."""
        until_s = loop_s() + self._config.drain_timeout_s * _SETTLING
        while True:
            async with self._lock:
                await self._look(insisting=insisting)
                if self._settling.is_settled or loop_s() > until_s:
                    return
            await asyncio.sleep(_SETTLES_S)

    async def drain(self) -> None:
        """Commit what is pending and nothing more; `drained` tells whether that was done in time."""
        if self._is_cut_off:
            return
        try:
            async with asyncio.timeout(self._config.drain_timeout_s):
                async with self._lock:
                    self.drained = True
                    if self.state.pending() or self._wanted.is_set():
                        await self._commit()
                await self.settle(insisting=True)
        except TimeoutError:
            self.drained = False
            self._is_cut_off = True
            # What the commit that was cut off took from the state is in no later one: nobody may commit after it.
            if self._task is not None:
                self._task.cancel()

    async def close(self) -> None:
        """Let go of the shard. What is not committed is done again by the next owner."""
        self.drained = True
        self._room.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        await self._writer.close()

    def _holds_back(self) -> bool:
        """Whether scores and ticks wait: the worker has a backlog in some shard, though not for ever."""
        if not self._backlog():
            self._backlog_since = None
            return False
        now_s = loop_s()
        self._backlog_since = now_s if self._backlog_since is None else self._backlog_since
        return now_s - self._backlog_since < _HELD_BACK_S_MAX

    def _measure(self, topic: str, oldest_s: float, n: int) -> None:
        self._observer.consumed(topic, n)
        self._observer.age(topic, max(0.0, self._config.now() - oldest_s))
        if topic == self._config.breaker_source and self._oldest_s is None:
            self._oldest_s = oldest_s

    async def _run(self) -> None:
        while True:
            started = await self._wait_for_work()
            async with self._lock:
                if not self.drained:
                    await self._commit()
            if self.behind:
                pause_s = self._config.commit_interval_s * _BEHIND_INTERVALS
            else:
                pause_s = min(self._config.commit_interval_s, self._commit_cost_s * _PAUSE_PER_COMMIT)
            await asyncio.sleep(max(0.0, pause_s - (loop_s() - started)))

    async def _wait_for_work(self) -> float:
        """Wait for input, or for what time alone brings about; gives the monotonic time of the start."""
        while True:
            if self._settling.look_in_s() <= 0:
                async with self._lock:
                    if not self.drained:
                        await self._look(insisting=True)
            now = self._config.now()
            due_s = _HELD_BACK_S if self._holds_back() else self.state.due_in_s(now)
            if self._moved_at is not None:
                due_s = min(due_s, self._moved_at + _MOVED_S - now)
            if self._wanted.is_set() or due_s <= 0:
                if not self.drained:
                    return loop_s()
                due_s = 1.0
                self._wanted.clear()
            wait_s = min(due_s, max(_LOOK_S_MIN, self._settling.look_in_s()), 30.0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wanted.wait(), wait_s)

    async def _look(self, *, insisting: bool) -> None:
        if await self._settling.look():
            self.settled_positions = self.committed_positions
        if insisting:
            async with deadline(self._config.commit_deadline_s, f"committing shard {self.number} once more"):
                await self._settling.insist()

    async def _commit(self) -> None:
        config = self._config
        self._wanted.clear()
        self._moved_at = None
        oldest_s, self._oldest_s = self._oldest_s, None
        started = loop_s()
        changes = self.state.take(config.now(), behind=self._holds_back(), state_position=self._state_position)
        self.marker.breaker = self.breaker.dump()
        self.marker.state = changes.note
        positions = self.positions()
        try:
            async with deadline(config.commit_deadline_s, f"a commit of shard {self.number}"):
                committed = await self._writer.commit(changes.outputs, changes.rows, self.marker.encode())
        except Exception as error:
            self._observer.commit_failed(type(error).__name__)
            raise
        self._state_position = committed.state_position
        self.committed_positions = positions
        self.last_commit_s = config.now()
        self.state.committed(self.last_commit_s)
        seconds = loop_s() - started
        self._commit_cost_s += (seconds - self._commit_cost_s) / 8
        self._observer.commit(self.number, seconds, committed.records, len(changes.rows))
        if oldest_s is not None:
            self._observer.latency(max(0.0, self.last_commit_s - oldest_s))
        self._room.set()
        if changes.more:
            self._wanted.set()


Handler = Callable[[Shard, list[Record]], Handled]
"""Decides about the records of a batch: changes the shard's state and says what became of them."""
