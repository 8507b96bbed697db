"""What a new owner restores is all that was committed, whoever else writes to the state."""

from datetime import UTC, datetime

import pytest

from streams.topology import ALERTS, RESPONSES, STATE
from tests.kafka import accidents
from tests.kafka.check_alerts import wrong_alerts
from tests.kafka.checks import assert_exact, recount_of, until_exact
from tests.kafka.conftest import Start
from tests.kafka.log import Log
from tests.kafka.traffic import answers
from tests.kafka.waiting import until, until_none

pytestmark = pytest.mark.kafka


async def test_a_foreign_open_transaction_does_not_shorten_a_restore(log: Log, start: Start, unique: str) -> None:
    """What was committed behind it is hidden until it ends: the new owner waits for it, and forgets no answer."""
    now = datetime.now(UTC)
    before, behind = answers(30, 300, now), answers(31, 300, now)
    worker = await start().until_ready()
    await log.send(before)
    await log.until_included(300)
    async with accidents.foreign_transaction(log.settings, unique, *range(log.settings.partitions)):
        await log.send(behind)

        async def missing() -> list[str]:
            await log.refresh()
            return [*wrong_alerts(log, recount_of(log))]

        await until_none("the alerts of what was committed behind the transaction", missing)
        assert 300 == log.included(), "the transaction hides nothing"
        worker.kill()
        worker = start()

        async def waits() -> bool:
            return (
                "opening shards" in (await worker.get("/ready"))[1]
                and await worker.metric("nps_restore_remaining_records") > 0
            )

        await until("the new owner waits for the end of the transaction", waits)
        assert [] == worker.said("Shard open")
    await worker.until_ready()
    await log.send([*before, *behind])
    expected = await until_exact(log, worker)
    assert 600 == sum(counts["duplicate"] for counts in expected.dispositions.values())
    assert 0 == await worker.stop()
    await assert_exact(log)


async def test_what_kafka_forgot_to_abort_is_not_committed_by_the_next_owner(log: Log, start: Start) -> None:
    """It is open in the state, where it would be refused, and in the alerts, where the next commit would show it."""
    worker = await start().until_ready()
    await log.send(answers(34, 200, datetime.now(UTC)))
    await log.until_included(200)
    worker.kill()
    for shard in range(log.settings.partitions):
        rows = (STATE, b"p|of a transaction|that was aborted|1|0", b"?"), (ALERTS, b"brand|store", b"never to be seen")
        await accidents.forget(log.settings, shard, *rows)
    assert await log.is_open(ALERTS, range(log.settings.partitions))

    worker = await start().until_ready()
    await log.send(answers(35, 400, datetime.now(UTC)))
    await until_exact(log, worker)
    assert 0 == await worker.stop()
    await assert_exact(log)
    assert b"never to be seen" not in [record.value for record in log.records(ALERTS)]
    assert not await log.is_open(ALERTS, range(log.settings.partitions))


async def test_what_a_producer_aborted_is_passed_over(log: Log, start: Start, unique: str) -> None:
    """It counts as nothing; and a position that moves without data is committed by and by, for the next owner."""
    worker = await start().until_ready()
    now = datetime.now(UTC)
    await log.send(answers(33, 10, now))
    async with accidents.transaction(log.settings, unique) as producer:
        for record in answers(32, 100, now):
            await producer.send_and_wait(log.settings.topic(RESPONSES.name), record.value, key=record.key)
    await until_exact(log, worker)

    async def passed() -> bool:
        ends = await log.refresh()
        name = log.settings.topic(RESPONSES.name)
        positions = {shard: marker.sources[name].position for shard, marker in log.markers().items()}
        return positions == {tp.partition: end for tp, end in ends.items() if tp.topic == name}

    await until("the markers are at the ends of the logs", passed)
    assert 10 == log.included() == len(log.records(RESPONSES))
    assert 0 == await worker.stop()
