"""Workers that die, leave, join, freeze and wake while responses pour in: nothing is lost, nothing counts twice."""

import signal
from datetime import UTC, datetime

import pytest

from streams.topology import RESPONSES, STATE
from tests.kafka.checks import assert_exact, until_exact
from tests.kafka.conftest import Start
from tests.kafka.log import Feed, Log
from tests.kafka.traffic import endless
from tests.kafka.waiting import until
from tests.kafka.worker import Worker

pytestmark = pytest.mark.kafka

PER_SECOND = 1_200


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


@pytest.mark.parametrize("amid_transaction", [True, False])
async def test_a_worker_frozen_past_its_session_and_woken_is_fenced_and_changes_nothing(
    log: Log, start: Start, amid_transaction: bool
) -> None:
    """It wakes to a transaction, or with answers in hand, that are not its own any more, and ends with status 1."""
    zombie, heir = start(), start()
    async with load(log, seed=5) as feed:
        await until_shared(zombie, heir)
        await log.until_included(1_000)
        await freeze(zombie, log, amid_transaction=amid_transaction)
        lost = zombie.shards()
        await log.refresh()
        frozen = {shard: position(log, shard) for shard in lost}

        async def taken_over() -> bool:
            await log.refresh()
            return all(position(log, shard) > at for shard, at in frozen.items()) and lost <= heir.shards()

        await until("the heir counts in the shards of the frozen worker", taken_over)
        zombie.signal(signal.SIGCONT)
        assert 1 == await zombie.status()
        await feed.until_acked(500)
        assert [] != zombie.said("Stopped so as not to do harm: ProducerFenced"), zombie.tail()
        await feed.finish()
    await until_exact(log, heir)
    assert 0 == await heir.stop()
    await assert_exact(log)


def load(log: Log, *, seed: int) -> Feed:
    """Mixed traffic until it is told to finish."""
    return Feed(log, endless(seed, log.settings.partitions, datetime.now(UTC)), PER_SECOND)


async def until_shared(*workers: Worker) -> None:
    """Wait until the shards are spread over these workers and all of them work."""

    async def shared() -> bool:
        held = [worker.shards() for worker in workers]
        return all(held) and sum(map(len, held)) == len(set().union(*held)) == workers[0].settings.partitions

    await until("the shards are shared out", shared)
    for worker in workers:
        await worker.until_ready()


async def freeze(worker: Worker, log: Log, *, amid_transaction: bool) -> None:
    """Stop a worker (SIGSTOP) at an instant at which one of its transactions is open, or none is."""

    async def frozen() -> bool:
        worker.signal(signal.SIGSTOP)
        if await log.is_open(STATE, worker.shards()) is amid_transaction:
            return True
        worker.signal(signal.SIGCONT)
        return False

    await until("the worker is caught", frozen)


def position(log: Log, shard: int) -> int:
    """How far a shard has read, by its marker."""
    return log.markers()[shard].sources[log.settings.topic(RESPONSES.name)].position
