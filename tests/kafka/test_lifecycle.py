"""A worker's life: waiting for Kafka, leaving when asked, ending where it must, saying nothing private."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psutil
import pytest

from streams.broker import Broker
from streams.broker.ports import free_ports
from streams.cluster.topics import create_topics
from streams.topology import ALERTS, RESPONSES
from tests.kafka import accidents
from tests.kafka.checks import assert_exact, until_exact
from tests.kafka.conftest import Start, deployment_of
from tests.kafka.load import load
from tests.kafka.log import Log, open_log
from tests.kafka.traffic import answer, answers, keyed
from tests.kafka.waiting import until

pytestmark = pytest.mark.kafka

LEAVES_WITHIN_S = 10
CANARY = "jean.dupont@example.com"


async def test_a_worker_asked_to_leave_under_load_is_gone_in_ten_seconds_and_loses_nothing(
    log: Log, start: Start
) -> None:
    """SIGTERM: it ends with status 0, and the next one goes on where it stopped."""
    worker = await start().until_ready()
    async with load(log, seed=40) as feed:
        await log.until_included(1_500)
        worker.terminate()
        assert 0 == await worker.status(within_s=LEAVES_WITHIN_S)
        await feed.until_acked(100)
        await feed.finish()
    await log.refresh()
    assert log.included() < len(log.records(RESPONSES)), "it left when everything was done"
    worker = start()
    await until_exact(log, worker)
    assert 0 == await worker.stop()
    await assert_exact(log)


async def test_a_worker_is_alive_before_kafka_is_and_ready_once_the_topics_are(
    own_broker: Callable[..., Broker], start: Start, unique: str
) -> None:
    """Its metrics port answers at once; it waits for Kafka, then for the topics, and then works."""
    (port,) = free_ports(1)
    settings = deployment_of(unique, f"127.0.0.1:{port}")
    worker = start(settings)
    await until("it waits for Kafka", lambda: worker.said("Waiting: Kafka at"))
    assert 200 == (await worker.get("/live"))[0]
    assert (503, "waiting for Kafka\n") == await worker.get("/ready")
    assert "nps_build_info" in (await worker.get("/metrics"))[1]
    own_broker(port=port)
    await until("it waits for the topics", lambda: worker.said("Waiting: topic"))
    assert 503 == (await worker.get("/ready"))[0]
    assert (await create_topics(settings)).good
    await worker.until_ready()
    async with open_log(settings) as log:
        await log.send(answers(41, 100, datetime.now(UTC)))
        await until_exact(log, worker)
        assert 0 == await worker.stop()


async def test_a_worker_listens_on_loopback_alone(log: Log, start: Start) -> None:
    """Nothing of it can be reached from elsewhere unless somebody asks for that."""
    worker = await start().until_ready()
    listening = [each.laddr for each in worker.connections() if each.status == psutil.CONN_LISTEN]
    assert ["127.0.0.1"] == [address.ip for address in listening]
    assert 0 == await worker.stop()


async def test_a_worker_that_cannot_write_ends_before_it_acknowledges_anything(log: Log, start: Start) -> None:
    """Alerts that Kafka refuses: no tally, no alert, no position is published, until a supervisor's next one can."""
    worker = await start().until_ready()
    await accidents.configure(log.settings, ALERTS, max_message_bytes="200")
    await log.send(answers(42, 200, datetime.now(UTC)))
    assert 1 == await worker.status()
    assert [] != worker.said("Stopped so as not to do harm")
    await log.refresh()
    assert (0, 0) == (len(log.records(ALERTS)), log.included())
    await accidents.configure(log.settings, ALERTS)
    worker = start()
    expected = await until_exact(log, worker)
    assert 200 == sum(counts["counted"] for counts in expected.dispositions.values())
    assert 0 == await worker.stop()
    await assert_exact(log)


async def test_no_customer_is_quoted_in_logs_metrics_or_headers(log: Log, start: Start) -> None:
    """Neither of a response, nor of a dead letter, nor by a worker that dies of one."""
    worker = await start(log_level="DEBUG").until_ready()
    now = datetime.now(UTC)
    told: dict[str, Any] = {
        "comment": CANARY,
        "customer_ref": CANARY,
        "device_ref": CANARY,
        "attributes": {"mail": CANARY},
    }
    document = answer("1", "Store 1", 2, now, **told)
    values = [{**document, "score": 11}, {**document, "score": CANARY}, {**document, "submitted_at": CANARY}]
    records = [keyed(document), *(keyed(each) for each in values)]
    records += [replace(records[0], value=value) for value in (CANARY.encode(), b'{"' + CANARY.encode())]
    await log.send(records)
    await until("all is handled", log.handled)
    _, metrics = await worker.get("/metrics")
    assert "nps_events_processed_total" in metrics
    await accidents.configure(log.settings, ALERTS, max_message_bytes="200")
    await log.send([keyed({**document, "response_id": "2"})])
    assert 1 == await worker.status()
    assert CANARY not in metrics
    assert CANARY not in worker.whole_log()
    assert CANARY in json.loads(log.records(ALERTS)[0].value)["comment"]
