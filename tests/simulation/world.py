"""One run of a story: the broker, the workers and their supervisor, and what befalls them."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from random import Random

from aiokafka import TopicPartition
from faust.types import TP

from streams import topology
from streams.agents.ledger import Ledger
from streams.app.wiring import policy
from streams.settings import Settings
from tests.simulation.broker import Broker
from tests.simulation.group import Group
from tests.simulation.loop import DEAD, FROZEN, RUNNING, Owner, Stuck, VirtualLoop
from tests.simulation.mishaps import SPOILING, Event
from tests.simulation.network import Network
from tests.simulation.outside import Outside
from tests.simulation.spoiling import spoil
from tests.simulation.standins import Silent
from tests.simulation.story import Story
from tests.simulation.witness import Watched, Witness
from tests.simulation.worker import Worker

_SETTINGS = Settings(
    brokers="toy",
    app_id="nps",
    commit_interval=0.05,
    commit_deadline=4.0,
    transaction_timeout=1.0,
    request_timeout=0.4,
    session_timeout=1.5,
    drain_timeout=0.5,
    score_interval=0.3,
    trend_interval=2.5,
)
"""All durations about a tenth of the real ones, in the same order."""
_REBALANCE_S = 2.5
_LIVELY_S = 60.0
"""Everything must be done this long after the last that befell anybody."""
_REFUSING_S = 6.0
"""Whoever is going to refuse a state has done so by then, once or twice."""
_LOOK_S = 0.2
_PEACE_S = 2.0
"""Nothing is due for so long: then all is said."""
_SKEWS_S = (0.0, 0.4, -0.3)
"""How far the clocks of the workers are from the broker's."""


@dataclass(frozen=True, slots=True)
class Death:
    """How a process ended."""

    name: str
    why: str
    error: BaseException | None


