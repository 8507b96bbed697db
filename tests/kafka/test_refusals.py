"""A shard is not opened on a state or a log that is not its own: the worker says why, what to do, and ends."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from streams.engine import marker
from streams.engine.marker import Source
from streams.topology import BRAND_TALLIES, RESPONSES, STATE
from tests.kafka import accidents
from tests.kafka.checks import until_exact
from tests.kafka.conftest import Start
from tests.kafka.log import Log, Sent
from tests.kafka.traffic import answers
from tests.kafka.waiting import until
from tests.kafka.worker import Worker

pytestmark = pytest.mark.kafka


@pytest.fixture
async def worked(log: Log, start: Start) -> Log:
    """A deployment that has counted 100 answers; nobody is at work."""
    worker = start()
    await log.send(answers(20, 100, datetime.now(UTC)))
    await until_exact(log, worker)
    assert 0 == await worker.stop()
    return log


async def assert_refused(worker: Worker, kind: str, *words: str) -> None:
    """The worker ends with status 1 and says why in one line, which holds these words; no shard is opened twice."""
    assert 1 == await worker.status(), worker.tail()
    refusals = worker.said("Refused to open a shard")
    assert [kind] == [line["kind"] for line in refusals], worker.tail()
    for word in words:
        assert word in refusals[0]["event"]


async def test_input_deleted_unread_is_refused(log: Log, start: Start) -> None:
    """The log starts after the position: what lies between was never counted."""
    await log.send([Sent(b"k", b"{", 0)] * 10)
    await accidents.write_marker(log.settings, 0, {RESPONSES.name: Source(3)})
    await accidents.delete_before(log.settings, RESPONSES, 0, 5)
    await assert_refused(start(), "lost_input", "begins at 5", "only up to 3", "2 records", "Restore the topic")


async def test_a_topic_recreated_with_less_is_refused(worked: Log, start: Start) -> None:
    """The log ends before the position."""
    await accidents.recreate(worked.settings, RESPONSES)
    await assert_refused(start(), "recreated_input", "ends at 0", "recreated or cut", "Restore it")


async def test_a_topic_recreated_with_others_is_refused(worked: Log, start: Start) -> None:
    """Where the last record included should stand, another one does."""
    await accidents.recreate(worked.settings, RESPONSES)
    await worked.send(answers(21, 400, datetime.now(UTC)))
    await assert_refused(start(), "recreated_input", "another record at offset", "was recreated", "Restore it")


async def test_a_lost_state_is_refused(worked: Log, start: Start) -> None:
    """The group has committed offsets, and there is no marker: counting from anywhere would be wrong."""
    await accidents.recreate(worked.settings, STATE)
    await assert_refused(start(), "lost_state", "the state is lost", "Restore the topic")


async def test_a_state_rolled_back_is_refused(worked: Log, start: Start) -> None:
    """What came after the older marker was published: who went on from there would say it all again."""
    older = {shard: kept[: len(kept) // 2] for shard, kept in (await accidents.rows(worked.settings)).items()}
    await accidents.recreate(worked.settings, STATE)
    for shard, kept in older.items():
        for key, value in kept:
            await accidents.write_row(worked.settings, shard, key, value)
    await assert_refused(start(), "lost_state", "was told that", "an older copy of itself", "Restore the topic")


async def test_a_cut_state_is_refused(worked: Log, start: Start) -> None:
    """Somebody let Kafka delete its first rows; its last marker is there."""
    shard, kept = max((await accidents.rows(worked.settings)).items(), key=lambda one: len(one[1]))
    await accidents.configure(worked.settings, STATE, cleanup_policy="compact,delete")
    await accidents.delete_before(worked.settings, STATE, shard, len(kept) // 2)
    await accidents.configure(worked.settings, STATE)
    await assert_refused(start(), "lost_state", "rows were deleted", "Restore the topic")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"app_id": "stranger"}, ("app id 'stranger'", "NPS_APP_ID")),
        ({"cluster_id": "elsewhere"}, ("cluster 'elsewhere'", "copied from elsewhere")),
        ({"partitions": 8}, ("number of partitions 8", "NPS_PARTITIONS")),
    ],
    ids=["app", "cluster", "partitions"],
)
async def test_the_state_of_another_deployment_is_refused(
    log: Log, start: Start, changes: dict[str, str | int], words: tuple[str, ...]
) -> None:
    """Another app, cluster or number of partitions wrote the marker."""
    await accidents.write_marker(log.settings, 1, {}, **changes)
    await assert_refused(start(), "other_deployment", *words)


async def test_a_row_of_a_later_release_is_refused(log: Log, start: Start) -> None:
    """This release must not write over what it cannot read, be it the marker or a page."""
    await accidents.write_row(log.settings, 2, marker.KEY, b"\xf0{}")
    await assert_refused(start(), "newer_row", "marker", "run the newer release")
    await accidents.write_row(log.settings, 2, b"p|Aurelia|Store 1|20000|0", b"\xf0\x00\x00")
    await assert_refused(start(), "newer_row", "p|Aurelia|Store 1|20000|0", "a later release")


async def test_a_transaction_that_stays_open_is_refused(log: Log, start: Start, unique: str) -> None:
    """The last stable offset of the state lies behind for longer than any transaction of ours may take, and 15 s."""
    settings = replace(log.settings, transaction_timeout=2.0, request_timeout=1.5)
    async with accidents.foreign_transaction(log.settings, unique, 0):
        await assert_refused(start(settings), "open_transaction", "for more than 17 s", "find-hanging")


async def test_what_is_no_reason_to_refuse_is_none(log: Log, start: Start) -> None:
    """A log that starts at the position, a marked record that was compacted away, and sources without a record."""
    now = datetime.now(UTC)
    await log.send([Sent(b"k", b"{", 0)] * 10)
    await accidents.write_marker(log.settings, 0, {RESPONSES.name: Source(10, 9, "gone")})
    await accidents.delete_before(log.settings, RESPONSES, 0, 10)
    await compact_away(log, 2)
    await accidents.write_marker(log.settings, 1, {BRAND_TALLIES.name: Source(3, 2, "gone")})
    worker = await start().until_ready()
    await log.send(answers(22, 100, now))
    await until("all is counted", log.handled)
    name = log.settings.topic(RESPONSES.name)
    assert 100 == sum(one.sources[name].totals["counted"] for one in log.markers().values())
    assert 10 < log.markers()[0].sources[name].position
    assert 0 == await worker.stop()


async def compact_away(log: Log, offset: int) -> None:
    """Hand over one brand's day again and again in partition 1, until the record at an offset is compacted away."""
    quick = {"segment_ms": "50", "min_cleanable_dirty_ratio": "0.001"}
    await accidents.configure(log.settings, BRAND_TALLIES, **quick)
    handover = {"brand": "B", "shard": 0, "day": "2026-01-01", "hours": {}, "schema_version": 1}

    async def compacted() -> bool:
        await log.send([Sent(b"B|0|2026-01-01", json.dumps(handover).encode(), 1)], BRAND_TALLIES)
        return await accidents.is_gone(log.settings, BRAND_TALLIES, 1, offset)

    await until("the record is compacted away", compacted)
