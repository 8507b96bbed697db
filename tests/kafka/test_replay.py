"""The same log gives the same result: ids, bytes and figures, whoever works through it and in whatever steps."""

import json
from datetime import UTC, datetime

import pytest

from streams.topology import ALERTS, STATE
from tests.kafka import accidents
from tests.kafka.checks import until_exact
from tests.kafka.conftest import Start
from tests.kafka.log import Log, open_log
from tests.kafka.traffic import answers, mixed
from tests.kafka.waiting import until
from tests.kafka.worker import nps

pytestmark = pytest.mark.kafka


async def test_a_log_replayed_into_an_empty_state_gives_the_same_alerts_and_the_same_digest(
    log: Log, start: Start
) -> None:
    """Another app works through the same input: its alerts are the first one's, byte by byte."""
    worker = await start().until_ready()
    for part in range(3):
        await log.send(mixed(50 + part, 1_000, log.settings.partitions, datetime.now(UTC), strays=0.0))
        await log.until_included((part + 1) * 1_000)
    assert len((await until_exact(log, worker)).alerts) > 50
    assert 0 == await worker.stop()
    before = digest(log)
    await accidents.recreate(log.settings, STATE)
    worker = start(app_id=f"{log.settings.app_id}-again")
    async with open_log(log.settings) as again:
        await until("the other app has handled everything", again.handled)
        alerts: dict[str, list[bytes]] = {}
        for record in again.records(ALERTS):
            alerts.setdefault(json.loads(record.value)["alert_id"], []).append(record.value)
    assert {2} == set(map(len, alerts.values()))
    assert all(first == second for first, second in alerts.values())
    assert before == digest(log)
    assert 0 == await worker.stop()


async def test_answers_sent_again_change_nothing_and_raise_nothing(log: Log, start: Start) -> None:
    """A producer that repeats a whole day: every record is a duplicate, every figure as before."""
    worker = await start().until_ready()
    day = answers(53, 1_500, datetime.now(UTC))
    await log.send(day)
    await until_exact(log, worker)
    before = digest(log), len(log.records(ALERTS))
    await log.send(day)
    expected = await until_exact(log, worker)
    assert 1_500 == sum(counts["duplicate"] for counts in expected.dispositions.values())
    assert before == (digest(log), len(log.records(ALERTS)))
    assert 0 == await worker.stop()


def digest(log: Log) -> str:
    """What `nps digest` says of everything counted."""
    done = nps(log.settings, "digest", "--json")
    assert 0 == done.returncode, done.stderr
    return str(json.loads(done.stdout)["digest"])
