"""A worker as a simulated process: the real engine and the real agents, wired as `streams.app.wiring` does it.

What is real: shards, takeover, commits, markers, the drain loop, the gate, the seeks, the assignor, every handler and
every option that the engine gives its clients. What stands in for Faust: the queue before each agent, the suspension of
the flow at a revocation, and the order of the calls around a rebalance. What stands in for aiokafka: the toy clients.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any, NoReturn

from aiokafka import TopicPartition
from faust.types import TP

from streams import topology
from streams.agents.ledger import Ledger
from streams.app.wiring import HANDLERS, engine_config
from streams.engine.batches import Batch, Listener, TransportOptions
from streams.engine.config import EngineConfig
from streams.engine.gate import Gate
from streams.engine.lookup import Lookup
from streams.engine.shards import Shards
from streams.settings import Settings
from tests.simulation.broker import Broker
from tests.simulation.consumer import ToyConsumer
from tests.simulation.group import Group, Joined
from tests.simulation.loop import OWNER, Owner
from tests.simulation.network import Network
from tests.simulation.producer import ToyProducer
from tests.simulation.standins import Consumer, Silent, Thread

_QUEUED_BATCHES = 8
_GROUP_COMMIT_S = 1.2


class Died(BaseException):
    """What `fail` raises: nothing of the process runs after it."""


class Worker:
    """One process from its start to its end; `owner` is the process as the loop sees it."""

    def __init__(
        self,
        name: str,
        *,
        network: Network,
        broker: Broker,
        group: Group,
        settings: Settings,
        now: Callable[[], float],
        new_state: Callable[[int], Ledger],
        assigned: Callable[["Worker"], None],
        kill: Callable[[Owner, str], None],
    ) -> None:
        self.owner = Owner(name)
        self.member = f"{name}/1"
        """Its present name in the group."""
        self.error: BaseException | None = None
        self._network = network
        self._broker = broker
        self._group = group
        self._settings = settings
        self._kill = kill
        self._assigned = assigned
        self._config = _config(settings, network, broker, lambda: (name, self.generation), now)
        self._queues: dict[str, deque[Any]] = {}
        self._changed: dict[str, asyncio.Event] = {}
        self._idle: dict[str, asyncio.Event] = {}
        self._membership: asyncio.Task[None] | None = None
        self._context = copy_context()
        self._context.run(OWNER.set, self.owner)
        gate = Gate()
        options = TransportOptions(
            brokers=settings.brokers,
            partitions=settings.partitions,
            fetch_wait_s=settings.fetch_wait,
            session_timeout_s=settings.session_timeout,
            drain_timeout_s=settings.drain_timeout,
            deadline_s=settings.commit_deadline,
            gate=gate,
            consumer=self._config.consumer,
        )
        conf = SimpleNamespace(broker_client_id=name, id=settings.app_id, consumer_group_instance_id=None)
        app = SimpleNamespace(conf=conf, consumer_generation_id=0)
        self._faust = Consumer(options, app, self._deliver, self._is_full)
        self._thread = Thread(self._faust, app, self._become)
        self._faust.use(self._thread)
        self._lookup = Lookup(self._config)
        self.shards = Shards(
            config=self._config,
            gate=gate,
            new_state=new_state,
            lookup=self._lookup,
            thread=lambda: self._thread,
            fail=self.fail,
            observer=Silent(),
        )
        options.positions = self.shards.positions
        options.settled_positions = self.shards.settled_positions

    def start(self) -> None:
        """Begin to run."""
        self._network.loop.create_task(self._run(), context=self._context)

    def fail(self, error: BaseException) -> NoReturn:
        """As the worker's own: the process is gone."""
        self.error = error
        self._kill(self.owner, f"{type(error).__name__}: {error}")
        raise Died

    def leave(self) -> None:
        """As SIGTERM: drain, close, leave the group, end."""
        self._context.run(self._spawn, self._leave())

    @property
    def generation(self) -> int:
        """The generation of the group that it was assigned shards in last."""
        return int(self._faust.app.consumer_generation_id)

    def displace(self, by: Callable[[TopicPartition], int]) -> None:
        """Let somebody seek the consumer to where no shard is, as Faust does in several places, at the next record."""

        def move(tp: TopicPartition) -> None:
            subscription = self._client._subscription.subscription
            state = subscription.assignment.state_value(tp) if subscription.assignment else None
            if state is not None and state.has_valid_position and tp in self._faust.options.gate.open:
                log = self._broker.log(tp)
                state.seek(max(log.start, min(log.end, state.position + by(tp))))
                self._client._fetcher.wake()

        if self._membership is not None:
            for number in range(self._settings.partitions):
                tp = TopicPartition(self._settings.topic(topology.RESPONSES.name), number)
                self._broker.log(tp).waiting.append(partial(self._context.run, move, tp))

    async def _run(self) -> None:
        settings = self._settings
        await self._lookup.start()
        self._client = self._thread.begin()
        self._client._subscription.subscribe(set(self._config.sources))
        for agent in topology.AGENTS:
            topic = settings.topic(agent.reads.name)
            self._queues[topic] = deque()
            self._changed[topic] = asyncio.Event()
            self._idle[topic] = asyncio.Event()
            self._idle[topic].set()
            self._spawn(self._agent(topic, HANDLERS[agent.name]))
        self._spawn(self._faust._drain_messages(SimpleNamespace(_stopped=asyncio.Event())))
        self._spawn(self._tell_positions())
        self._membership = self._spawn(self._belong())

    async def _tell_positions(self) -> None:
        """As Faust: commit what it takes for offsets now and then."""
        while True:
            await asyncio.sleep(_GROUP_COMMIT_S)
            await self._faust.force_commit()

    def _spawn(self, work: Any) -> "asyncio.Task[None]":
        async def guarded() -> None:
            try:
                await work
            except Exception as error:  # noqa: BLE001 -- as Faust's crash, which the worker ends with
                self.fail(error)

        return self._network.loop.create_task(guarded())

    def _is_full(self) -> bool:
        return any(len(queue) >= _QUEUED_BATCHES for queue in self._queues.values())

    async def _deliver(self, message: Any) -> None:
        batch: Batch = message.value
        queue = self._queues[batch.topic]
        while len(queue) >= _QUEUED_BATCHES:
            await self._idle[batch.topic].wait()
        queue.append(batch)
        self._idle[batch.topic].clear()
        self._changed[batch.topic].set()

    async def _agent(self, topic: str, handle: Any) -> None:
        queue, changed, idle = self._queues[topic], self._changed[topic], self._idle[topic]
        while True:
            while queue:
                await self.shards.process(queue.popleft(), handle)
            idle.set()
            changed.clear()
            await changed.wait()

    async def _belong(self) -> None:
        """Belong to the group: join, beat, and join again whenever it changes."""
        consumer = self._client
        again = 1
        while True:
            joined = await self._join()
            if joined.generation < 0:
                continue
            consumer._coordinator.generation = joined.generation
            tps = set(joined.assignment.partitions())
            consumer._subscription.assign_from_subscribed(tps)
            assignor: Any = self._thread._assignor
            assignor.on_assignment(joined.assignment)
            consumer._fetcher.wake()
            await Listener(self._thread).on_partitions_assigned(tps)
            answer = "ok"
            while answer == "ok":
                await asyncio.sleep(self._settings.session_timeout / 4)
                beat = partial(self._group.heartbeat, self.member, joined.generation)
                answer = await self._network.ask("Heartbeat", beat)
            if answer == "unknown":
                consumer._coordinator.generation = -1
                again += 1
                self.member = f"{self.owner.name}/{again}"
            await self._revoked()

    async def _join(self) -> Joined:
        loop = self._network.loop
        answered: asyncio.Future[Joined] = loop.create_future()
        context = copy_context()

        def answer(joined: Joined) -> None:
            loop.call_later(self._network.latency_s(), arrive, joined, context=context)

        def arrive(joined: Joined) -> None:
            if not answered.done():
                answered.set_result(joined)

        topics = self._config.sources
        await self._network.ask(
            "JoinGroup", lambda: self._group.join(self.member, self._thread._assignor, topics, answer)
        )
        return await answered

    async def _become(self, assigned: set[TP], generation: int) -> None:
        """As Faust: tell the shards, seek to what it takes for committed, let it flow."""
        await self.shards.on_assigned(assigned, generation)
        self._assigned(self)
        await self._faust.perform_seek()
        self._faust.resume_flow()

    async def _revoked(self) -> None:
        """As Faust: stop the flow, forget what is queued, wait for the agents, tell the shards."""
        self._faust.stop_flow()
        self._client._subscription.begin_reassignment()
        for topic, queue in self._queues.items():
            queue.clear()
            await self._idle[topic].wait()
        await self.shards.on_revoked()

    async def _leave(self) -> None:
        if self._membership is None:
            self._kill(self.owner, "left")
            return
        self._membership.cancel()
        await self.shards.close()
        await self._network.ask("LeaveGroup", lambda: self._group.leave(self.member))
        self._kill(self.owner, "left")


def _config(
    settings: Settings, network: Network, broker: Broker, who: Callable[[], tuple[str, int]], now: Callable[[], float]
) -> EngineConfig:
    def producer(*, bootstrap_servers: str, **options: Any) -> Any:
        return ToyProducer(network, broker, who, **options)

    def consumer(*, bootstrap_servers: str, **options: Any) -> Any:
        return ToyConsumer(network, broker, **options)

    return replace(engine_config(settings, "toy", settings.partitions, now), producer=producer, consumer=consumer)
