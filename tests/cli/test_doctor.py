"""`nps doctor` against a real broker."""

import json
import socket
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from streams.cluster.connection import admin_client
from streams.engine.marker import KEY, Marker, Source
from streams.settings import Settings
from streams.topology import RESPONSES, STATE, TOPICS
from tests.cli.conftest import PARTITIONS, Nps

pytestmark = pytest.mark.kafka


def findings(nps: Nps, settings: Settings, **environ: str) -> dict[str, list[dict[str, Any]]]:
    """The findings of one run, by check."""
    done = nps(settings, "doctor", "--json", **environ)
    document = json.loads(done.stdout)
    assert done.returncode == (1 if document["errors"] else 0)
    checks: dict[str, list[dict[str, Any]]] = {}
    for finding in document["findings"]:
        assert finding["mend"] or finding["level"] == "ok"
        checks.setdefault(finding["check"], []).append(finding)
    return checks


async def write_marker(settings: Settings, shard: int, *, position: int, committed: int) -> None:
    """Commit what a worker commits, as far as the doctor looks at it."""
    async with admin_client(settings) as admin:
        cluster_id = (await admin.describe_cluster())["cluster_id"]
    responses = settings.topic(RESPONSES.name)
    marker = Marker(settings.app_id, cluster_id, settings.partitions, {responses: Source(position)})
    producer = AIOKafkaProducer(bootstrap_servers=settings.brokers, transactional_id=f"{settings.app_id}-{shard}")
    await producer.start()
    try:
        async with producer.transaction():
            await producer.send(settings.topic(STATE.name), key=KEY, value=marker.encode(), partition=shard)
            offsets = {TopicPartition(responses, shard): committed}
            await producer.send_offsets_to_transaction(offsets, settings.app_id)
    finally:
        await producer.stop()


def test_a_new_deployment_is_without_errors(nps: Nps, deployment: Settings) -> None:
    """A single broker and no worker yet are warnings, and the exit status is 0."""
    done = nps(deployment, "doctor")
    assert 0 == done.returncode
    assert b"" == done.stderr
    shown = done.stdout.decode()
    assert "Kafka 4.3 answers at" in shown
    assert f"{len(TOPICS)} of {len(TOPICS)} are as they should be, with 3 partitions" in shown
    assert "no worker runs in group" in shown
    assert "0 errors" in shown


def test_missing_topics_are_an_error_and_stay_missing(nps: Nps, settings: Settings) -> None:
    """The doctor only looks."""
    for _ in range(2):
        checks = findings(nps, settings)
        assert ["error"] == [each["level"] for each in checks["topics"]]
        assert "nps topics create" == checks["topics"][0]["mend"]


def test_another_number_of_partitions_is_an_error(nps: Nps, deployment: Settings) -> None:
    """With how to mend it."""
    checks = findings(nps, deployment, NPS_PARTITIONS="4")
    wrong = [each for each in checks["topics"] if each["level"] == "error"]
    assert len(TOPICS) - 1 == len(wrong)  # all but nps.scores, which may have any number
    assert all("NPS_PARTITIONS" in each["mend"] for each in wrong)


async def test_a_state_is_recognised_and_its_position_compared(nps: Nps, deployment: Settings) -> None:
    """One shard is as it should be, one has read more than there is."""
    await write_marker(deployment, 0, position=0, committed=0)
    await write_marker(deployment, 1, position=5, committed=5)
    checks = findings(nps, deployment)
    (wrong,) = [each for each in checks["state"] if each["level"] == "error"]
    assert f"{deployment.topic(RESPONSES.name)}[1] ends at 0, its shard read up to 5" in wrong["text"]
    (lag,) = [each for each in checks["group"] if "wait in" in each["text"]]
    assert lag["text"].startswith("0 records")


async def test_a_good_state_is_summed_up(nps: Nps, deployment: Settings) -> None:
    """And its append time says something about the clock."""
    for shard in range(PARTITIONS):
        await write_marker(deployment, shard, position=0, committed=0)
    checks = findings(nps, deployment)
    assert ["ok"] == [each["level"] for each in checks["state"]]
    assert "3 of 3 shards have a state" in checks["state"][0]["text"]
    assert ["ok"] == [each["level"] for each in checks["clock"]]
    assert "not behind the brokers'" in checks["clock"][0]["text"]


def test_a_taken_metrics_port_is_a_warning(nps: Nps, deployment: Settings) -> None:
    """Somebody else listens there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        checks = findings(nps, deployment, NPS_METRICS_PORT=str(taken.getsockname()[1]))
    assert ["warning"] == [each["level"] for each in checks["metrics port"]]


def test_broken_settings_and_no_kafka_are_findings(nps: Nps, deployment: Settings) -> None:
    """It never crashes, and says all that is wrong at once."""
    checks = findings(nps, deployment, NPS_BROKERS="127.0.0.1:1", NPS_PARTITIONS="x", NPS_APPID="y")
    assert ["error", "error"] == [each["level"] for each in checks["settings"]]
    assert ["error"] == [each["level"] for each in checks["broker"]]
    assert {"settings", "broker", "metrics port"} == checks.keys()
