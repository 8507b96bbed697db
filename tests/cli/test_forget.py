"""`nps forget` against a real broker, and what the workers and Kafka's compaction make of it."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from streams.broker import Broker
from streams.cluster.reading import read_topic
from streams.cluster.topics import create_topics
from streams.domain.follow import told, told_customer
from streams.domain.identity import iso_day
from streams.engine.partition import partition_of
from streams.settings import Settings
from streams.topology import ALERTS, AUDIT, DEAD_LETTERS, RESPONSES, SCORES, STATE, TOPICS, Topic
from tests.cli.conftest import PARTITIONS, Nps, environment
from tests.kafka import accidents
from tests.kafka.log import Log, Sent, open_log
from tests.kafka.traffic import answer, astray, keyed
from tests.kafka.waiting import until

pytestmark = pytest.mark.kafka

NOW = datetime.now(UTC)
PERSON = "CANARY-4711"
OTHER = "CANARY-0815"
COMMENT = "CANARY: my name is Jeanne"
COMPACTED = [topic for topic in TOPICS if topic.config["cleanup.policy"] == "compact"]
AT_ONCE = {
    "segment_ms": "500",
    "max_compaction_lag_ms": "1",
    "min_cleanable_dirty_ratio": "0.0",
    "delete_retention_ms": "1",
}


def of_person() -> list[dict[str, Any]]:
    """Four responses of a person in five events, one of them from a source with versions; and two of others."""
    at = NOW - timedelta(minutes=5)
    return [
        answer("id-d", "Lyon 2", 1, at, customer_ref=PERSON, consent={"contact": True}),
        answer("id-d", "Lyon 2", 2, at, event="updated", customer_ref=PERSON, comment=COMMENT),
        answer("id-p", "Paris", 10, at, version=7, source="web", customer_ref=PERSON),
        answer("id-m", "Paris", 5, NOW - timedelta(days=20), customer_ref=PERSON, comment=COMMENT),
        answer("id-o", "Paris", 9, NOW - timedelta(days=390), customer_ref=PERSON, imported=True),
        answer("id-x", "Lyon 2", 0, at, customer_ref=OTHER, comment=COMMENT),
        answer("id-y", "Lyon 2", 10, at, customer_ref="somebody else"),
    ]


class Deployment:
    """A deployment on a broker whose files can be looked into, with compaction as quick as Kafka allows."""

    def __init__(self, broker: Broker, settings: Settings, log: Log) -> None:
        self.settings = settings
        self.log = log
        self._data = broker.data_dir

    def holds(self, topic: Topic, *texts: bytes) -> bool:
        """Whether the files of a topic hold one of these texts; what Kafka is about to remove is left out."""
        files = list(self._data.rglob(f"{self.settings.topic(topic.name)}-*/*.log"))
        assert PARTITIONS == len({file.parent for file in files})
        return any(text in content for content in map(_content, files) for text in texts)

    def audits(self) -> list[dict[str, Any]]:
        """The records of nps.audit."""
        return [json.loads(record.value) for record in self.log.records(AUDIT)]

    async def until_lyon_says(self, n: int, nps: float) -> None:
        """Wait until all is handled and the score of Lyon says this."""

        async def said() -> bool:
            handled = await self.log.handled()
            score = self.log.latest(SCORES).get(b"Aurelia|Lyon 2")
            if not handled or score is None:
                return False
            figures = json.loads(score.value)["windows"]["all"]
            return bool(figures["n"] == n and figures["nps"] == pytest.approx(nps))

        await until(f"Lyon has {n} answers", said)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:  # Kafka has just replaced it
        return b""


async def test_nothing_that_is_kept_for_good_leads_to_a_forgotten_person(
    own_broker: Callable[..., Broker], nps: Nps, unique: str, tmp_path: Path
) -> None:
    """Votes stay or go as ordered, alerts are retracted, an audit remains, and ordering twice changes nothing."""
    broker = own_broker()
    settings = Settings(
        brokers=broker.bootstrap, app_id=unique, topic_prefix=f"{unique}.", partitions=PARTITIONS, metrics_port=0
    )
    await create_topics(settings)
    for topic in COMPACTED:
        await accidents.configure(settings, topic, **AT_ONCE)
    with (tmp_path / "worker.log").open("wb") as output:
        worker = subprocess.Popen(
            [sys.executable, "-m", "streams", "worker"], env=environment(settings), stdout=output, stderr=output
        )
    try:
        async with open_log(settings) as log:
            await forget_both(Deployment(broker, settings, log), nps)
    finally:
        worker.kill()
        worker.wait()


async def forget_both(there: Deployment, nps: Nps) -> None:
    """Forget one person and keep the votes, forget another and remove them, and order the first once more."""
    log, settings = there.log, there.settings
    hashes = told(COMMENT).to_bytes(8, "little"), told_customer(PERSON).to_bytes(4, "little")
    await log.send(map(keyed, of_person()))
    await there.until_lyon_says(3, -100 / 3)
    assert there.holds(STATE, *hashes)
    found = nps(settings, "forget", PERSON, "--yes", "--by", "Privacy desk")
    assert (0, b"") == (found.returncode, found.stderr)
    assert b"4 responses found: Aurelia | Lyon 2 (1), Aurelia | Paris (3).\n" in found.stdout
    await there.until_lyon_says(3, -100 / 3)
    assert [("forget_identity", "kept")] * 4 == [(audit["action"], audit["vote"]) for audit in there.audits()]
    assert 1 == [audit["alert"] for audit in there.audits()].count("retracted")
    removed = nps(settings, "forget", "-", "--yes", "--votes", "remove", stdin=f"{OTHER}\n".encode())
    assert 0 == removed.returncode
    await there.until_lyon_says(2, 0)
    audits = there.audits()
    assert [("forget_all", "removed", "retracted")] == [
        (audit["action"], audit["vote"], audit["alert"]) for audit in audits if audit["action"] == "forget_all"
    ]
    again = nps(settings, "forget", PERSON, "--yes", "--votes", "keep")
    assert found.stdout.splitlines()[:2] == again.stdout.splitlines()[:2]
    await there.until_lyon_says(2, 0)
    assert audits == there.audits()
    for shown in (found, removed, again):
        assert not any(text in shown.stdout + shown.stderr for text in (b"CANARY", b"id-", b"Jeanne"))
    alerts = [json.loads(record.value) for record in log.records(ALERTS)]
    ends = {alert["alert_id"]: alert for alert in alerts}
    assert ["forgotten"] * 2 == [alert["reason"] for alert in ends.values()]
    assert "CANARY" not in json.dumps(list(ends.values()))
    await until_compacted(there, hashes)


async def until_compacted(there: Deployment, hashes: tuple[bytes, ...]) -> None:
    """Let Kafka compact the state; then no file of a compacted topic holds a trace."""
    stores = {home(f"Store {number}"): f"Store {number}" for number in range(20)}
    assert PARTITIONS == len(stores)
    sent = 0

    async def compacted() -> bool:
        nonlocal sent
        sent += 1  # a segment that is still written to is not compacted
        await there.log.send([keyed(answer(f"f-{sent}", store, 9, NOW)) for store in stores.values()])
        return not there.holds(STATE, *hashes)

    await until("the state is compacted", compacted)
    for topic in COMPACTED:
        assert not there.holds(topic, b"CANARY", b"Jeanne", *hashes), topic.name
    assert there.holds(RESPONSES, b"CANARY"), "by time alone"


def home(store: str) -> int:
    """The partition of a store."""
    return partition_of(f"Aurelia|{store}".encode(), PARTITIONS)


async def test_an_order_stands_where_the_worker_of_the_store_reads_it(nps: Nps, log: Log, deployment: Settings) -> None:
    """Right key and partition, whatever those of the response; one for each identity, its time as it was written."""
    at = NOW.replace(hour=12, minute=30, second=0, microsecond=0) - timedelta(days=2)
    day = at.date().isoformat()
    local = f"{day}T14:30:00+02:00"
    texts = [f"{day}T12:30:00.5Z", local]
    await log.send([astray({**answer("s", "Zu\u0308rich", 3, at, customer_ref=PERSON)}, PARTITIONS)])
    await log.send(
        [keyed({**answer("t", "Lyon 2", 9, at, customer_ref=PERSON), "submitted_at": text}) for text in texts]
    )
    letters = [b'{"customer_ref": "CANARY-4711", "score": "x"}', b'{"customer_ref": "CANARY-47111"}']
    await log.send([Sent(None, letter) for letter in letters], DEAD_LETTERS)
    done = nps(deployment, "forget", PERSON, "--yes", "--votes", "remove", "--reason", "as asked")
    assert (0, b"") == (done.returncode, done.stderr)
    before = len(log.records(RESPONSES))
    await log.refresh()
    orders = {record.key.decode(): record for record in log.records(RESPONSES)[before:] if b"forget" in record.value}
    assert {"Aurelia|Z\u00fcrich", "Aurelia|Lyon 2"} == orders.keys()
    for key, record in orders.items():
        assert partition_of(key.encode(), PARTITIONS) == record.partition
        assert "CANARY" not in record.value.decode()
    assert {
        "response_id": "t",
        "brand": "Aurelia",
        "store": "Lyon 2",
        "submitted_at": local,
        "event": "forget_all",
        "reason": "as asked",
    } == json.loads(orders["Aurelia|Lyon 2"].value)
    shown = done.stdout.decode()
    assert "2 responses found: Aurelia | Lyon 2 (1), Aurelia | Z\u00fcrich (1).\n" in shown
    assert "Ordered: forget 2 responses; their votes are taken out of all figures.\n" in shown
    gone = f"{datetime.now(UTC) + timedelta(days=28):%Y-%m-%d}"
    rows = {line.split()[0]: line.split()[1:3] for line in shown.splitlines() if line.startswith("survey.")}
    assert {"survey.responses": ["3", gone], "survey.responses.dead": ["1", gone]} == rows


async def test_a_dry_run_shows_what_would_be_forgotten_and_orders_nothing(
    nps: Nps, log: Log, deployment: Settings
) -> None:
    """It alone shows the ids."""
    await log.send(map(keyed, of_person()))
    done = nps(deployment, "forget", "-", "--dry-run", stdin=PERSON.encode())
    assert (0, b"") == (done.returncode, done.stderr)
    lines = done.stdout.decode().splitlines()
    today = iso_day(int((NOW - timedelta(minutes=5)).timestamp()) // 86_400)
    assert f"  Aurelia | Lyon 2, {today}: response id-d" in lines
    assert f"  Aurelia | Paris, {today}: response id-p, source web" in lines
    assert "Nothing was ordered." in lines
    assert "CANARY" not in done.stdout.decode()
    await log.refresh()
    assert 7 == len(log.records(RESPONSES))


@pytest.mark.parametrize(
    ("args", "stdin", "status", "said"),
    [
        (["nobody", "--yes"], b"", 1, "No response that can be forgotten carries this reference.\n"),
        ([PERSON], b"n\n", 1, "Aborted!\n"),
        (["-"], PERSON.encode(), 2, "nobody to ask"),
        (["-", "--yes"], b"", 2, "the reference is empty"),
        (["-", "--yes"], f"{PERSON}\n{OTHER}\n".encode(), 2, "no reference"),
        (["-", "--yes"], b"\xff\n", 2, "no reference"),
        ([PERSON, "--yes", "--reason", "x" * 257], b"", 2, "at most 256 characters"),
    ],
)
def test_what_is_not_ordered_is_said(
    nps: Nps, deployment: Settings, args: list[str], stdin: bytes, status: int, said: str
) -> None:
    """By the exit status as well, and without the reference."""

    async def some() -> None:
        async with open_log(deployment) as log:
            await log.send(map(keyed, of_person()))

    asyncio.run(some())
    done = nps(deployment, "forget", *args, stdin=stdin)
    assert status == done.returncode
    assert said in done.stderr.decode()
    assert b"CANARY" not in done.stderr + done.stdout
    records: list[Any] = []
    asyncio.run(read_topic(deployment, deployment.topic(RESPONSES.name), records.append))
    assert 7 == len(records)
