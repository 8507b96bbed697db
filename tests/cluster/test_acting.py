"""Actions on a real Kafka: where they go, and what happens where they cannot."""

from datetime import UTC, datetime
from typing import Any

import pytest
from aiokafka.errors import KafkaError

from streams.cluster.acting import send_action
from streams.cluster.reading import read_topic
from streams.cluster.topics import create_topics
from streams.engine.partition import partition_of
from streams.events.action import Action, decode_action
from streams.settings import Settings
from streams.topology import ACTIONS
from tests.conftest import Kafka

pytestmark = pytest.mark.kafka

CALLED = Action(
    action_id="k-1",
    alert_id="0b1f1f6e-5d0e-5c1a-9b7e-000000000001",
    brand="Maison",
    store="Évry 2",
    action="contacted",
    at=datetime(2026, 3, 14, 12, tzinfo=UTC),
    actor="Claire",
    channel="call",
    note="Un bon proposé",
)


async def test_an_action_is_in_the_partition_of_its_store_once_it_is_sent(kafka: Kafka, unique: str) -> None:
    """As a worker reads it, under the key `brand|store`; sent again it is there again, for the worker to tell."""
    settings = Settings(brokers=kafka.bootstrap, topic_prefix=f"{unique}.", partitions=5)
    assert (await create_topics(settings)).good
    records: list[Any] = []

    await send_action(settings, CALLED)
    await send_action(settings, CALLED)
    await read_topic(settings, settings.topic(ACTIONS.name), records.append)

    key = "Maison|Évry 2".encode()
    assert [CALLED, CALLED] == [decode_action(record.value) for record in records]
    assert {(key, partition_of(key, 5))} == {(record.key, record.partition) for record in records}


async def test_without_kafka_an_action_is_an_error() -> None:
    """What cannot be written is not taken for written."""
    with pytest.raises(KafkaError):
        await send_action(Settings(brokers="127.0.0.1:1", request_timeout=0.5), CALLED)
