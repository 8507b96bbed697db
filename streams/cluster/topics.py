"""The topics on the broker: made where they are missing, compared with the topology where they are there.

Nothing that exists is ever changed. Another number of partitions would send keys to other shards, another cleanup
policy would lose records: that is for people to decide, and what a difference means and how to mend it is said.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from aiokafka import TopicPartition
from aiokafka.admin import NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaTimeoutError, for_code

from streams.cluster.connection import admin_client, reader
from streams.cluster.reading import partitions_of
from streams.settings import Settings
from streams.topology import TOPICS, Topic

MIN_ISR = "min.insync.replicas"
_REPLICAS = 3
"""With three copies and two of them in step for every write, one broker may be lost without losing data or writes."""
_TOPIC_ALREADY_EXISTS = 36
_READY_WITHIN_S = 30.0
_POLL_S = 0.05
_ESSENTIAL = frozenset({"partitions", "cleanup.policy", "message.timestamp.type", "max.message.bytes"})
"""Another value of these breaks a promise; another value of the rest is a choice that somebody may have made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One setting of a topic that is not as the topology wants it."""

    setting: str
    wanted: str
    found: str
    mend: str

    @property
    def essential(self) -> bool:
        """Whether a promise breaks with it."""
        return self.setting in _ESSENTIAL


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicReport:
    """One topic on the broker, its name with the prefix.

    `replication` is the least of its partitions; `behind` is the number of partitions of which not all copies are in
    step, `stalled` of those that take no writes for want of them; `reason` is the broker's, where it refused it.
    """

    topic: Topic
    name: str
    outcome: Literal["created", "exists", "missing", "refused"]
    partitions: int = 0
    replication: int = 0
    behind: int = 0
    stalled: int = 0
    differences: tuple[Difference, ...] = ()
    reason: str = ""

    @property
    def good(self) -> bool:
        """Whether a worker can use it as it is."""
        return self.outcome in {"created", "exists"} and not any(each.essential for each in self.differences)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All topics, in the order of the topology, and the number of brokers that were there."""

    brokers: int
    topics: tuple[TopicReport, ...]

    @property
    def good(self) -> bool:
        """Whether a worker can use all of them as they are."""
        return all(topic.good for topic in self.topics)


async def create_topics(settings: Settings) -> Report:
    """Create the topics that are missing, and return how all of them are once each partition is served.

    May be called any number of times, and by several processes at once. A topic that the broker refuses to create is
    in the report; KafkaError where Kafka cannot be reached or new topics do not become usable within 30 s.
    """
    async with admin_client(settings) as admin:
        before = await _inspect(admin, settings)
        missing = [report.topic for report in before.topics if report.outcome == "missing"]
        if not missing:
            return before
        wanted = [_new_topic(settings, topic, brokers=before.brokers) for topic in missing]
        answer = await admin.create_topics(wanted)
        created = {name for name, code, _ in answer.topic_errors if not code}
        refused = {
            name: text or for_code(code).__name__
            for name, code, text in answer.topic_errors
            if code not in {0, _TOPIC_ALREADY_EXISTS}
        }
        await _until_ready(admin, settings, {topic.name for topic in wanted} - refused.keys())
        after = await _inspect(admin, settings)
        return replace(after, topics=tuple(_told(report, created, refused) for report in after.topics))


async def inspect_topics(settings: Settings) -> Report:
    """Return how all topics are. Reads only. KafkaError where Kafka cannot be reached."""
    async with admin_client(settings) as admin:
        return await _inspect(admin, settings)


def replication(settings: Settings, brokers: int) -> int:
    """Copies of each partition: NPS_REPLICATION, else three where there are as many brokers."""
    return settings.replication or max(1, min(_REPLICAS, brokers))


def wanted_config(topic: Topic, copies: int) -> dict[str, str]:
    """Return the configuration a topic should have; two copies in step for each write where there are three."""
    return {**topic.settings(), MIN_ISR: "2" if copies >= _REPLICAS else "1"}


def _new_topic(settings: Settings, topic: Topic, *, brokers: int) -> NewTopic:
    copies = replication(settings, brokers)
    name = settings.topic(topic.name)
    return NewTopic(name, settings.partitions, copies, topic_configs=wanted_config(topic, copies))


def _told(report: TopicReport, created: set[str], refused: Mapping[str, str]) -> TopicReport:
    if report.name in refused:
        return replace(report, outcome="refused", reason=refused[report.name])
    return replace(report, outcome="created") if report.name in created else report


