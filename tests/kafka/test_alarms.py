"""Alarms on a real Kafka: one per episode, though the worker that raised it is killed."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from chaos.rules.place import home
from streams.topology import ALARMS
from tests.kafka.conftest import Start
from tests.kafka.log import Log
from tests.kafka.traffic import BRANDS, answer, keyed
from tests.kafka.waiting import until

pytestmark = pytest.mark.kafka

KEY = f"{BRANDS[0]}|Store 1"


async def test_a_burst_is_raised_once_and_released_by_whoever_comes_next(log: Log, start: Start) -> None:
    """In the partition of its store; the answers are taken back while nobody works."""
    now = datetime.now(UTC)
    worker = await start().until_ready()
    await log.send([keyed(answer(str(n), "Store 1", 0, now, channel="kiosk")) for n in range(4)])
    await until_alarms(log, 1)
    worker.kill()
    await log.send([keyed(answer(str(n), "Store 1", None, now, event="deleted")) for n in range(4)])
    worker = await start().until_ready()
    await until_alarms(log, 2)
    assert 0 == await worker.stop()
    alarms = log.records(ALARMS)
    assert {(home(KEY, log.settings.partitions), KEY.encode())} == {(one.partition, one.key) for one in alarms}
    raised, released = (document(one) for one in alarms)
    assert [("raised", 4), ("released", 0)] == [(one["kind"], one["current"]["n"]) for one in (raised, released)]
    assert (raised["alarm_id"], 1) == (released["alarm_id"], released["episode"])


async def until_alarms(log: Log, n: int) -> None:
    """Wait until so many alarms can be read."""

    async def there() -> bool:
        await log.refresh()
        return len(log.records(ALARMS)) >= n

    await until(f"{n} alarms", there)


def document(record: Any) -> dict[str, Any]:
    """The value of a record."""
    alarm: dict[str, Any] = json.loads(record.value)
    return alarm
