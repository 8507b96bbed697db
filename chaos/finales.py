"""Accidents to the topics of a deployment at rest: whoever starts on what is left must refuse, and publish nothing."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, RecordsToDelete

from chaos.deployment import ALERTS, DEAD_LETTERS, RESPONSES, SOURCES, STATE
from chaos.reading import MARKER_KEY, open_reading, position_in
from chaos.stage import PARTITIONS, Stage
from chaos.waiting import Stuck, until
from chaos.worker import Seat, Worker
from streams.cluster.topics import create_topics
from streams.settings import Settings

_UNREAD = 50


class NotRefused(Exception):
    """A worker took up what it must refuse, or refused it for another reason."""


async def lose_state(stage: Stage) -> None:
    """F07: the state is gone; it is an older copy of itself, as a backup would bring it back; one commit is missing."""
    async with open_reading(stage.deployment, (STATE,)) as reading:
        await reading.refresh()
        rows = [[row for row in reading.records(STATE) if row.partition == shard] for shard in range(PARTITIONS)]
    await recreate(stage, STATE)
    await refused(stage, "lost", "lost_state")
    await _write(stage, [kept[: len(kept) // 2] for kept in rows])
    await refused(stage, "rolled back", "lost_state")
    await recreate(stage, STATE)
    name = stage.deployment.topic(RESPONSES)
    await _write(stage, [without_last_move(rows[0], name), *rows[1:]])
    await refused(stage, "one commit missing", "lost_state")


def without_last_move(rows: list[Any], source: str) -> list[Any]:
    """The rows of a shard up to the last marker that had not read all of a source which the last one has."""
    positions = {at: position_in(row.value, source) for at, row in enumerate(rows) if row.key == MARKER_KEY}
    last = max(positions.values())
    return rows[: max(at for at, position in positions.items() if position < last) + 1]


async def lose_input(stage: Stage) -> None:
    """F26: retention passes what was not read; the topic is made anew; partitions are added."""
    name = stage.deployment.topic(RESPONSES)
    async with _producer(stage) as producer:
        for _ in range(_UNREAD):
            sent = await producer.send_and_wait(name, b"unread", partition=0)
    async with _admin(stage) as admin:
        await admin.delete_records({TopicPartition(name, 0): RecordsToDelete(sent.offset)})
    await refused(stage, "retention", "lost_input")
    await recreate(stage, RESPONSES)
    await refused(stage, "recreated", "recreated_input")
    await _spread(stage, RESPONSES)
    await waits(stage, "input spread")
    await _spread(stage, *[topic for topic in await _topics(stage) if topic != RESPONSES])
    await refused(stage, "partitions", "other_deployment", replace(stage.settings, partitions=2 * PARTITIONS))


async def refused(stage: Stage, accident: str, kind: str, settings: Settings | None = None) -> None:
    """Start a worker: it ends with status 1, says why, and nothing was published."""
    before = await _published(stage)
    seat = Seat(f"after-{accident.replace(' ', '-')}", settings or stage.settings, stage.folder, supervised=False)
    worker = seat.start()
    try:
        await until("the worker refuses", lambda: _is_settled(worker))
        if worker.status is None:
            await _until_published(stage, before)
        status = worker.status
    finally:
        await seat.leave_alone()
        worker.kill()
    kinds = [line["kind"] for line in worker.said("Refused to open a shard")]
    published = await _published(stage)
    stage.evidence.append({"accident": accident, "status": status, "refused": kinds})
    if status != 1 or kinds != [kind] or published != before:
        text = f"{accident}: status {status}, refused as {kinds}, published {before} and then {published}"
        raise NotRefused(text)


async def waits(stage: Stage, accident: str) -> None:
    """Start a worker: it says what is wrong with a topic, is not ready, and publishes nothing."""
    before = await _published(stage)
    seat = Seat(f"after-{accident.replace(' ', '-')}", stage.settings, stage.folder, supervised=False)
    worker = seat.start()
    try:
        await until("the worker says what it waits for", lambda: worker.said("Waiting: topic") or _is_settled(worker))
        said, status, is_ready = worker.said("Waiting: topic"), worker.status, await worker.is_ready()
    finally:
        await seat.leave_alone()
        worker.kill()
    stage.evidence.append({"accident": accident, "status": status, "waits": bool(said)})
    if not said or status is not None or is_ready or await _published(stage) != before:
        raise NotRefused(f"{accident}: status {status}, ready {is_ready}, said {said}")


async def _write(stage: Stage, rows: list[list[Any]]) -> None:
    """Write the rows of every shard's state."""
    async with _producer(stage) as producer:
        for shard, kept in enumerate(rows):
            for row in kept:
                await producer.send(stage.deployment.topic(STATE), row.value, key=row.key, partition=shard)
        await producer.flush()


async def recreate(stage: Stage, topic: str) -> None:
    """Delete a topic with all that is in it, and make it anew."""
    name = stage.deployment.topic(topic)
    async with _admin(stage) as admin:
        await admin.delete_topics([name])

        async def gone() -> bool:
            return name not in await admin.list_topics()

        await until(f"{name} is gone", gone)
    report = await create_topics(stage.settings)
    assert report.good, report


async def _spread(stage: Stage, *topics: str) -> None:
    """Give topics twice as many partitions."""
    async with _admin(stage) as admin:
        names = [stage.deployment.topic(topic) for topic in topics]
        await admin.create_partitions({name: NewPartitions(2 * PARTITIONS) for name in names})


async def _topics(stage: Stage) -> list[str]:
    """The topics of the deployment, without their prefix."""
    async with _admin(stage) as admin:
        prefix = stage.deployment.prefix
        return [name.removeprefix(prefix) for name in await admin.list_topics() if name.startswith(prefix)]


async def _is_settled(worker: Worker) -> bool:
    return worker.status is not None or await worker.is_ready()


async def _until_published(stage: Stage, before: dict[str, int]) -> None:
    """Give a worker that did not refuse the time to show what harm that does."""

    async def more() -> bool:
        return await _published(stage) != before

    with suppress(Stuck):
        await until("something is published", more, within_s=15.0)


async def _published(stage: Stage) -> dict[str, int]:
    async with open_reading(stage.deployment, (ALERTS, DEAD_LETTERS, *SOURCES[1:])) as reading:
        await reading.refresh()
        return {topic: len(reading.records(topic)) for topic in (ALERTS, DEAD_LETTERS)}


@asynccontextmanager
async def _admin(stage: Stage) -> AsyncIterator[Any]:
    admin = AIOKafkaAdminClient(bootstrap_servers=stage.deployment.brokers)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


@asynccontextmanager
async def _producer(stage: Stage) -> AsyncIterator[Any]:
    producer = AIOKafkaProducer(bootstrap_servers=stage.deployment.brokers, enable_idempotence=True)
    try:
        await producer.start()
        yield producer
    finally:
        await producer.stop()
