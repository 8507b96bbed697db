"""All shards of this worker: opened on assignment, drained at revocation, kept or closed at the next assignment.

The group protocol is eager: every rebalance revokes everything. A shard is kept if it drained in time, is still ours
and the generation is exactly the following one; else it is closed and opened anew, because somebody else may have
owned it in between.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable

from faust.types import TP

from streams.engine.batches import Batch, BatchThread
from streams.engine.clock import loop_s
from streams.engine.config import EngineConfig
from streams.engine.failure import Fail, Refusal, Superseded, spawn
from streams.engine.gate import Gate
from streams.engine.lookup import Lookup
from streams.engine.shard import Handler, Shard
from streams.engine.state import Observer, State
from streams.engine.takeover import Takeover

log = logging.getLogger(__name__)

_TELL_S = 1.0
"""Nobody waits longer than this for a group that does not listen."""


class Shards:
    """The shards of one worker. `thread` is the consumer's thread, known once Faust has made it."""

    def __init__(
        self,
        *,
        config: EngineConfig,
        gate: Gate,
        new_state: Callable[[int], State],
        lookup: Lookup,
        thread: Callable[[], BatchThread],
        fail: Fail,
        observer: Observer,
    ) -> None:
        self.open: dict[int, Shard] = {}
        self.restoring: dict[int, int] = {}
        """Rows still to come, by shard being opened."""
        self.assigned = False
        self._config = config
        self._gate = gate
        self._new_state = new_state
        self._lookup = lookup
        self._thread = thread
        self._fail = fail
        self._observer = observer
        self._opening: dict[int, asyncio.Task[None]] = {}
        self._revoked_at = loop_s()
        self._revocations = 0

    @property
    def ready(self) -> bool:
        """Assigned, all restored, not rebalancing."""
        return self.assigned and not self._opening

    def positions(self) -> dict[TP, int]:
        """Where each open shard goes on reading."""
        return {tp: at for shard in self.open.values() for tp, at in shard.positions().items() if tp in shard.tps()}

    def settled_positions(self) -> dict[TP, int]:
        """What the group may be told: the positions in markers of which is known that whoever takes over finds them.

        A commit that was answered is not yet such a marker: Kafka may drop what ends it, and the next owner aborts it.
        """
        return {tp: at for shard in self.open.values() for tp, at in shard.settled_positions.items()}

    async def process(self, batch: Batch, handle: Handler) -> None:
        """Let a handler decide about a batch, in order and once; whatever goes wrong ends the process."""
        try:
            shard = self.open.get(batch.partition)
            if shard is None or shard.drained or TP(batch.topic, batch.partition) not in self._gate.open:
                return
            records = shard.accept(batch)
            if records is None:
                log.warning("A batch did not follow its position; reading again", extra={"shard": shard.number})
                positions = shard.positions()
                await self._thread().seek_and_resume({tp: positions[tp] for tp in shard.tps()})
                return
            tripped = shard.breaker.tripped
            shard.include(batch, records, handle(shard, records))
            if shard.breaker.tripped != tripped:
                await self._follow_breaker(shard)
            await shard.room()
        except Exception as error:  # noqa: BLE001 -- an exception in an agent would lose the batch: fail stop
            self._fail(error)

    async def on_revoked(self) -> None:
        """Everything was revoked: stop taking input and commit what is pending."""
        self.assigned = False
        self._revocations += 1
        self._revoked_at = loop_s()
        self._gate.hold(self._gate.open)
        for task in self._opening.values():
            task.cancel()
        if self._opening:
            await asyncio.wait(self._opening.values())
        self._opening.clear()
        self.restoring.clear()
        await asyncio.gather(*(shard.drain() for shard in self.open.values()))
        await self._tell()

    async def on_assigned(self, tps: set[TP], generation: int) -> None:
        """The assignment of a generation: keep what may be kept, close the rest, open what is new."""
        ours = {tp.partition for tp in tps}
        for number, shard in list(self.open.items()):
            if shard.drained and number in ours and generation == shard.generation + 1:
                shard.generation = generation
            else:
                del self.open[number]
                await shard.close()
        kept = list(self.open.values())
        await asyncio.gather(*(self._admit(shard) for shard in kept))
        for number in sorted(ours - self.open.keys()):
            self.restoring[number] = -1
            self._opening[number] = spawn(self._open(number, generation), self._fail, f"open-{number}")
        self.assigned = True
        self._observer.rebalanced(loop_s() - self._revoked_at)
        log.info("Assigned", extra={"shards": sorted(ours), "kept": sorted(self.open), "generation": generation})

    async def close(self) -> None:
        """Leave: commit what is pending and let go of every shard."""
        await self.on_revoked()
        shards = list(self.open.values())
        self.open.clear()
        await asyncio.gather(*(shard.close() for shard in shards))

    async def _open(self, number: int, generation: int) -> None:
        started = loop_s()
        thread = self._thread()
        takeover = Takeover(
            config=self._config,
            lookup=self._lookup,
            committed=thread.committed,
            is_current=lambda: thread.generation() == generation,
            remaining=lambda rows: self.restoring.__setitem__(number, rows),
        )
        state = self._new_state(number)
        try:
            taken = await takeover.run(number, state)
        except Superseded:
            log.info("Not opened: the group has moved on", extra={"shard": number})
            return
        except Refusal as refusal:
            self._observer.refused(refusal.kind)
            raise
        shard = Shard(
            number,
            config=self._config,
            state=state,
            taken=taken,
            generation=generation,
            backlog=self.has_backlog,
            fail=self._fail,
            observer=self._observer,
        )
        try:
            await shard.commit_first()
        except asyncio.CancelledError:
            await shard.close()
            raise
        self.open[number] = shard
        self._opening.pop(number, None)
        self.restoring.pop(number, None)
        self._observer.restored(number, loop_s() - started, taken.rows)
        log.info("Shard open", extra={"shard": number, "rows": taken.rows, "s": round(loop_s() - started, 3)})
        sources = shard.marker.sources
        sought = {TP(topic, number): sources[topic].sought(start) for topic, start in taken.log_starts.items()}
        await self._admit(shard, sought)
        # Only what the group knows tells a lost state from a first start: that must not wait for the next interval.
        await shard.settle()
        await self._tell()

    async def _tell(self) -> None:
        """Let the group know how far the shards got, so that an older copy of their state is known for one."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_TELL_S):
                await self._thread().commit_positions(self.settled_positions())

    def has_backlog(self) -> bool:
        """Whether a shard of this worker is well behind the end of its input."""
        return any(shard.behind for shard in self.open.values())

    async def _admit(self, shard: Shard, sought: dict[TP, int] | None = None) -> None:
        """Seek first, then make active."""
        tps = shard.tps()
        positions = shard.positions() if sought is None else sought
        revocations = self._revocations
        await self._thread().seek_and_resume({tp: positions[tp] for tp in tps})
        if revocations == self._revocations and self.open.get(shard.number) is shard:
            shard.start()
            self._gate.admit(tps)

    async def _follow_breaker(self, shard: Shard) -> None:
        source = frozenset({TP(self._config.breaker_source, shard.number)})
        if shard.breaker.tripped:
            shard.behind = False
            self._gate.hold(source)
            await self._thread().hold(source)
            log.error(
                "Breaker: too many dead letters, partition held until `nps resume`", extra={"shard": shard.number}
            )
        else:
            await self._admit(shard)
            log.info("Breaker lifted", extra={"shard": shard.number})
