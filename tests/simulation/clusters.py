"""The toy broker and a real one behind the same few methods, for claims that must hold on both."""

import time
from collections.abc import Callable, Coroutine
from random import Random
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic, RecordsToDelete

from tests.simulation.broker import Broker
from tests.simulation.consumer import ToyConsumer
from tests.simulation.loop import VirtualLoop
from tests.simulation.network import Network
from tests.simulation.producer import ToyProducer

PARTITIONS = 2


class Cluster(Protocol):
    """A broker, real or not, whose clients have the same methods."""

    def run(self, claim: Coroutine[Any, Any, None]) -> None:
        """Run a claim to its end."""

    def producer(self, **options: Any) -> Any:
        """A producer, not started."""

    def consumer(self, **options: Any) -> Any:
        """A consumer, not started."""

    async def create(self, topic: str, *, append_time: bool = False) -> None:
        """Create a topic of two partitions."""

    async def delete_before(self, tp: TopicPartition, offset: int) -> None:
        """Delete what stands before an offset, as retention does."""


class RealCluster:
    """A Kafka that runs."""

    def __init__(self, bootstrap: str, run: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self.run = run
        self._bootstrap = bootstrap

    def producer(self, **options: Any) -> Any:
        return AIOKafkaProducer(bootstrap_servers=self._bootstrap, **options)

    def consumer(self, **options: Any) -> Any:
        return AIOKafkaConsumer(bootstrap_servers=self._bootstrap, **options)

    async def create(self, topic: str, *, append_time: bool = False) -> None:
        kind = "LogAppendTime" if append_time else "CreateTime"
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(topic, PARTITIONS, 1, topic_configs={"message.timestamp.type": kind})])
        finally:
            await admin.close()

    async def delete_before(self, tp: TopicPartition, offset: int) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap)
        await admin.start()
        try:
            await admin.delete_records({tp: RecordsToDelete(offset)})
        finally:
            await admin.close()


class ToyCluster:
    """The toy broker in virtual time, without faults."""

    def __init__(self) -> None:
        self._began_ms = int(time.time() * 1000)
        self._loop = VirtualLoop()
        self._network = Network(self._loop, Random(7), (), self)
        self._broker = Broker(self)

    def run(self, claim: Coroutine[Any, Any, None]) -> None:
        try:
            self._loop.run(claim)
        finally:
            self._network.closed = True
            self._loop.close()

    def producer(self, *, bootstrap_servers: str = "", **options: Any) -> Any:
        return ToyProducer(self._network, self._broker, lambda: ("claim", 0), **options)

    def consumer(self, *, bootstrap_servers: str = "", **options: Any) -> Any:
        return ToyConsumer(self._network, self._broker, **options)

    async def create(self, topic: str, *, append_time: bool = False) -> None:
        self._broker.create(topic, PARTITIONS, append_time=append_time)

    async def delete_before(self, tp: TopicPartition, offset: int) -> None:
        self._broker.log(tp).delete_before(offset)

    def now_ms(self) -> int:
        return self._began_ms + int(self._loop.time() * 1000)

    def later(self, delay_s: float, what: Callable[[], None]) -> None:
        self._network.later(delay_s, what)

    def marker_delay_s(self) -> float:
        return self._network.latency_s()

    def kill(self, owner: object, why: str) -> None:
        raise AssertionError(why)

    def freeze(self, owner: object, seconds: float) -> None:
        raise AssertionError(seconds)

    def thaw(self, owner: object) -> None:
        raise AssertionError(owner)

    def be_away(self, seconds: float) -> None:
        raise AssertionError(seconds)
