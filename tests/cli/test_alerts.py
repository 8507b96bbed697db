"""`nps alerts tail` against a real broker."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer

from streams.events.alert import Alert, StoreNps, encode_alert
from streams.settings import Settings
from streams.topology import ALERTS
from tests.cli.conftest import Nps, environment

pytestmark = pytest.mark.kafka


def an_alert(**overrides: Any) -> bytes:
    """An alert as a worker writes it."""
    fields: dict[str, Any] = {
        "alert_id": "00000000-0000-5000-8000-000000000001",
        "kind": "raised",
        "response_id": "r-1",
        "source": "till",
        "brand": "Aurelia",
        "store": "Lyon",
        "score": 2,
        "severity": "P1",
        "reasons": ["score"],
        "submitted_at": "2026-03-01T12:00:00.000Z",
        "due_at": "2026-03-03T12:00:00.000Z",
        "late": False,
        "reason_missing": False,
        "comment": "Trop d'attente",
        "language": "fr",
        "customer_ref": "c-99",
        "contactable": True,
        "link": None,
        "store_nps": StoreNps(window="30d", nps=50.0, low=20.0, high=70.0, n=30),
    }
    return encode_alert(Alert(**fields | overrides))


async def write(settings: Settings, *values: bytes, commit: bool = True) -> None:
    """Raise alerts in one transaction, all in one partition."""
    producer = AIOKafkaProducer(bootstrap_servers=settings.brokers, transactional_id=f"{settings.app_id}-alerts")
    await producer.start()
    try:
        await producer.begin_transaction()
        for value in values:
            await producer.send_and_wait(settings.topic(ALERTS.name), value, partition=0)
        await (producer.commit_transaction() if commit else producer.abort_transaction())
    finally:
        await producer.stop()


@contextmanager
def watching(settings: Settings, *args: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that watches from now on."""
    process = subprocess.Popen(
        [sys.executable, "-m", "streams", "alerts", "tail", *args],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(settings),
    )
    try:
        assert process.stderr is not None
        assert process.stderr.readline().startswith(b"watching ")
        yield process
    finally:
        process.kill()
        process.communicate()


def test_json_is_untouched_and_only_what_is_committed(nps: Nps, deployment: Settings) -> None:
    """One document a line, in order within a store."""
    alerts = [an_alert(response_id=str(number)) for number in range(3)]
    asyncio.run(write(deployment, *alerts[:2]))
    asyncio.run(write(deployment, an_alert(response_id="never"), commit=False))
    asyncio.run(write(deployment, alerts[2]))
    done = nps(deployment, "alerts", "tail", "--json", "--no-follow")
    assert (0, b"") == (done.returncode, done.stderr)
    assert alerts == done.stdout.splitlines()


def test_what_comes_is_shown_as_it_comes(deployment: Settings) -> None:
    """And what was there before is not; Ctrl-C ends it quietly."""
    asyncio.run(write(deployment, an_alert(response_id="before")))
    alert = an_alert(response_id="after")
    with watching(deployment, "--json") as process:
        asyncio.run(write(deployment, alert))
        assert process.stdout is not None
        assert alert + b"\n" == process.stdout.readline()
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=30)
        assert (130, b"", b"") == (process.returncode, output, errors)


def test_it_ends_by_itself_after_the_seconds_given(nps: Nps, deployment: Settings) -> None:
    """With all that was kept, where it began with it."""
    alert = an_alert()
    asyncio.run(write(deployment, alert))
    done = nps(deployment, "alerts", "tail", "--json", "--from-start", "--for", "1.5")
    assert (0, alert + b"\n") == (done.returncode, done.stdout)


def test_a_reader_that_goes_away_is_no_traceback(deployment: Settings) -> None:
    """As in `nps alerts tail | head -1`."""
    with watching(deployment, "--json") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        asyncio.run(write(deployment, an_alert()))
        assert b"" == process.stderr.read()
        assert 1 == process.wait(30)


def test_a_person_reads_one_line_for_each_alert(nps: Nps, deployment: Settings) -> None:
    """How bad, where, until when, whom, and what they said; nothing in it commands the terminal."""
    odd = an_alert(score=6, severity="P3", comment="two\nlines\x1b[2J", late=True, contactable=False)
    bare = an_alert(score=3, severity="P2", comment=None, reason_missing=True, customer_ref=None)
    asyncio.run(write(deployment, an_alert(), odd, bare, b'{"alert_id": 1}'))
    done = nps(deployment, "alerts", "tail", "--no-follow", TZ="UTC")
    assert 0 == done.returncode
    plain, late, unknown, unreadable = (line.partition("  ")[2] for line in done.stdout.decode().splitlines())
    assert "P1  2  Aurelia | Lyon  call back by 2026-03-03 12:00  customer c-99  “Trop d'attente”" == plain
    expected = "P3  6  Aurelia | Lyon  was due 2026-03-03 12:00  customer c-99 (no consent to contact)  “two lines?[2J”"
    assert expected == late
    assert "P2  3  Aurelia | Lyon  call back by 2026-03-03 12:00  no comment: ask why" == unknown
    assert "" == unreadable
    assert "not readable by this release" in done.stdout.decode().splitlines()[-1]


def test_what_becomes_of_an_alert_is_said_in_words(nps: Nps, deployment: Settings) -> None:
    """Enriched by what, retracted why, raised how often; and whom to call only as long as somebody is to."""
    bare: dict[str, Any] = {"comment": None, "customer_ref": None, "contactable": False}
    events: list[dict[str, Any]] = [
        {"kind": "enriched", "sequence": 2, "score": 5, "previous_score": 3, "changes": ["score"], **bare},
        {"kind": "enriched", "sequence": 3, "changes": ["comment", "contact"]},
        {"kind": "retracted", "sequence": 4, "score": 9, "reason": "not_detractor", "severity": "P3"},
        {"kind": "raised", "generation": 1, **bare},
        {"kind": "retracted", "generation": 1, "sequence": 2, "reason": "forgotten", **bare},
        {"kind": "reassigned", "sequence": 9, **bare, "reason_missing": True},
    ]
    asyncio.run(write(deployment, *(an_alert(**event) for event in events)))
    done = nps(deployment, "alerts", "tail", "--no-follow", TZ="UTC")
    due = "call back by 2026-03-03 12:00"
    second = "(alert 2 of this response)"
    assert [
        f"P1  5  Aurelia | Lyon  enriched: score was 3  {due}",
        f"P1  2  Aurelia | Lyon  enriched: a comment came, contact data came  {due}  customer c-99  “Trop d'attente”",
        "P3  9  Aurelia | Lyon  retracted: no detractor any more",
        f"P1  2  Aurelia | Lyon  raised again {second}  {due}",
        f"P1  2  Aurelia | Lyon  retracted: the customer is to be forgotten, erase what you hold of them {second}",
        f"P1  2  Aurelia | Lyon  reassigned  {due}  no comment: ask why",
    ] == [line.partition("  ")[2] for line in done.stdout.decode().splitlines()]


def test_no_alerts_and_nothing_to_wait_for_ends_at_once(nps: Nps, deployment: Settings) -> None:
    """An empty topic has an end, too."""
    done = nps(deployment, "alerts", "tail", "--no-follow")
    assert (0, b"", b"") == (done.returncode, done.stdout, done.stderr)
