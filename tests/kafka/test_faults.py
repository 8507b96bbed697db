"""Workers that die, leave, join, freeze and wake while responses pour in: nothing is lost, nothing counts twice."""

import signal

import pytest

from tests.kafka.checks import assert_exact, until_exact
from tests.kafka.conftest import Start
from tests.kafka.load import freeze, load, until_shared, until_taken_over
from tests.kafka.log import Log
from tests.kafka.waiting import until

pytestmark = pytest.mark.kafka


async def test_a_worker_killed_under_load_loses_nothing_and_repeats_nothing(log: Log, start: Start) -> None:
    """Kill -9 of one of two workers, amid a transaction, twice: all figures exact, every alert there exactly once."""
    first, second = start(), start()
    async with load(log, seed=2) as feed:
        await until_shared(first, second)
        await log.until_included(2_000)
        await freeze(first, log, amid_transaction=True)
        first.kill()
        third = start()
        await until_shared(second, third)
        await log.until_included(log.included() + 1_500)
        await freeze(second, log, amid_transaction=True)
        second.kill()
        await feed.until_acked(500)
        await feed.finish()
    await until_exact(log, third)
    assert 0 == await third.stop()
    await assert_exact(log)


async def test_a_rolling_restart_under_load_changes_nothing(log: Log, start: Start) -> None:
    """Each worker in turn is asked to leave and leaves with status 0, another one takes its place."""
    workers = [start(), start()]
    async with load(log, seed=3) as feed:
        await until_shared(*workers)
        for place in (0, 1):
            await log.until_included(log.included() + 1_000)
            assert 0 == await workers[place].stop()
            workers[place] = start()
            await until_shared(*workers)
        await feed.finish()
    await until_exact(log, *workers)
    assert [0, 0] == [await worker.stop() for worker in workers]
    await assert_exact(log)


async def test_a_second_and_a_third_worker_join_under_load_without_a_trace(log: Log, start: Start) -> None:
    """Shards move to those who come; no response notices."""
    workers = [await start().until_ready()]
    async with load(log, seed=4) as feed:
        for _ in range(2):
            await log.until_included(log.included() + 1_000)
            workers.append(start())
            await until_shared(*workers)
        await feed.finish()
    await until_exact(log, *workers)
    assert [0, 0, 0] == [await worker.stop() for worker in workers]
    await assert_exact(log)


async def test_a_worker_frozen_past_its_session_and_woken_is_fenced_and_changes_nothing(log: Log, start: Start) -> None:
    """It wakes to a transaction that is not its own any more, and ends with status 1."""
    zombie, heir = start(), start()
    async with load(log, seed=5) as feed:
        await until_shared(zombie, heir)
        await log.until_included(1_000)
        await freeze(zombie, log, amid_transaction=True)
        await until_taken_over(log, zombie.shards(), heir)
        zombie.signal(signal.SIGCONT)
        assert 1 == await zombie.status()
        await feed.until_acked(500)
        assert [] != zombie.said("Stopped so as not to do harm: ProducerFenced"), zombie.tail()
        await feed.finish()
    await until_exact(log, heir)
    assert 0 == await heir.stop()
    await assert_exact(log)


async def test_a_worker_frozen_between_transactions_and_woken_changes_nothing(log: Log, start: Start) -> None:
    """What it has in hand is not its own any more: it is fenced; or the group tells it first, and it comes back."""
    zombie, heir = start(), start()
    async with load(log, seed=5) as feed:
        await until_shared(zombie, heir)
        await log.until_included(1_000)
        await freeze(zombie, log, amid_transaction=False)
        generations = len(zombie.said("Assigned"))
        await until_taken_over(log, zombie.shards(), heir)
        zombie.signal(signal.SIGCONT)
        await until("the zombie is fenced or back", lambda: zombie.ended or len(zombie.said("Assigned")) > generations)
        await feed.until_acked(500)
        await feed.finish()
    workers = [heir] if zombie.ended else [heir, zombie]
    if zombie.ended:
        assert 1 == await zombie.status()
        assert [] != zombie.said("Stopped so as not to do harm: ProducerFenced"), zombie.tail()
    await until_exact(log, *workers)
    assert [0] * len(workers) == [await worker.stop() for worker in workers]
    await assert_exact(log)
