"""Topics on a real broker: made where missing, compared where there, never changed."""

import logging
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.admin import NewTopic

from streams.cluster.connection import admin_client, reader
from streams.cluster.topics import MIN_ISR, create_topics, inspect_topics, replication, wanted_config
from streams.settings import Settings
from streams.topology import RESPONSES, STATE, TOPICS
from tests.conftest import Kafka

pytestmark = pytest.mark.kafka


@pytest.fixture
def settings(kafka: Kafka, unique: str) -> Settings:
    """A deployment of this test's own, without topics."""
    return Settings(brokers=kafka.bootstrap, topic_prefix=f"{unique}.", partitions=3)


async def test_missing_topics_are_created_as_the_topology_says(settings: Settings) -> None:
    """All of them, each with the wanted partitions and settings."""
    report = await create_topics(settings)
    assert report.good
    assert [settings.topic(topic.name) for topic in TOPICS] == [topic.name for topic in report.topics]
    assert {("created", 3, 1, ())} == {
        (topic.outcome, topic.partitions, topic.replication, topic.differences) for topic in report.topics
    }


async def test_created_topics_are_served_at_once(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever comes next is not put off: the leader of each partition answers, and is not only named."""
    await create_topics(settings)
    names = [settings.topic(topic.name) for topic in TOPICS]
    partitions = [TopicPartition(name, number) for name in names for number in range(settings.partitions)]
    async with reader(settings, "read_committed") as consumer:
        with caplog.at_level(logging.DEBUG, "aiokafka.consumer.fetcher"):
            caplog.clear()
            assert dict.fromkeys(partitions, 0) == await consumer.end_offsets(partitions)
    assert "retrying" not in caplog.text


async def test_creating_twice_changes_nothing(settings: Settings) -> None:
    """The second time everything exists."""
    await create_topics(settings)
    report = await create_topics(settings)
    assert {"exists"} == {topic.outcome for topic in report.topics}
    assert report.good


async def test_only_what_is_missing_is_created(settings: Settings) -> None:
    """What somebody else created stays as it is, and what is not as it should be is said with how to mend it."""
    name = settings.topic(STATE.name)
    async with admin_client(settings) as admin:
        await admin.create_topics([NewTopic(name, 5, 1)])
    report = await create_topics(settings)
    assert not report.good
    assert {"created": len(TOPICS) - 1, "exists": 1} == _count(topic.outcome for topic in report.topics)
    (state,) = [topic for topic in report.topics if topic.name == name]
    found = {each.setting: (each.wanted, each.found) for each in state.differences}
    assert ("3", "5") == found["partitions"]
    assert ("compact", "delete") == found["cleanup.policy"]
    assert ("LogAppendTime", "CreateTime") == found["message.timestamp.type"]
    assert all(each.mend for each in state.differences)


async def test_a_longer_retention_is_no_reason_to_stop(settings: Settings) -> None:
    """It is a choice that somebody made: it is reported, and a worker can go on."""
    name = settings.topic(RESPONSES.name)
    config = {**wanted_config(RESPONSES, 1), "retention.ms": "-1"}
    async with admin_client(settings) as admin:
        await admin.create_topics([NewTopic(name, 3, 1, topic_configs=config)])
    report = await create_topics(settings)
    assert report.good
    assert ["retention.ms"] == [each.setting for topic in report.topics for each in topic.differences]


async def test_what_the_broker_refuses_is_said(settings: Settings, kafka: Kafka) -> None:
    """Nine copies on one broker cannot be had."""
    wanting = Settings(brokers=kafka.bootstrap, topic_prefix=settings.topic_prefix, replication=9)
    report = await create_topics(wanting)
    assert not report.good
    assert {"refused"} == {topic.outcome for topic in report.topics}
    assert all("replica" in topic.reason for topic in report.topics)


async def test_looking_creates_nothing(settings: Settings) -> None:
    """Inspecting a deployment that does not exist leaves it so."""
    for _ in range(2):
        report = await inspect_topics(settings)
        assert {"missing"} == {topic.outcome for topic in report.topics}


@pytest.mark.parametrize(
    ("brokers", "given", "copies", "in_step"),
    [(1, 0, 1, "1"), (2, 0, 2, "1"), (3, 0, 3, "2"), (5, 0, 3, "2"), (3, 1, 1, "1")],
)
def test_copies_follow_the_number_of_brokers(brokers: int, given: int, copies: int, in_step: str) -> None:
    """Three copies and two in step where there are three brokers; NPS_REPLICATION overrides the copies."""
    settings = Settings(replication=given)
    assert copies == replication(settings, brokers)
    assert in_step == wanted_config(STATE, copies)[MIN_ISR]


def _count(outcomes: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for outcome in outcomes:
        counts[outcome] = counts.get(outcome, 0) + 1
    return counts
