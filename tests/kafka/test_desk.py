"""The follow-up desk on a real Kafka: what people, clocks and corrections do to cases, each told once."""

import json
import signal
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chaos.rules.desk import Desk, Occurred, Rules
from streams.topology import ACTIONS, ALERTS, RULES, SCORES, STORES
from tests.kafka.check_desk import desk_differences, wrong_copies, wrong_figures
from tests.kafka.checks import until_exact
from tests.kafka.conftest import Start
from tests.kafka.load import PER_SECOND, freeze, until_shared, until_taken_over
from tests.kafka.log import Feed, Log, Sent
from tests.kafka.people import People, an_action, traffic
from tests.kafka.traffic import BRANDS, answer, keyed
from tests.kafka.traffic import STORES as NAMES
from tests.kafka.waiting import until, until_none
from tests.kafka.worker import nps

pytestmark = pytest.mark.kafka

OWNED = NAMES[0]
"""The store of which facts are known."""
RULED = BRANDS[1]
"""The brand with rules of its own."""
Document = dict[str, Any]


async def test_each_event_of_each_alert_is_told_once_whoever_dies_or_wakes_up(log: Log, start: Start) -> None:
    """Kill -9 amid a transaction, a woken zombie; people who act meanwhile, well and badly; rules and facts of stores.

    Every event is there once, numbered without a gap; every action ends as one thing; the figures are those of all.
    """
    victim, zombie, heir = start(), start(), start()
    people = People(log)
    await _publish(log, rules(RULED, 7), facts(OWNED, owner="Zoé", region="Nord"))
    await until_shared(victim, zombie, heir)
    await until("rules and facts are adopted", log.handled)
    records = traffic(61, log.settings.partitions, datetime.now(UTC))
    async with Feed(log, records, PER_SECOND // 4) as feed:
        await log.until_included(300)
        await people.act()
        await freeze(victim, log, amid_transaction=True)
        victim.kill()
        await people.act()
        await _publish(log, rules("Elsewhere", 1), facts("Nowhere"))
        await until_shared(zombie, heir)
        await people.act()
        await freeze(zombie, log, amid_transaction=False)
        await until_taken_over(log, zombie.shards(), heir)
        await people.act()
        zombie.signal(signal.SIGCONT)
        assert 1 == await zombie.status()
        await feed.until_acked(100)
        await feed.finish()
    await until("all is handled", log.handled)
    await people.act()
    expected = await until_exact(log, heir, desk_of=_desk)
    await until("all that people did is handled", log.handled)

    async def look() -> list[str]:
        await log.refresh()
        return [*wrong_figures(log, expected)]

    await until_none("the figures of the desk are right", look)
    assert [] == [*desk_differences(log, expected), *wrong_copies(log)]
    assert 0 == await heir.stop()
    kinds = {event["kind"] for event in _events(log)}
    assert {"acknowledged", "contacted", "resolved", "dismissed", "reopened"} < kinds
    assert {"escalated", "breached"} < kinds
    assert people.sent > 100


STEPS: tuple[tuple[int | None, int, Document], ...] = (
    (None, 5, {}),
    (None, 5, {"consent": {"contact": True}}),
    (1, 0, {"action": "contacted", "channel": "visit"}),
    (0, 0, {"action": "rated", "quality": 2}),
    (1, 0, {"action": "resolved"}),
    (None, 6, {}),
    (0, 0, {"action": "reopened"}),
    (None, 6, {}),
    (2, 0, {"action": "dismissed", "reason": "duplicate"}),
)
"""An answer with its score and what comes with it, all of one customer, or an action on the alert of that number."""
TOLD = [
    ("raised", 0, 1, 0, "open"),
    ("raised", 1, 1, 0, "open"),
    ("attached", 0, 2, 0, "open"),
    ("contacted", 0, 3, 0, "contacted"),
    ("enriched", 0, 4, 0, "contacted"),
    ("resolved", 0, 5, 0, "resolved"),
    ("raised", 2, 1, 2, "open"),
    ("reopened", 0, 6, 0, "reopened"),
    ("raised", 3, 1, 2, "open"),
    ("attached", 2, 2, 2, "open"),
    ("dismissed", 2, 3, 2, "dismissed"),
]
"""Kind, number of the alert, sequence, number of the alert whose case it is, and status."""


async def test_a_case_lives_step_by_step_though_a_worker_dies_after_each(log: Log, start: Start) -> None:
    """Two answers of one customer are one case; people act on either; once it is over the next answer is another."""
    now = datetime.now(UTC)
    for number, (of, score, more) in enumerate(STEPS):
        worker = start()
        if of is None:
            at = now - timedelta(minutes=len(STEPS) - number)
            document = answer(f"r-{number}", OWNED, score, at, customer_ref="c-1", **more)
            await log.send([keyed(document)])
        else:
            document = an_action(_raised(_events(log))[of], more["action"], now, number)
            await log.send([keyed({**document, **more})], ACTIONS)
        await until(f"step {number} is handled", log.handled)
        worker.kill()
    await log.refresh()
    events = _events(log)
    names = {event["alert_id"]: number for number, event in enumerate(_raised(events))}
    assert TOLD == [
        (event["kind"], names[event["alert_id"]], event["sequence"], names[event["case_id"]], event["status"])
        for event in events
    ]
    assert ["P3", "P2", "P2", "P2"] == [event["severity"] for event in _raised(events)]
    assert 1 + 4 == log.included(ACTIONS) == sum(of is not None for of, *_ in STEPS)


async def test_a_closed_store_has_no_score_and_its_cases_go_to_the_region(log: Log, start: Start) -> None:
    """Its score is a tombstone until it is open again; who is to act is told once."""
    worker = await start().until_ready()
    now = datetime.now(UTC)
    await log.send([keyed(answer("r", OWNED, 5, now)), keyed(answer("other", NAMES[1], 5, now))])
    await until_exact(log, worker)
    key = f"{BRANDS[0]}|{OWNED}".encode()
    await _publish(log, facts(OWNED, BRANDS[0], region="Nord", closed=True))

    async def is_gone() -> bool:
        await log.refresh()
        return log.latest(SCORES)[key].value is None

    await until("the score is gone", is_gone)
    worker.kill()
    worker = await start().until_ready()
    await _publish(log, facts(OWNED, BRANDS[0], region="Nord"))

    async def is_back() -> bool:
        await log.refresh()
        return log.latest(SCORES)[key].value is not None

    await until("the score is there again", is_back)
    assert 0 == await worker.stop()
    (moved,) = (event for event in _events(log) if event["kind"] == "escalated")
    assert ("store_closed", "region:Nord", "open", 2) == (
        moved["escalation"]["level"],
        moved["owner"],
        moved["status"],
        moved["sequence"],
    )


async def test_the_digest_knows_cases_and_which_clocks_fired(log: Log, start: Start) -> None:
    """It changes with what somebody did and with a clock, not with whoever works on it."""
    worker = await start().until_ready()
    now = datetime.now(UTC)
    await log.send([keyed(answer("r", OWNED, 5, now - timedelta(hours=50)))])
    await until_exact(log, worker)
    before = _digest(log)
    worker.kill()
    worker = await start().until_ready()
    assert before == _digest(log)
    (raised,) = _raised(_events(log))
    await log.send([keyed(an_action(raised, "acknowledged", now))], ACTIONS)
    await until("it is handled", log.handled)
    assert 0 == await worker.stop()
    assert before != _digest(log)


def rules(brand: str, version: int) -> tuple[Any, Sent]:
    """Rules by which everybody who is very unhappy is called at once, and nobody else."""
    document = {
        "brand": brand,
        "version": version,
        "rules": [{"id": "furious", "when": {"score_max": 1}, "severity": "P1"}],
        "owners": {"brand": "care"},
    }
    return RULES, Sent(brand.encode(), json.dumps(document).encode())


def facts(store: str, brand: str = RULED, **more: Any) -> tuple[Any, Sent]:
    """Facts of a store."""
    return STORES, keyed({"brand": brand, "store": store, **more})


async def _publish(log: Log, *documents: tuple[Any, Sent]) -> None:
    for topic, record in documents:
        await log.send([record], topic)


def _desk(brand: str, store: str) -> Desk:
    """The desk of a store under these rules and facts."""
    if brand != RULED:
        return Desk(brand, store)

    def judge(occurred: Occurred, _: list[str]) -> tuple[str, int]:
        return ("furious", 1) if occurred.score <= 1 else ("detractor", 3)

    return Desk(brand, store, Rules(owner="Zoé" if store == OWNED else "care", version=7, judge=judge))


def _events(log: Log) -> list[Document]:
    return [json.loads(record.value) for record in log.records(ALERTS)]


def _raised(events: list[Document]) -> list[Document]:
    return [event for event in events if event["kind"] == "raised"]


def _digest(log: Log) -> str:
    done = nps(log.settings, "digest", "--json")
    assert 0 == done.returncode, done.stderr
    return str(json.loads(done.stdout)["digest"])
