"""Scores: the last one of a key is right, whoever dies before it is published; nobody is nothing, never 0."""

import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from chaos.rules.place import home
from streams.topology import SCORES
from tests.kafka.checks import assert_exact, until_exact
from tests.kafka.conftest import Start
from tests.kafka.log import Log
from tests.kafka.traffic import BRANDS, STORES, answer, keyed
from tests.kafka.waiting import until

pytestmark = pytest.mark.kafka

STORE = f"{BRANDS[0]}|Store 1"
HELD_BACK_S = 300.0
"""For as long as any test takes."""
INTERVAL_S = 3.0


async def test_a_score_held_back_by_a_worker_that_died_is_published_by_the_next(log: Log, start: Start) -> None:
    """The answer was committed some commits ago and its score was not: the new owner knows from the state."""
    now = datetime.now(UTC)
    worker = await start(score_interval=HELD_BACK_S).until_ready()
    await log.send([keyed(answer("1", "Store 1", 9, now))])
    await until_answers(log, 1)
    await log.send([keyed(answer("2", "Store 1", 0, now))])
    await log.until_included(2)
    shard = home(STORE, log.settings.partitions)
    neighbour = next(each for each in STORES[1:] if home(f"{BRANDS[0]}|{each}", log.settings.partitions) == shard)
    await log.send([keyed(answer("3", neighbour, 9, now))])
    await log.until_included(3)
    worker.kill()
    await log.refresh()
    assert 1 == score(log, STORE)["all"]["n"], "the score was there before the worker died"
    worker = start()
    await until_exact(log, worker)
    assert 0 == await worker.stop()
    await assert_exact(log)


async def test_a_score_held_back_is_published_in_time_though_nothing_more_arrives(log: Log, start: Start) -> None:
    """One score for the first answer, one for all that came within the interval, and none without a change."""
    now = datetime.now(UTC)
    worker = await start(score_interval=INTERVAL_S).until_ready()
    await log.send([keyed(answer("1", "Store 1", 9, now))])
    await until_answers(log, 1)
    for number in range(2, 12):
        await log.send([keyed(answer(str(number), "Store 1", 9, now))])
        await log.until_included(number)
    await until_exact(log, worker)
    published = [json.loads(record.value) for record in log.records(SCORES) if record.key == STORE.encode()]
    counts = [document["windows"]["all"]["n"] for document in published]
    assert 11 == counts[-1]
    assert sorted(set(counts)) == counts, "a score was published without a change"
    instants = [datetime.fromisoformat(document["as_of"]).timestamp() for document in published]
    assert all(after - before >= INTERVAL_S for before, after in pairwise(instants))
    assert 0 == await worker.stop()


async def test_without_answers_a_score_is_null_and_never_zero(log: Log, start: Start) -> None:
    """A store whose only answer was deleted has no NPS and no interval, in every window; so has its brand."""
    now = datetime.now(UTC)
    worker = await start().until_ready()
    await log.send([keyed(answer("1", "Store 1", 5, now))])
    await until_answers(log, 1)
    await log.send([keyed(answer("1", "Store 1", None, now, event="deleted"))])
    await until_exact(log, worker)
    unknown: dict[str, Any] = {"nps": None, "low": None, "high": None}
    nothing = {"n": 0, "promoters": 0, "passives": 0, "detractors": 0, **unknown}
    nothing |= {"histogram": [0] * 11, "mean": None, "low_confidence": True}
    nobody = {"n": 0, **unknown, "difference": None, "z": None, "p": None}
    for key in (STORE, BRANDS[0]):
        *compared, ever = score(log, key).values()
        assert [{**nothing, "previous": nobody, "year_ago": nobody}] * 5 == compared
        assert {**nothing, "previous": None, "year_ago": None} == ever
    assert 0 == await worker.stop()


def score(log: Log, key: str) -> dict[str, Any]:
    """The windows of the last score of a key; none where there is none."""
    record = log.latest(SCORES).get(key.encode())
    windows: dict[str, Any] = {} if record is None else json.loads(record.value)["windows"]
    return windows


async def until_answers(log: Log, n: int) -> None:
    """Wait until the scores of store and brand speak of so many answers."""

    async def told() -> bool:
        await log.refresh()
        return all(score(log, key).get("all", {}).get("n") == n for key in (STORE, BRANDS[0]))

    await until(f"the scores speak of {n} answers", told)
