"""From a response to its visible alert: an open loop of responses, and a subscriber that reads committed alerts."""

import asyncio
import math
import time
from dataclasses import dataclass
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from bench.bed import Bed, markers, renew
from bench.responses import Keyed, responses, shops
from streams.domain.score import DETRACTOR_MAX
from streams.settings import Settings
from streams.topology import ALERTS, RESPONSES

_SEED = 90
_AFTER_S = 30.0
"""How long after the last response an alert may come and still be seen; one that does not come is a failure."""
_READY_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyRun:
    """One window of responses, in ms from the response's append to the subscriber's receipt of its alert."""

    responses: int
    alerts: int
    p50: float
    p90: float
    p99: float
    longest: float
    sent_p99: float
    """p99 from the instant at which the response was to be sent: a sender that was held up hides nothing."""
    cpu_s: float
    """Of the worker, while it lasted."""


@dataclass(slots=True)
class _Log:
    """What was seen, by response id: instants in s since the epoch."""

    due_s: dict[str, float]
    append_s: dict[str, float]
    seen_s: dict[str, float]


async def measure_latency(bed: Bed, prefix: str, windows: int) -> list[LatencyRun]:
    """Warm a new worker up, then measure as many windows, one after the other."""
    settings = bed.deployment(prefix)
    await renew(settings)
    sizes = bed.sizes
    among = shops(sizes.stores, bed.partitions)
    runs = []
    with bed.worker(settings) as worker:
        async with asyncio.timeout(_READY_WITHIN_S):
            await _until_open(settings)
        for window in range(windows + 1):
            seconds = sizes.seconds if window else sizes.warm_up_s
            n = int(seconds * sizes.rate)
            sent = list(responses(n, among, time.time(), _SEED + window))
            before = worker.now()
            log = await _window(settings, sent, sizes.rate)
            if window:
                runs.append(_summary(log, n, worker.now().cpu_s - before.cpu_s))
    return runs


async def _until_open(settings: Settings) -> None:
    """Wait until every shard has committed its first marker."""
    async with markers(settings) as seen:
        while len(seen.seen) < settings.partitions:
            await asyncio.sleep(0.1)
            await seen.look()


async def _window(settings: Settings, sent: list[Keyed], rate: int) -> _Log:
    log = _Log({}, {}, {})
    tps = [TopicPartition(settings.topic(ALERTS.name), number) for number in range(settings.partitions)]
    subscriber = AIOKafkaConsumer(
        bootstrap_servers=settings.brokers,
        isolation_level="read_committed",
        enable_auto_commit=False,
        fetch_max_wait_ms=500,
    )
    producer = AIOKafkaProducer(bootstrap_servers=settings.brokers, acks="all")
    await subscriber.start()
    await producer.start()
    try:
        subscriber.assign(tps)
        await subscriber.seek_to_end(*tps)
        wanted = sum(orjson.loads(record.value)["score"] <= DETRACTOR_MAX for record in sent)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_send(producer, settings.topic(RESPONSES.name), sent, rate, log))
            async with asyncio.timeout(len(sent) / rate + _AFTER_S):
                await _receive(subscriber, wanted, log)
    finally:
        await producer.stop()
        await subscriber.stop()
    return log


async def _receive(subscriber: Any, wanted: int, log: _Log) -> None:
    while len(log.seen_s) < wanted:
        found = await subscriber.getmany(timeout_ms=1_000)
        now_s = time.time()
        for records in found.values():
            for record in records:
                log.seen_s[orjson.loads(record.value)["response_id"]] = now_s


async def _send(producer: Any, topic: str, sent: list[Keyed], rate: int, log: _Log) -> None:
    """Send each response at its time, whatever becomes of those before it."""
    begin_s = time.time() + 0.1
    acks: list[tuple[str, asyncio.Future[Any]]] = []
    for number, (partition, key, value) in enumerate(sent):
        due_s = begin_s + number / rate
        await asyncio.sleep(max(0.0, due_s - time.time()))
        response_id = orjson.loads(value)["response_id"]
        log.due_s[response_id] = due_s
        acks.append((response_id, await producer.send(topic, value, key, partition)))
    for response_id, ack in acks:
        log.append_s[response_id] = (await ack).timestamp / 1000


def _summary(log: _Log, n: int, cpu_s: float) -> LatencyRun:
    took = sorted((at_s - log.append_s[response_id]) * 1000 for response_id, at_s in log.seen_s.items())
    from_due = sorted((at_s - log.due_s[response_id]) * 1000 for response_id, at_s in log.seen_s.items())
    return LatencyRun(
        responses=n,
        alerts=len(took),
        p50=_quantile(took, 0.5),
        p90=_quantile(took, 0.9),
        p99=_quantile(took, 0.99),
        longest=took[-1],
        sent_p99=_quantile(from_due, 0.99),
        cpu_s=cpu_s,
    )


def _quantile(ordered: list[float], share: float) -> float:
    """The smallest value that at least this share does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
