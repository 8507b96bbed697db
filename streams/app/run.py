"""Running a worker: metrics first, then Kafka, then the shards; and every way in which it ends."""

import asyncio
import contextlib
import gc
import logging
import os
import signal
import time
from functools import partial
from typing import NamedTuple, NoReturn

from aiokafka.errors import KafkaError

from streams import logs
from streams.app.huge_pages import HugePages
from streams.app.status import Status
from streams.app.wiring import Worker, engine_config, policy, wire
from streams.cluster.connection import admin_client
from streams.cluster.topics import Report, inspect_topics
from streams.engine.failure import Refusal
from streams.events.rejected import REASONS
from streams.metrics import Metrics, MetricsServer
from streams.settings import Settings
from streams.topology import AGENTS, SCORES

log = logging.getLogger(__name__)

OK = 0
FAILED = 1
_RETRY_S = 1.0
_STOP_S = 8.0
"""A worker that was asked to stop is gone after this, whatever Faust is waiting for."""
_CATCHES_UP_S = 600.0
"""So long after its start the collector stays off what a worker's backlog brings."""


def run_worker(settings: Settings) -> int:
    """Run until SIGTERM or SIGINT; gives the exit status, 0 when it was asked to stop and did.

    Whatever breaks a promise does not come back here: it ends the process with status 1 on the spot.
    """
    metrics = Metrics()
    metrics.expect(sources=[settings.topic(agent.reads.name) for agent in AGENTS], reasons=REASONS)
    logs.set_up(settings.log_level, metrics.log_message)
    # A debugger or a stack dump on a signal would stop the world: Faust's library offers both.
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    return asyncio.run(_run(settings, metrics))


def fail(error: BaseException) -> NoReturn:
    """End the process at once: nothing more is acknowledged. What was not committed is done again by the next owner."""
    if isinstance(error, Refusal):
        log.critical("Refused to open a shard: %s", error, extra={"kind": error.kind})
    else:
        log.critical("Stopped so as not to do harm: %s: %s", type(error).__name__, error, exc_info=error)
    logging.shutdown()
    os._exit(FAILED)


async def _run(settings: Settings, metrics: Metrics) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    now = partial(_now, settings.clock_offset)
    status = Status(metrics, now=now)
    server = MetricsServer(metrics, settings.host, settings.metrics_port, status.live, status.ready)
    server.start()
    log.info("Metrics", extra={"address": f"http://{settings.host}:{server.port}/metrics"})
    watch = asyncio.create_task(status.watch())
    try:
        found = await _wait_for_kafka(settings, stop)
        if found is None:
            return OK
        config = engine_config(settings, found.id, found.score_partitions, now)
        worker = wire(settings, config, policy(settings, found.score_partitions, metrics), metrics, fail)
        status.attach(worker.shards)
        await _serve(worker, stop)
    finally:
        watch.cancel()
        server.stop()


def _now(offset_s: float) -> float:
    """The worker's clock: seconds since the epoch."""
    return time.time() + offset_s


async def _serve(worker: Worker, stop: asyncio.Event) -> NoReturn:
    """Work until asked to stop; the process ends here, whatever happens: Faust's threads would outlive an exception."""
    try:
        await _work(worker, stop)
    except BaseException as error:  # noqa: BLE001 -- also a cancellation must not leave half a worker in the group
        fail(error)
    log.info("Stopped")
    logging.shutdown()
    os._exit(OK)


async def _work(worker: Worker, stop: asyncio.Event) -> None:
    app = worker.app
    # Every fetched record is an object that the collector counts, and votes hold no cycles: left at its defaults it
    # walks the whole state again and again, which cost a quarter of all CPU time.
    gc.set_threshold(500_000, 20, 1000)
    HugePages().start()
    await worker.lookup.start()
    await app.start()
    log.info("Worker started", extra={"app": app.conf.id})
    settled = False
    # What a backlog leaves behind is state: to walk it is to find nothing. But a cycle that is frozen stays for ever.
    catches_up_until = time.monotonic() + _CATCHES_UP_S
    while not stop.is_set():
        if app.should_stop or app.crashed:
            fail(app.crash_reason or RuntimeError("Faust stopped by itself"))
        if not settled and worker.shards.ready:
            settled = True
            gc.collect()
            gc.freeze()
        elif time.monotonic() < catches_up_until and worker.shards.has_backlog():
            gc.freeze()
        try:
            await asyncio.wait_for(stop.wait(), 0.2)
        except TimeoutError:
            continue
    log.info("Stopping")
    try:
        async with asyncio.timeout(_STOP_S):
            await worker.shards.close()
            with contextlib.suppress(RuntimeError):
                # Amid a rebalance Faust may end the consumer's loop first and ask it for a last commit then. From here
                # on there is nothing to acknowledge: the shards are closed.
                await app.stop()
            await worker.lookup.stop()
    except TimeoutError:
        log.warning("Not stopped in time; what is not committed is done again by the next owner")


class _Cluster(NamedTuple):
    """The cluster that answered."""

    id: str
    score_partitions: int


async def _wait_for_kafka(settings: Settings, stop: asyncio.Event) -> _Cluster | None:
    """Wait until the broker answers and all topics are as they should be; None when stopped before."""
    said = ""
    while not stop.is_set():
        try:
            report = await inspect_topics(settings)
            problem = _problem(report)
            if not problem:
                async with admin_client(settings) as admin:
                    cluster_id = str((await admin.describe_cluster())["cluster_id"])
                return _Cluster(cluster_id, next(t.partitions for t in report.topics if t.topic is SCORES))
        except (KafkaError, OSError) as error:
            problem = f"Kafka at {settings.brokers} cannot be reached ({type(error).__name__})"
        if problem != said:
            log.warning("Waiting: %s", problem)
            said = problem
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _RETRY_S)
    return None


def _problem(report: Report) -> str:
    for topic in report.topics:
        if topic.outcome == "missing":
            return f"topic {topic.name} does not exist; create it with `nps topics create`"
        for difference in topic.differences:
            if difference.essential:
                return (
                    f"topic {topic.name} has {difference.setting}={difference.found}, "
                    f"not {difference.wanted}: {difference.mend}"
                )
    return ""
