"""The broker goes away and comes back, under load: a worker survives it, or its supervisor's next one does."""

import asyncio
from collections.abc import Callable

import pytest

from streams.broker import Broker
from streams.cluster.topics import create_topics
from tests.kafka.checks import assert_exact, until_exact
from tests.kafka.conftest import Supervisor, deployment_of
from tests.kafka.load import load
from tests.kafka.log import open_log
from tests.kafka.waiting import until

pytestmark = pytest.mark.kafka


@pytest.mark.parametrize("how", ["stopped", "killed"])
async def test_a_broker_that_goes_and_comes_back_leaves_no_trace(
    own_broker: Callable[..., Broker], supervised: Callable[..., Supervisor], unique: str, how: str
) -> None:
    """In an orderly way or by kill -9, while responses pour in: figures, dead letters and alerts are exact."""
    broker = own_broker()
    settings = deployment_of(unique, broker.bootstrap)
    assert (await create_topics(settings)).good
    supervisors = [supervised(settings), supervised(settings)]
    async with open_log(settings) as log:
        async with load(log, seed=60) as feed:
            await log.until_included(2_000)
            if how == "killed":
                broker.kill()
            await asyncio.to_thread(broker.restart)
            await feed.until_acked(2_000)
            await feed.finish()

        async def ready() -> bool:
            return all([not each.worker.ended and await each.worker.is_ready() for each in supervisors])

        await until("both workers are ready again", ready)
        await until_exact(log)
        assert [0, 0] == [await each.stop() for each in supervisors]
        await assert_exact(log)
