"""Follows the topics that the workers write, as any subscriber may who reads committed records only."""

import asyncio
import time
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.cluster.reading import read_span, read_topic
from streams.demo.desk import Desk
from streams.demo.observed import Observed
from streams.engine.fetch import stop_consumer
from streams.settings import Settings
from streams.topology import ACTIONS_DEAD, ALARMS, ALERTS, AUDIT, DEAD_LETTERS, SCORES, STATE, Topic

_FETCH_MS = 20
"""How long the broker may hold a fetch of alerts. A fetch leaves out the partitions that were just read, so what comes
to those waits for it: the default of 500 ms would measure our own patience."""


async def watch(settings: Settings, observed: Observed, desk: Desk) -> None:
    """Feed what comes out of the system to `observed`, and alerts to the desk, until cancelled. KafkaError."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_follow_alerts(settings, observed, desk))
        for topic, see in (
            (STATE, observed.see_state),
            (DEAD_LETTERS, observed.see_dead_letter),
            (ACTIONS_DEAD, observed.see_refused),
            (SCORES, observed.see_score),
            (AUDIT, observed.see_audit),
            (ALARMS, observed.see_alarm),
        ):
            tasks.create_task(read_topic(settings, settings.topic(topic.name), see, follow=True))


async def count_records(settings: Settings, topic: Topic) -> int:
    """Read a topic back, from its start to its present end, and return the number of records in it."""
    number = 0

    def see(_: object) -> None:
        nonlocal number
        number += 1

    await read_topic(settings, settings.topic(topic.name), see)
    return number


async def _follow_alerts(settings: Settings, observed: Observed, desk: Desk) -> None:
    def see(record: Any) -> None:
        now_ms = time.time() * 1000
        observed.see_alert(record, now_ms)
        desk.see(orjson.loads(record.value), round(now_ms))

    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.brokers,
        client_id=f"{settings.app_id}-subscriber",
        isolation_level="read_committed",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=_FETCH_MS,
    )
    await consumer.start()
    try:
        topic = settings.topic(ALERTS.name)
        starts = {TopicPartition(topic, number): 0 for number in range(settings.partitions)}
        await read_span(consumer, starts, None, see)
    finally:
        await stop_consumer(consumer)
