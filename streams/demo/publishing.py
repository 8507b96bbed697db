"""Publishes rules and facts of the shops, and lets the simulated desk work."""

import asyncio
import time

from aiokafka.errors import KafkaTimeoutError

from streams.cluster.connection import writer
from streams.demo.deeds import Deed
from streams.demo.desk import Desk
from streams.demo.facts import facts_to_publish, rules_to_publish
from streams.demo.sender import Sender
from streams.demo.shops import Shop
from streams.settings import Settings
from streams.topology import RULES, STORES

_LOOK_S = 0.1
_PATIENCE_S = 30.0


async def publish(settings: Settings, shops: tuple[Shop, ...]) -> int:
    """Write all rule sets and the facts of all shops; gives how many rows the shards must have of them in the end.

    KafkaError where Kafka does not take them.
    """
    rules, facts = rules_to_publish(), facts_to_publish(shops)
    async with writer(settings) as producer:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                for topic, records in ((RULES, rules), (STORES, facts)):
                    for record in records:
                        await producer.send(settings.topic(topic.name), record.value, key=record.key)
                await producer.flush()
        except TimeoutError:
            raise KafkaTimeoutError(f"it took nothing for {_PATIENCE_S:g} s") from None
    return len(rules) * settings.partitions + len(facts)


async def work(desk: Desk, send: Sender[Deed]) -> None:
    """Do what the desk does, when it does it, until this is cancelled."""
    while True:
        for deed in desk.due(round(time.time() * 1000)):
            await send.send(deed)
        await asyncio.sleep(_LOOK_S)