async def _until_ready(admin: Any, settings: Settings, names: set[str]) -> None:
    """Wait until each partition of these topics has a leader, and the leader answers: it is named before it does.

    A producer that comes earlier finds no topic, and whoever asks for ends is put off until the request times out.
    """
    async with asyncio.timeout(_READY_WITHIN_S), reader(settings, "read_uncommitted") as consumer:
        for name in names:
            while not _is_ready(*await admin.describe_topics([name])):  # noqa: ASYNC110 (the broker tells nobody)
                await asyncio.sleep(_POLL_S)
        partitions = [each for name in names for each in await partitions_of(admin, name)]
        while not await _is_served(consumer, partitions):
            pass


async def _is_served(consumer: Any, partitions: list[TopicPartition]) -> bool:
    """Ask for the ends of all partitions; False where that took too long. It is tried again by aiokafka until then."""
    try:
        await consumer.end_offsets(partitions)
    except KafkaTimeoutError:
        return False
    return True


def _is_ready(topic: Mapping[str, Any]) -> bool:
    return not topic["error_code"] and all(
        not partition["error_code"] and partition["leader"] >= 0 for partition in topic["partitions"]
    )


async def _inspect(admin: Any, settings: Settings) -> Report:
    brokers = len((await admin.describe_cluster())["brokers"])
    described = await admin.describe_topics([settings.topic(topic.name) for topic in TOPICS])
    found = {topic["topic"]: topic for topic in described if not topic["error_code"]}
    configs = await _configs(admin, found)
    reports = []
    for topic in TOPICS:
        name = settings.topic(topic.name)
        if name in found:
            reports.append(_compare(settings, topic, brokers, found[name]["partitions"], configs[name]))
        else:
            reports.append(TopicReport(topic=topic, name=name, outcome="missing"))
    return Report(brokers=brokers, topics=tuple(reports))


async def _configs(admin: Any, names: Iterable[str]) -> dict[str, dict[str, str]]:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    if not resources:
        return {}
    (answer,) = await admin.describe_configs(resources)
    configs = {}
    for resource in answer.to_object()["resources"]:
        if resource["error_code"]:
            error = for_code(resource["error_code"])
            raise error(f"the settings of {resource['resource_name']} cannot be read")
        configs[resource["resource_name"]] = {
            entry["config_names"]: entry["config_value"] for entry in resource["config_entries"]
        }
    return configs


def _compare(
    settings: Settings, topic: Topic, brokers: int, partitions: Sequence[Mapping[str, Any]], config: Mapping[str, str]
) -> TopicReport:
    copies = min(len(partition["replicas"]) for partition in partitions)
    in_step = int(config.get(MIN_ISR, 1))
    return TopicReport(
        topic=topic,
        name=settings.topic(topic.name),
        outcome="exists",
        partitions=len(partitions),
        replication=copies,
        behind=sum(len(partition["isr"]) < len(partition["replicas"]) for partition in partitions),
        stalled=sum(partition["leader"] < 0 or len(partition["isr"]) < in_step for partition in partitions),
        differences=(
            *_partition_difference(settings, topic, len(partitions)),
            *_replication_difference(settings, topic, copies, brokers),
            *_config_differences(settings, topic, config, copies),
        ),
    )


def _partition_difference(settings: Settings, topic: Topic, found: int) -> tuple[Difference, ...]:
    if found == settings.partitions or not topic.co_partitioned:
        return ()
    mend = (
        "a topic's partitions cannot be taken away, and added ones would send keys to other shards: "
        f"set NPS_PARTITIONS to the number that all topics were made with (here {found}), "
        "or start anew under another NPS_TOPIC_PREFIX and NPS_APP_ID"
    )
    return (Difference(setting="partitions", wanted=str(settings.partitions), found=str(found), mend=mend),)


def _replication_difference(settings: Settings, topic: Topic, found: int, brokers: int) -> tuple[Difference, ...]:
    """More copies than the brokers that are up is no difference: one of them may be down."""
    wanted = replication(settings, brokers)
    if found == wanted or (found > wanted and not settings.replication):
        return ()
    mend = (
        f"give {settings.topic(topic.name)} {wanted} replicas with kafka-reassign-partitions.sh, "
        f"then set its {MIN_ISR} to {wanted_config(topic, wanted)[MIN_ISR]}; or set NPS_REPLICATION={found}"
    )
    return (Difference(setting="replication", wanted=str(wanted), found=str(found), mend=mend),)


def _config_differences(
    settings: Settings, topic: Topic, found: Mapping[str, str], copies: int
) -> tuple[Difference, ...]:
    alter = f"kafka-configs.sh --bootstrap-server {settings.brokers} --alter --entity-type topics"
    return tuple(
        Difference(
            setting=key,
            wanted=wanted,
            found=found.get(key, "unknown"),
            mend=f"{alter} --entity-name {settings.topic(topic.name)} --add-config {key}={wanted}",
        )
        for key, wanted in wanted_config(topic, copies).items()
        if found.get(key) != wanted
    )
