"""All commands around a worker that works, on a real broker."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from streams.settings import Settings
from tests.cli.conftest import Nps, environment

pytestmark = pytest.mark.kafka
DEADLINE_S = 60


def responses(start: int, count: int) -> bytes:
    """Every third answer is a 0, the others are 10."""
    now = datetime.now(UTC).isoformat()
    return b"".join(
        json.dumps(
            {
                "response_id": f"r-{number}",
                "brand": "Aurelia",
                "store": f"Store {number % 7}",
                "submitted_at": now,
                "score": 0 if number % 3 == 0 else 10,
            }
        ).encode()
        + b"\n"
        for number in range(start, start + count)
    )


def counted(nps: Nps, settings: Settings) -> int:
    """How many answers of the brand its score speaks of."""
    lines = nps(settings, "scores", "--brand", "Aurelia", "--json").stdout.splitlines()
    documents = [json.loads(line) for line in lines]
    return sum(document["windows"]["all"]["n"] for document in documents if document["store"] is None)


def until_counted(nps: Nps, settings: Settings, wanted: int) -> None:
    """Wait until all are counted."""
    until_s = time.monotonic() + DEADLINE_S
    while (found := counted(nps, settings)) != wanted:
        assert found < wanted, "counted twice"
        assert time.monotonic() < until_s, f"{found} of {wanted} are counted after {DEADLINE_S} s"


def test_from_send_to_scores_alerts_and_digest(nps: Nps, deployment: Settings, worker: subprocess.Popen[bytes]) -> None:
    """What is sent twice is counted once, its alerts are there once, and the worker leaves when it is asked to."""
    assert 0 == nps(deployment, "send", "-", stdin=responses(0, 600)).returncode
    until_counted(nps, deployment, 600)
    # The last ones, one for each store, are read after everything that comes for the second time.
    assert 0 == nps(deployment, "send", "-", stdin=responses(0, 607)).returncode
    until_counted(nps, deployment, 607)
    alerts = nps(deployment, "alerts", "tail", "--no-follow", "--json").stdout.splitlines()
    raised = sorted(json.loads(alert)["response_id"] for alert in alerts)
    assert sorted(f"r-{number}" for number in range(0, 607, 3)) == raised
    digest = json.loads(nps(deployment, "digest", "--json").stdout)
    assert ["Aurelia"] == list(digest["brands"])
    worker.send_signal(signal.SIGTERM)
    assert 0 == worker.wait(DEADLINE_S)
    assert digest == json.loads(nps(deployment, "digest", "--json").stdout)


async def test_the_doctor_finds_nothing_wrong_with_a_worker_at_work(
    nps: Nps, deployment: Settings, worker: subprocess.Popen[bytes]
) -> None:
    """Positions move while it looks; and the clock can be compared."""
    assert 0 == nps(deployment, "send", "-", stdin=responses(0, 1)).returncode
    until_counted(nps, deployment, 1)
    sender = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "streams", "send", "-", stdin=subprocess.PIPE, env=environment(deployment)
    )
    assert sender.stdin is not None
    examined = asyncio.create_task(asyncio.to_thread(nps, deployment, "doctor", "--json"))
    sent = 1
    while not examined.done():
        sender.stdin.write(responses(sent, 50))
        await sender.stdin.drain()
        sent += 50
        await asyncio.sleep(0.02)  # some 2,500 a second
    sender.stdin.close()
    done = await examined
    assert 0 == await sender.wait()
    findings = json.loads(done.stdout)["findings"]
    assert [] == [finding for finding in findings if finding["level"] == "error"]
    assert 0 == done.returncode
    texts = {finding["check"]: finding["text"] for finding in findings}
    assert texts["clock"].startswith("within ")
    assert "3 of 3 shards have a state" in texts["state"]
    until_counted(nps, deployment, sent)
