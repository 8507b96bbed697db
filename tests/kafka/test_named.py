"""Workers with names of their own (NPS_INSTANCE_ID): they come back to their shards, and a name is one worker's."""

import signal

import pytest

from tests.kafka.checks import assert_exact, until_exact
from tests.kafka.conftest import Start
from tests.kafka.load import freeze, load, until_shared
from tests.kafka.log import Log

pytestmark = pytest.mark.kafka


async def test_a_named_worker_comes_back_to_its_shards_and_nobody_else_notices(log: Log, start: Start) -> None:
    """Killed and started again within its session: the others do not even rebalance."""
    patient = {"session_timeout": 30.0}
    first, second = start(instance_id="first", **patient), start(instance_id="second", **patient)
    async with load(log, seed=70) as feed:
        await until_shared(first, second)
        await log.until_included(1_000)
        held, rebalances = first.shards(), len(second.said("Assigned"))
        await freeze(first, log, amid_transaction=True)
        first.kill()
        first = start(instance_id="first", **patient)
        await until_shared(first, second)
        await log.until_included(log.included() + 1_000)
        assert held == first.shards()
        assert rebalances == len(second.said("Assigned"))
        await feed.finish()
    await until_exact(log, first, second)
    assert [0, 0] == [await worker.stop() for worker in (first, second)]
    await assert_exact(log)


async def test_of_two_workers_with_one_name_the_older_one_ends(log: Log, start: Start) -> None:
    """Frozen, replaced under its name, and woken: it is fenced, and changes nothing."""
    zombie = start(instance_id="one", session_timeout=30.0)
    async with load(log, seed=71) as feed:
        await log.until_included(1_000)
        await freeze(zombie, log, amid_transaction=False)
        heir = await start(instance_id="one", session_timeout=30.0).until_ready()
        await log.until_included(log.included() + 1_000)
        zombie.signal(signal.SIGCONT)
        assert 1 == await zombie.status()
        await feed.until_acked(500)
        await feed.finish()
    await until_exact(log, heir)
    assert 0 == await heir.stop()
    await assert_exact(log)
