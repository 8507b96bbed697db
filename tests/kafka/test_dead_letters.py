"""What cannot be used is set aside as it came, with its reason; too much of it stops a partition, and nothing else."""

import asyncio
import hashlib
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest
from aiokafka import AIOKafkaProducer

from chaos.rules.place import home
from streams.topology import ALERTS, CONTROL, DEAD_LETTERS, RESPONSES
from tests.kafka.checks import assert_exact, until_exact
from tests.kafka.conftest import Start
from tests.kafka.log import Log, Sent
from tests.kafka.mixed import mixed
from tests.kafka.rubbish import rubbish
from tests.kafka.traffic import answer, answers, astray, keyed
from tests.kafka.waiting import until
from tests.kafka.worker import Worker, nps

pytestmark = pytest.mark.kafka

ALL_REASONS = {
    "too_large",
    "invalid_utf8",
    "invalid_json",
    "too_deep",
    "duplicate_field",
    "schema",
    "score_out_of_range",
    "timestamp_in_future",
    "too_old",
    "wrong_partition",
}
"""Every reason that a response can have; `illegal_transition` is for the actions of people."""
TOPIC_BYTES_MAX = 1_048_588
"""Largest batch that `survey.responses` takes."""


async def test_a_third_of_malformed_traffic_ends_in_the_dead_letters_and_nothing_else_does(
    log: Log, start: Start
) -> None:
    """Each with the right reason, its bytes, key, headers and time untouched; the breaker bears it."""
    worker = start()
    now = datetime.now(UTC)
    random = Random(6)
    records = mixed(6, 3_000, log.settings.partitions, now, malformed=0.55)
    for number in range(40):
        lost = answer(f"lost-{number}", f"Store {number % 9}", number % 11, now)
        headers = (("nps.rehomed-from", b"elsewhere|0|1"), ("nps.arrival", b"%d" % (now.timestamp() * 1000)))
        records.insert(random.randrange(len(records)), astray(lost, log.settings.partitions, *headers))
    for number, record in enumerate(rubbish(now)):
        records.append(record.to(number % log.settings.partitions))
    await log.send(records)
    expected = await until_exact(log, worker)
    assert ALL_REASONS == set(expected.dead.values())
    assert 0.3 < len(expected.dead) / len(records) < 0.4
    by_reason = Counter(expected.dead.values())
    assert by_reason == {reason: await worker.metric("nps_dead_letters_total", reason=reason) for reason in by_reason}
    assert 0 == await worker.stop()
    await assert_exact(log)


async def test_records_about_the_size_limits_are_counted_below_and_set_aside_above(log: Log, start: Start) -> None:
    """64 KiB is a response, a byte more is none; what the topic takes is set aside whole, or named by size and hash."""
    worker = start()
    now = datetime.now(UTC)
    sizes = (65_535, 65_536, 65_537, 900_000, TOPIC_BYTES_MAX - 100)
    records = [of_size(f"size-{number}", size, now) for number, size in enumerate(sizes)]
    records.append(replace(records[3], headers=tuple((f"header-{number}", b"x" * 1_000) for number in range(40))))
    records += [record.to(0) for record in records]
    await log.send(records)
    async with AIOKafkaProducer(
        bootstrap_servers=log.settings.brokers, compression_type="gzip", max_request_size=1 << 23
    ) as producer:
        bomb = of_size("bomb", 3_000_000, now)
        await producer.send_and_wait(log.settings.topic(RESPONSES.name), bomb.value, key=bomb.key)
    expected = await until_exact(log, worker)
    assert Counter({"too_large": 9}) == Counter(expected.dead.values())
    assert 0 == await worker.stop()
    await assert_exact(log)
    left_out = [record for record in log.records(DEAD_LETTERS) if record.value is None]
    assert [hashlib.sha256(bomb.value or b"").hexdigest()] == [
        dict(record.headers)["nps.dlq.sha256"].decode() for record in left_out
    ]


async def test_a_stray_record_that_would_not_fit_with_our_headers_is_set_aside(log: Log, start: Start) -> None:
    """Sent on it would exceed the limit of its topic, and stop the worker for ever; here it goes on."""
    worker = start()
    now = datetime.now(UTC)
    stray = astray(answer("stray", "Store 1", 3, now), log.settings.partitions)
    stray = replace(stray, headers=(("", b"x" * (TOPIC_BYTES_MAX - 120 - len(stray.value or b""))),))
    await log.send([stray, keyed(answer("good", "Store 1", 3, now))])
    await until("both are handled", log.handled)
    (letter,) = log.records(DEAD_LETTERS)
    assert b"too_large" == dict(letter.headers)["nps.dlq.reason"]
    assert stray.value == letter.value
    assert 1 == len(log.records(ALERTS))
    assert 0 == await worker.stop()


async def test_the_breaker_trips_at_the_record_above_its_limit_until_an_order_lifts_it(log: Log, start: Start) -> None:
    """More than 500 among the last 1,000, or 500 in a row, hold one partition; the worker is ready, and remembers."""
    now = datetime.now(UTC)
    shard = home("Aurelia|Store 1", log.settings.partitions)
    good, bad = keyed(answer("good", "Store 1", 9, now)), Sent(b"k", b"{", shard)
    beside = [
        each for each in answers(7, 600, now) if home((each.key or b"").decode(), log.settings.partitions) != shard
    ]
    worker = await start().until_ready()
    await log.send([*[bad] * 499, good, *[bad] * 2, *[bad] * 500, *[bad] * 499, good])
    await until_held(worker, shard)
    await log.send(beside[:200])
    await log.until_included(502 + 200)
    assert 502 == log.position(shard)
    assert await worker.is_ready()
    worker.kill()
    worker = await start().until_ready()
    await until_held(worker, shard)
    await log.send(beside[200:])
    await log.until_included(502 + len(beside))
    assert 502 == log.position(shard)
    done = await asyncio.to_thread(nps, log.settings, "resume", "--shard", str(shard))
    assert 0 == done.returncode, done.stderr
    await log.until_included(502 + 500 + len(beside))
    await until_held(worker, shard)
    assert 1_002 == log.position(shard)
    await log.send([Sent(b"%d" % shard, b'{"order":"resume"}', shard)], CONTROL)
    expected = await until_exact(log, worker)
    assert 1_500 == list(expected.dead.values()).count("invalid_json")
    assert 0 == await worker.metric("nps_breaker_open", shard=str(shard))
    assert 0 == await worker.stop()
    await assert_exact(log)


async def until_held(worker: Worker, shard: int) -> None:
    """Wait until a worker says that the breaker of a shard is open."""

    async def held() -> bool:
        return await worker.metric("nps_breaker_open", shard=str(shard)) == 1

    await until("the breaker trips", held)


def of_size(response_id: str, size: int, now: datetime) -> Sent:
    """A response of so many bytes, in its comment."""
    document = answer(response_id, "Store 1", 3, now, comment="")
    short = keyed(document)
    return keyed({**document, "comment": "x" * (size - len(short.value or b""))})
