"""`nps send` against a real broker."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiokafka.partitioner import murmur2

from streams.broker import Broker
from streams.cluster.reading import read_topic
from streams.cluster.topics import create_topics
from streams.settings import Settings
from streams.topology import RESPONSES
from tests.cli.conftest import PARTITIONS, Nps, environment

pytestmark = pytest.mark.kafka


def a_line(**overrides: Any) -> bytes:
    """A response of now."""
    response = {
        "response_id": "r-1",
        "brand": "Aurelia",
        "store": "Lyon",
        "submitted_at": datetime.now(UTC).isoformat(),
        "score": 9,
    }
    return json.dumps(response | overrides, ensure_ascii=False).encode()


def sent(settings: Settings) -> list[Any]:
    """All records on the broker, in the order of their values."""
    records: list[Any] = []
    asyncio.run(read_topic(settings, settings.topic(RESPONSES.name), records.append))
    return sorted(records, key=lambda record: record.value)


def test_good_lines_arrive_untouched_under_their_key(nps: Nps, deployment: Settings) -> None:
    """The key is brand and store in Normalization Form C, the partition its murmur2, the value the line as it was."""
    lines = [
        a_line(response_id="a"),
        a_line(response_id="b", brand="Cafe\u0301 Zoe\u0308", store="Orle\u0301ans"),
        a_line(response_id="c") + b"\r",
    ]
    done = nps(deployment, "send", "-", stdin=b"\n".join(lines))
    assert (0, b"", b"") == (done.returncode, done.stdout, done.stderr)
    records = sent(deployment)
    assert sorted(line.removesuffix(b"\r") for line in lines) == [record.value for record in records]
    keys = {"a": "Aurelia|Lyon", "b": "Caf\u00e9 Zo\u00eb|Orl\u00e9ans", "c": "Aurelia|Lyon"}
    assert keys == {json.loads(record.value)["response_id"]: record.key.decode() for record in records}
    for record in records:
        assert (murmur2(record.key) & 0x7FFFFFFF) % PARTITIONS == record.partition


def test_each_refusal_is_said_with_its_line_and_its_reason(nps: Nps, deployment: Settings, tmp_path: Path) -> None:
    """What a worker would set aside is not sent, all the rest is; exit status 1."""
    now = datetime.now(UTC)
    bad = {
        "too_large": b"x" * 70_000,
        "invalid_utf8": b'{"brand": "\xff"}',
        "invalid_json": b"",
        "too_deep": b"[" * 100 + b"]" * 100,
        "duplicate_field": a_line()[:-1] + b', "score": 1}',
        "schema": a_line(score="9"),
        "score_out_of_range": a_line(score=11),
        "timestamp_in_future": a_line(submitted_at=(now + timedelta(minutes=6)).isoformat()),
        "too_old": a_line(submitted_at=(now - timedelta(days=401)).isoformat()),
    }
    path = tmp_path / "responses.jsonl"
    path.write_bytes(b"".join(line + b"\n" + a_line(response_id=reason) + b"\n" for reason, line in bad.items()))
    done = nps(deployment, "send", str(path))
    assert 1 == done.returncode
    expected = [f"line {2 * index + 1}: {reason}" for index, reason in enumerate(bad)]
    assert expected == done.stderr.decode().splitlines()
    assert set(bad) == {json.loads(record.value)["response_id"] for record in sent(deployment)}


@pytest.mark.parametrize(
    ("stdin", "refusals"), [(b"", b""), (b"{}\n", b"line 1: schema\n")], ids=["empty", "all refused"]
)
def test_nothing_sent_is_an_exit_status_of_its_own(
    nps: Nps, deployment: Settings, stdin: bytes, refusals: bytes
) -> None:
    """2, and nothing is on the topic."""
    done = nps(deployment, "send", "-", stdin=stdin)
    assert (2, refusals) == (done.returncode, done.stderr)
    assert [] == sent(deployment)


def test_a_missing_topic_is_said_before_anything_is_read(nps: Nps, settings: Settings) -> None:
    """With what makes it; exit status 2."""
    done = nps(settings, "send", "-", stdin=a_line())
    assert 2 == done.returncode
    expected = f"Error: there is no topic {settings.topic(RESPONSES.name)}. `nps topics create` makes it.\n"
    assert expected == done.stderr.decode()


def test_a_large_file_arrives_whole(nps: Nps, deployment: Settings, tmp_path: Path) -> None:
    """Each response once."""
    path = tmp_path / "responses.jsonl"
    path.write_bytes(b"".join(a_line(response_id=str(n), store=f"S{n % 50}") + b"\n" for n in range(20_000)))
    done = nps(deployment, "send", str(path))
    assert (0, b"") == (done.returncode, done.stderr)
    found = [json.loads(record.value)["response_id"] for record in sent(deployment)]
    assert sorted(map(str, range(20_000))) == sorted(found)


def test_ctrl_c_is_quiet_and_what_was_read_is_sent(deployment: Settings) -> None:
    """While it waits for a next line that does not come; exit status 130, as shells have it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "streams", "send", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(deployment),
    )
    with process:
        assert process.stdin is not None
        process.stdin.write(a_line() + b"\n")
        process.stdin.flush()
        while not sent(deployment):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        # communicate() would close the pipe, which is another way to end.
        assert 130 == process.wait(30)
        assert process.stdout is not None
        assert process.stderr is not None
        assert (b"", b"") == (process.stdout.read(), process.stderr.read())


def test_a_kafka_that_goes_away_is_said_with_what_is_unsettled(own_broker: Callable[..., Broker]) -> None:
    """Exit status 1: some was sent; what may be missing is counted, and sending all again does no harm."""
    broker = own_broker()
    settings = Settings(
        brokers=broker.bootstrap, partitions=1, request_timeout=1.0, transaction_timeout=2.0, commit_deadline=3.0
    )
    asyncio.run(create_topics(settings))
    process = subprocess.Popen(
        [sys.executable, "-m", "streams", "send", "-"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(settings),
    )
    with process:
        assert process.stdin is not None
        process.stdin.write(a_line() + b"\n")
        process.stdin.flush()
        while not sent(settings):
            assert process.poll() is None
        broker.kill()
        _, errors = process.communicate(a_line() + b"\n", timeout=90)
    assert 1 == process.returncode
    shown = errors.decode().splitlines()
    assert shown[0].startswith(f"Error: Kafka at {broker.bootstrap}: ")
    assert ["1 sent, 0 refused, 1 read but perhaps not written: send it all again"] == shown[1:]
