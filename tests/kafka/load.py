"""Load on a deployment, and faults that strike at a chosen instant of it."""

import signal
from datetime import UTC, datetime

from streams.topology import STATE
from tests.kafka.log import Feed, Log
from tests.kafka.mixed import endless
from tests.kafka.waiting import until
from tests.kafka.worker import Worker

PER_SECOND = 1_200


def load(log: Log, *, seed: int, **shares: float) -> Feed:
    """Mixed traffic until it is told to finish."""
    return Feed(log, endless(seed, log.settings.partitions, datetime.now(UTC), **shares), PER_SECOND)


async def until_shared(*workers: Worker) -> None:
    """Wait until the shards are spread over these workers and all of them work."""

    async def shared() -> bool:
        held = [worker.shards() for worker in workers]
        return all(held) and sum(map(len, held)) == len(set().union(*held)) == workers[0].settings.partitions

    await until("the shards are shared out", shared)
    for worker in workers:
        await worker.until_ready()


async def until_taken_over(log: Log, lost: set[int], heir: Worker) -> None:
    """Wait until another worker owns these shards and counts in all of them."""
    await log.refresh()
    before = {shard: log.position(shard) for shard in lost}

    async def taken_over() -> bool:
        await log.refresh()
        return all(log.position(shard) > at for shard, at in before.items()) and lost <= heir.shards()

    await until("the heir counts in the shards of the lost worker", taken_over)


async def freeze(worker: Worker, log: Log, *, amid_transaction: bool) -> None:
    """Stop a worker (SIGSTOP) at an instant at which one of its transactions is open, or none is."""

    async def frozen() -> bool:
        worker.signal(signal.SIGSTOP)
        if await log.is_open(STATE, worker.shards()) is amid_transaction:
            return True
        worker.signal(signal.SIGCONT)
        return False

    await until("the worker is caught", frozen)
