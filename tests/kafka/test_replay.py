"""The same log gives the same result: ids, bytes and figures, whoever works through it and in whatever steps."""

import json
import signal
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from streams.topology import ALERTS, AUDIT, STATE
from tests.kafka import accidents
from tests.kafka.checks import until_exact
from tests.kafka.conftest import Start
from tests.kafka.load import freeze, load, until_shared, until_taken_over
from tests.kafka.log import Log, open_log
from tests.kafka.traffic import answers
from tests.kafka.waiting import until
from tests.kafka.worker import nps

pytestmark = pytest.mark.kafka

Name = TypeVar("Name")
OF_RESPONSES = frozenset({"raised", "enriched", "retracted", "attached"})


async def test_a_log_replayed_into_an_empty_state_gives_the_same_alerts_and_the_same_digest(
    log: Log, start: Start
) -> None:
    """Three workers, one of them killed and one frozen and woken, and another app's one in a single go: no difference.

    Audit records are the same byte by byte, and so is what is said of responses, but for the numbers: when a clock
    fires in between is not the log's to say.
    """
    victim, zombie, heir = start(), start(), start()
    async with load(log, seed=50, strays=0.0) as feed:
        await until_shared(victim, zombie, heir)
        await log.until_included(1_000)
        await freeze(victim, log, amid_transaction=True)
        victim.kill()
        await until_shared(zombie, heir)
        await freeze(zombie, log, amid_transaction=False)
        await until_taken_over(log, zombie.shards(), heir)
        zombie.signal(signal.SIGCONT)
        assert 1 == await zombie.status()
        await feed.until_acked(100)
        await feed.finish()
    expected = await until_exact(log, heir)
    assert 0 == await heir.stop()
    before = digest(log)
    await accidents.recreate(log.settings, STATE)
    worker = start(app_id=f"{log.settings.app_id}-again")
    async with open_log(log.settings) as again:
        await until("the other app has handled everything", again.handled)
        alerts = said_of_responses(again)
        audits = by_name((record.key.decode(), record.value) for record in again.records(AUDIT))
    assert 2 * expected.kinds.total() == alerts.total() > 1_000
    assert {0} == {times % 2 for times in alerts.values()}
    assert expected.audits.keys() == audits.keys()
    for values in audits.values():
        assert 2 == len(values)
        assert values[0] == values[1]
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


def said_of_responses(log: Log) -> Counter[str]:
    """What all runs said of responses, without the numbers."""
    events = (json.loads(record.value) for record in log.records(ALERTS))
    said = ({**event, "sequence": None} for event in events if event["kind"] in OF_RESPONSES)
    return Counter(json.dumps(event, sort_keys=True) for event in said)


def by_name(values: Iterable[tuple[Name, bytes]]) -> dict[Name, list[bytes]]:
    """All values of each name, in order."""
    found: dict[Name, list[bytes]] = {}
    for name, value in values:
        found.setdefault(name, []).append(value)
    return found


def digest(log: Log) -> str:
    """What `nps digest` says of everything counted."""
    done = nps(log.settings, "digest", "--json")
    assert 0 == done.returncode, done.stderr
    return str(json.loads(done.stdout)["digest"])
