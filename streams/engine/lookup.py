"""Where logs begin and end, asked without reading them."""

import asyncio
from collections.abc import Collection

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.engine.config import EngineConfig

Offsets = dict[TopicPartition, int]


class Lookup:
    """Two consumers without a group: one sees everything, the other up to the first open transaction.

    Every question may block for `request_timeout_s` where Kafka does not answer, and raises KafkaError then.
    """

    def __init__(self, config: EngineConfig) -> None:
        def consumer(level: str) -> AIOKafkaConsumer:
            return config.consumer(**config.client(), enable_auto_commit=False, isolation_level=level)

        self._all = consumer("read_uncommitted")
        self._stable = consumer("read_committed")

    async def start(self) -> None:
        """Connect."""
        await asyncio.gather(self._all.start(), self._stable.start())

    async def stop(self) -> None:
        """Let go of the connections."""
        await asyncio.gather(self._all.stop(), self._stable.stop())

    async def starts(self, tps: Collection[TopicPartition]) -> Offsets:
        """The first offset that each partition still has."""
        starts: Offsets = await self._all.beginning_offsets(tps)
        return starts

    async def ends(self, tps: Collection[TopicPartition]) -> Offsets:
        """The offset behind the last record of each, whatever transactions are open before it."""
        ends: Offsets = await self._all.end_offsets(tps)
        return ends

    async def unsettled(self, tps: Collection[TopicPartition]) -> Offsets:
        """Those in which a transaction is open, anybody's, or has just been; with the offset at which it begins."""
        stable, ends = await asyncio.gather(self._stable.end_offsets(tps), self._all.end_offsets(tps))
        return {tp: stable[tp] for tp in tps if stable[tp] < ends[tp]}
