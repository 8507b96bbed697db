"""`nps explain` around a worker that works, on a real broker."""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec
import pytest

from streams.cluster.explain import explain
from streams.cluster.explanation import Explanation
from streams.domain.window import WINDOWS, WindowName
from streams.events.rejected import Rejected
from streams.events.score import Score, decode_score
from streams.settings import Settings
from streams.topology import RESPONSES, SCORES
from tests.cli.conftest import Nps
from tests.kafka import accidents
from tests.kafka.log import Log
from tests.kafka.traffic import answer, astray, keyed
from tests.kafka.waiting import until

pytestmark = pytest.mark.kafka

NOW = datetime.now(UTC)
LYON = "Lyon 2"


def life(random: Random, size: int) -> Iterator[dict[str, Any]]:
    """Events of every kind about responses of two brands, their ages up to a year and more."""
    for _ in range(size):
        number = random.randrange(size // 3)
        of = Random(number)  # what does not change between the events of a response
        at = NOW - timedelta(days=of.choice((0, 0, 1, 8, 29, 31, 59, 95, 364, 366, 390)), minutes=of.randrange(1, 600))
        event = random.choice(("created",) * 4 + ("updated", "deleted", "excluded", "restored", "forget_identity"))
        score = random.randrange(11) if event in {"created", "updated"} else None
        brand, store = of.choice(("Aurelia", "Bistro")), f"Store {of.randrange(8)}"
        yield answer(f"r-{number}", store, score, at, brand=brand, event=event)


def corrections() -> list[dict[str, Any]]:
    """What happens to a few responses of one store."""
    at = NOW - timedelta(minutes=90)
    return [
        answer("plain", LYON, 10, at, comment="CANARY: so\nkind", customer_ref="CANARY-8"),
        answer("risen", LYON, 3, at, version=1, comment="CANARY of a comment", customer_ref="CANARY-7"),
        answer("risen", LYON, 9, at, version=2, event="updated", imported=True),
        answer("test", LYON, 0, at),
        answer("test", LYON, None, at, event="excluded", reason="a test\nat the till", by="Anna"),
        answer("gone", LYON, 1, at),
        answer("gone", LYON, None, at, event="forget_all"),
    ]


async def until_published(log: Log) -> dict[str, Score]:
    """Wait until all is counted and the scores, of brands too, say so; gives them by key."""
    wanted: dict[str, int] = {}

    async def is_published() -> bool:
        if not await log.handled():
            return False
        scores = latest(log)
        stores = [score for score in scores.values() if score.store is not None]
        for brand in {score.brand for score in stores}:
            wanted[brand] = sum(score.windows["all"].n for score in stores if score.brand == brand)
        return bool(scores) and all(
            brand in scores and scores[brand].windows["all"].n == n for brand, n in wanted.items()
        )

    await until("the scores are published", is_published)
    return latest(log)


def latest(log: Log) -> dict[str, Score]:
    """The last score of each key."""
    scores = {}
    for key, record in log.latest(SCORES).items():
        score = decode_score(record.value)
        assert not isinstance(score, Rejected)
        scores[key.decode()] = score
    return scores


async def test_the_parts_add_up_to_what_the_workers_published(
    log: Log, deployment: Settings, worker: subprocess.Popen[bytes]
) -> None:
    """Of every store and brand, in all windows, with corrections of every kind, at the same state and instant."""
    await log.send(map(keyed, life(Random(71), 1_500)))

    waiting: list[tuple[str, WindowName]] = []
    for number, key in enumerate(await until_published(log)):
        # One window of each store, all of each brand: every reading takes a tenth of a second.
        waiting += [(key, window) for window in ((WINDOWS[number % len(WINDOWS)],) if "|" in key else WINDOWS)]
    assert 2 * len(WINDOWS) + 10 < len(waiting)

    async def all_add_up() -> bool:
        # A score from before the last change of its store is not its last one: look at those again.
        scores = await until_published(log)
        waiting[:] = [(key, window) for key, window in waiting if not await adds_up(deployment, scores[key], window)]
        return not waiting

    await until("all parts add up", all_add_up)


async def adds_up(settings: Settings, score: Score, window: WindowName) -> bool:
    """Whether what is behind a score says the same, and so do its days, and the stores of a brand or its votes."""
    as_of_s = int(datetime.fromisoformat(score.as_of).timestamp())
    found = await explain(settings, score.brand, score.store, window, as_of_s)
    assert found is not None
    n = found.figures.n
    parts = sum(share.n for share in found.stores) if found.store is None else sum(vote.counts for vote in found.votes)
    return found.figures == score.windows[window] and n == parts == sum(day.n for day in found.days)


async def test_a_store_shows_what_was_corrected_and_why(
    nps: Nps, log: Log, deployment: Settings, worker: subprocess.Popen[bytes]
) -> None:
    """The records behind each vote, arrival and all; what people wrote stays out unless it is asked for."""
    await log.send(map(keyed, corrections()))
    await log.send([astray(answer("stray", LYON, 8, NOW - timedelta(minutes=80)), deployment.partitions)])
    await until_published(log)
    done = nps(deployment, "explain", "--brand", "Aurelia", "--store", LYON, "--json")
    assert (0, b"") == (done.returncode, done.stderr)
    document = json.loads(done.stdout)
    assert document == json.loads(msgspec.json.encode(msgspec.convert(document, Explanation)))
    assert b"CANARY" not in done.stdout
    plain, risen, test, gone, stray = document["votes"]
    assert [] == plain["events"] == gone["events"] == stray["events"]
    (event,) = risen["events"]
    assert ("updated", 9, 2, True) == tuple(event[name] for name in ("event", "score", "version", "imported"))
    expected = [("created", 0, None, None), ("excluded", None, "a test\nat the till", "Anna")]
    assert expected == [(e["event"], e["score"], e["reason"], e["by"]) for e in test["events"]]
    arrived = [record.timestamp for record in log.records(RESPONSES) if record.value and b'"excluded"' in record.value]
    assert arrived == [round(datetime.fromisoformat(test["events"][1]["arrived_at"]).timestamp() * 1000)]
    lines = nps(deployment, "explain", "--brand", "Aurelia", "--store", LYON, "--events").stdout.decode().splitlines()
    assert "NPS 66.7 " in lines[1]
    assert ": 3 answers of the 30 days to " in lines[1]
    excluded = next(line for line in lines if ": excluded, arrived " in line)
    assert ", by Anna, because “a test at the till”, response test" in excluded
    assert any(line.endswith("forgotten: nothing leads to the person or the records any more") for line in lines)
    assert [] == [line for line in lines if "CANARY" in line]
    told = nps(deployment, "explain", "--brand", "Aurelia", "--store", LYON, "--events", "--with-text").stdout.decode()
    assert "response plain, customer CANARY-8, comment “CANARY: so kind”\n" in told
    assert 2 == told.count("CANARY"), "the record of an answer that another one replaced is not among them"


async def test_a_stray_record_is_known_by_its_first_arrival(
    nps: Nps, log: Log, deployment: Settings, worker: subprocess.Popen[bytes]
) -> None:
    """Its vote stands at the offset in the right partition, and arrived when it came to the wrong one."""
    (sent,) = await log.send([astray(answer("stray", LYON, 8, NOW), deployment.partitions)])
    await until_published(log)
    done = nps(deployment, "explain", "--brand", "Aurelia", "--store", LYON, "--events", "--with-text", "--json")
    document = json.loads(done.stdout)
    assert sent.partition != document["partition"]
    ((event,),) = [vote["events"] for vote in document["votes"]]
    first = next(record for record in log.records(RESPONSES) if record.partition == sent.partition)
    assert first.timestamp == round(datetime.fromisoformat(event["arrived_at"]).timestamp() * 1000)
    assert {"comment": None, "customer_ref": None} == {name: event[name] for name in ("comment", "customer_ref")}


async def test_records_beyond_retention_are_said_to_be_gone(
    nps: Nps, log: Log, deployment: Settings, worker: subprocess.Popen[bytes]
) -> None:
    """The vote stays, and so does its offset."""
    await log.send(map(keyed, corrections()))
    await until_published(log)
    records = [record for record in log.records(RESPONSES) if record.value and b"Lyon 2" in record.value]
    await accidents.delete_before(deployment, RESPONSES, records[0].partition, records[4].offset)
    done = nps(deployment, "explain", "--brand", "Aurelia", "--store", LYON, "--json", "--with-text", "--events")
    votes = json.loads(done.stdout)["votes"]
    assert 4 == len(votes)
    states = [[event["record"] for event in vote["events"]] for vote in votes]
    assert [["beyond_retention"], ["beyond_retention"], ["beyond_retention", "there"], []] == states
    shown = nps(deployment, "explain", "--brand", "Aurelia", "--store", LYON, "--events").stdout.decode()
    assert 3 == shown.count("its record is gone: beyond the retention of survey.responses")


async def test_what_nothing_is_known_of_is_one_sentence_and_exit_status_1(nps: Nps, deployment: Settings) -> None:
    """On standard error; names are compared as they are written."""
    done = nps(deployment, "explain", "--brand", "aurelia")
    expected = (1, b"", b"Nothing is known of any such brand or store.\n")
    assert expected == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("instant", ["yesterday", "2026-03-01T12:00:00", "2026-13-01T12:00:00Z"])
def test_an_instant_needs_its_offset(nps: Nps, settings: Settings, instant: str) -> None:
    """Exit status 2, before Kafka is asked."""
    done = nps(settings, "explain", "--brand", "Aurelia", "--as-of", instant)
    assert 2 == done.returncode
    assert b"say it with its offset" in done.stderr


@pytest.mark.parametrize("option", ["--events", "--with-text"])
def test_the_votes_of_a_whole_brand_are_not_listed(nps: Nps, settings: Settings, option: str) -> None:
    """Whoever asks for them is told so, with exit status 2."""
    done = nps(settings, "explain", "--brand", "Aurelia", option)
    assert 2 == done.returncode
    assert b"add --store" in done.stderr