class World:
    """Everything there is in one run. `finished` tells whether all was done in the end."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.settings = replace(_SETTINGS, partitions=story.partitions)
        self.rules = policy(self.settings, story.partitions, Silent())  # type: ignore[arg-type]
        self.finished = False
        self.deaths: list[Death] = []
        self.workers: dict[int, Worker] = {}
        """The process in each slot; one that is being started again is missing."""
        self.loop = VirtualLoop()
        self._chance = Random(story.seed)
        self.network = Network(self.loop, self._chance, story.faults, self)
        self.broker = Broker(self)
        self.group = Group(self.network, self.settings.session_timeout, _REBALANCE_S)
        responses, state = (self.settings.topic(topic.name) for topic in (topology.RESPONSES, topology.STATE))
        self.outside = Outside(self.broker, responses, state, story.records)
        self.witness = Witness(self.broker, self.settings.app_id, state)
        self._state, self._responses = state, responses
        self._started = 0
        self._slots = story.slots
        self._befell_s = 0.0
        """When something befell a worker last."""

    def run(self) -> "World":
        """Let it happen, until everything is done or nothing more is."""
        disabled = logging.root.manager.disable
        logging.disable(logging.CRITICAL)
        try:
            with contextlib.suppress(Stuck):
                self.loop.run(self._main())
        finally:
            logging.disable(disabled)
        return self

    def close(self) -> None:
        """Let go of all processes; nothing of it is to be looked at any more."""
        self.network.closed = True
        self.loop.close()

    def open_ledgers(self) -> Iterator[tuple[int, Ledger]]:
        """The state of each open shard."""
        for worker in self.workers.values():
            for number, shard in worker.shards.open.items():
                assert isinstance(shard.state, Ledger)
                yield number, shard.state

    def progress(self) -> str:
        """How far everybody is, for a person."""
        shards = {worker.owner.name: sorted(worker.shards.open) for worker in self.workers.values()}
        group = f"members {sorted(self.group.members)}, stable {self.group.stable}"
        return f"unsent {self.outside.left}, open {shards}, {group}"

    def now_ms(self) -> int:
        """The broker's clock."""
        return int((self.story.starts_at_s + self.loop.now_s) * 1000)

    def later(self, delay_s: float, what: Callable[[], None]) -> None:
        """Have something done later."""
        self.network.later(delay_s, what)

    def marker_delay_s(self) -> float:
        """How long the next marker of a transaction takes to be written."""
        return self.network.latency_s()

    def kill(self, owner: Owner, why: str) -> None:
        """End a process at this instant, and have its supervisor start another one."""
        if owner.state == DEAD:
            return
        owner.state = DEAD
        slot, worker = next((slot, worker) for slot, worker in self.workers.items() if worker.owner is owner)
        self.deaths.append(Death(owner.name, why, worker.error))
        del self.workers[slot]
        if worker.error is None:
            self._befell_s = self.loop.now_s
        self.later(0.05 + 0.4 * self._chance.random(), lambda: self._start(slot))

    def freeze(self, owner: Owner, seconds: float) -> None:
        """Stop a process for a while."""
        if owner.state == RUNNING:
            owner.state = FROZEN
            self.later(seconds, lambda: self.thaw(owner))

    def thaw(self, owner: Owner) -> None:
        """Let a stopped process go on."""
        if owner.state == FROZEN:
            self._befell_s = self.loop.now_s
            self.loop.thaw(owner)

    def be_away(self, seconds: float) -> None:
        """Have no broker for a while: no answers, and the markers of our transactions that are due are dropped."""
        self.network.is_down, self.broker.forgets = True, self.settings.app_id

        def come_back() -> None:
            self._befell_s = self.loop.now_s
            self.network.is_down, self.broker.forgets = False, None

        self.later(seconds, come_back)

    async def _main(self) -> None:
        story, outside = self.story, self.outside
        for topic in topology.TOPICS:
            append_time = topic.config.get("message.timestamp.type") == "LogAppendTime"
            self.broker.create(self.settings.topic(topic.name), story.partitions, append_time=append_time)
        for sent in story.records:
            self.later(sent.at_s, partial(outside.send, sent))
        for event in story.events:
            self.later(event.at_s, partial(self._happen, event))
        for bundle in {sent.bundle for sent in story.records} - {0}:
            last_s = max(sent.at_s for sent in story.records if sent.bundle == bundle)
            self.later(last_s + 0.3, partial(outside.end, bundle, commit=bundle not in story.aborted))
        for slot in range(story.slots):
            self._start(slot)
        ends_s = story.ends_s + 0.5
        while not self.finished and self.loop.now_s < max(ends_s, self._befell_s) + self._patience_s:
            await asyncio.sleep(_LOOK_S)
            self.finished = self.loop.now_s > ends_s and not outside.left and self._is_quiet()

    @property
    def _patience_s(self) -> float:
        return _REFUSING_S if self.witness.spoiled else _LIVELY_S

    def _start(self, slot: int) -> None:
        self._started += 1
        name = f"w{slot}.{self._started}"
        skewed_s = self.story.starts_at_s + _SKEWS_S[slot % len(_SKEWS_S)]
        worker = self.workers[slot] = Worker(
            name,
            network=self.network,
            broker=self.broker,
            group=self.group,
            settings=self.settings,
            now=lambda: skewed_s + self.loop.now_s,
            new_state=lambda number: Watched(number, self.rules, name, self.witness),
            assigned=self.witness.look_at_kept,
            kill=self.kill,
        )
        worker.start()

    def _happen(self, event: Event) -> None:
        """Let an event happen, where there is somebody whom it can befall."""
        self._befell_s = self.loop.now_s
        if event.kind == "rebalance":
            self.group.disturb()
        elif event.kind == "join":
            self._start(self._slots)
            self._slots += 1
        elif event.kind == "foreign":
            holder = self.outside.occupy(f"foreign-{event.at_s}", event.target)
            self.later(event.seconds, lambda: self.outside.leave(holder))
        elif event.kind == "outage":
            self.be_away(event.seconds)
        elif event.kind == "compact":
            self.broker.log(TopicPartition(self._state, event.target)).compact()
        elif event.kind in SPOILING:
            self._spoil(event)
        elif (worker := self.workers.get(event.target)) is not None and worker.owner.state == RUNNING:
            self._befall(worker, event)

    def _spoil(self, event: Event) -> None:
        for worker in list(self.workers.values()):
            self.kill(worker.owner, "killed")
        shard, app_id = event.target, self.settings.app_id
        state, source = TopicPartition(self._state, shard), TopicPartition(self._responses, shard)
        if spoil(self.broker, event.kind, app_id, state, source):
            self.witness.spoiled[shard] = len(self.witness.taken(shard))

    def _befall(self, worker: Worker, event: Event) -> None:
        if event.kind == "kill":
            self.kill(worker.owner, "killed")
        elif event.kind == "freeze":
            self.freeze(worker.owner, event.seconds)
        elif event.kind == "leave":
            worker.leave()
        else:
            assert event.kind == "displace"
            by = self._chance.choice([-2, -1, 1, 1])
            # Ahead only where another record will come: on a partition that stays quiet nothing could notice.
            worker.displace(lambda tp: by if by < 0 or self.outside.unsent[tp.partition] else 0)

    def _is_quiet(self) -> bool:
        """Whether all that was sent is handled, every score is out, and the group is at peace."""
        workers = list(self.workers.values())
        members = {worker.member for worker in workers}
        if not self.group.stable or members != self.group.members or any(one.owner.state for one in workers):
            return False
        shards = {number: shard for worker in workers for number, shard in worker.shards.open.items()}
        if len(shards) < self.story.partitions or any(log.open for log in self.broker.logs.values()):
            return False
        now_s = self.now_ms() / 1000
        for number, shard in shards.items():
            if shard.drained or shard._lock.locked() or shard.state.pending():
                return False
            if shard.state.due_in_s(now_s) < _PEACE_S:
                return False
            for topic in shard.marker.sources:
                log = self.broker.log(TopicPartition(topic, number))
                if log.open or shard.committed_positions.get(TP(topic, number), -1) < self.broker.data_end(log):
                    return False
        return True
