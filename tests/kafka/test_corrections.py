"""Corrections on a real Kafka, spelled out: what becomes of one response, of its alert and of its store's figures."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from streams.topology import ALERTS, AUDIT, STATE
from tests.kafka.checks import assert_exact, until_exact
from tests.kafka.conftest import Start
from tests.kafka.log import Log
from tests.kafka.test_scores import score
from tests.kafka.traffic import answer, keyed

pytestmark = pytest.mark.kafka

STORE = "Aurelia|Store 1"
CANARY = "jean.dupont@example.com"

LIFE: tuple[tuple[str, int | None, dict[str, Any], tuple[Any, ...] | None], ...] = (
    ("created", 9, {}, None),
    ("updated", 3, {}, ("raised", 0, 1, 9, [], None)),
    ("updated", 3, {"comment": CANARY}, ("enriched", 0, 2, None, ["comment"], None)),
    ("updated", 3, {"comment": CANARY}, None),
    ("updated", 3, {"customer_ref": CANARY, "consent": {"contact": True}}, ("enriched", 0, 3, None, ["contact"], None)),
    ("updated", 5, {}, ("enriched", 0, 4, 3, ["score"], None)),
    ("updated", 10, {}, ("retracted", 0, 5, 5, [], "not_detractor")),
    ("finished", 0, {}, ("raised", 1, 1, 10, [], None)),
    ("excluded", None, {"reason": "test order", "by": "support"}, ("retracted", 1, 2, None, [], "excluded")),
    ("restored", None, {}, ("raised", 2, 1, None, [], None)),
    ("forget_identity", None, {"by": "support"}, ("retracted", 2, 2, None, [], "forgotten")),
    ("updated", 2, {"comment": CANARY, "customer_ref": CANARY}, None),
    ("forget_all", None, {"by": "support"}, None),
    ("updated", 1, {}, None),
)
"""Event, score, what comes with it; kind, generation, sequence, previous score, changes and reason of what is said."""
DIES_BEFORE = 9


async def test_an_alert_follows_its_response_event_by_event_though_a_worker_dies_between(
    log: Log, start: Start
) -> None:
    """Raised, enriched, retracted and raised again, each said once and in order; forgotten, the response is silent."""
    at = datetime.now(UTC) - timedelta(minutes=5)
    worker = await start().until_ready()
    for number, (event, given, more, _) in enumerate(LIFE):
        if number == DIES_BEFORE:
            worker.kill()
            worker = start()
        await log.send([keyed(answer("one", "Store 1", given, at, event=event, **more))])
        await log.until_included(number + 1)
    # Figures that never were before: others could be taken for those of now, with a hand-over still on its way.
    await log.send([keyed(answer("two", "Store 1", 7, at))])
    await until_exact(log, worker)
    assert 0 == await worker.stop()
    await assert_exact(log)
    said = [json.loads(record.value) for record in log.records(ALERTS)]
    fields = ("kind", "generation", "sequence", "previous_score", "changes", "reason")
    assert [wanted for *_, wanted in LIFE if wanted] == [tuple(event[name] for name in fields) for event in said]
    assert 3 == len({event["alert_id"] for event in said})
    audits = sorted((json.loads(record.value) for record in log.records(AUDIT)), key=lambda audit: audit["offset"])
    assert [("kept", "retracted"), ("removed", "none")] == [(audit["vote"], audit["alert"]) for audit in audits]
    assert not any(CANARY.encode() in (record.value or b"") for record in (*log.records(STATE), *log.records(AUDIT)))


async def test_a_correction_moves_the_vote_in_the_bucket_of_its_own_day(log: Log, start: Start) -> None:
    """An answer of 40 days ago that is edited, excluded, restored and deleted today: no window of today moves."""
    now = datetime.now(UTC)
    worker = await start().until_ready()
    await log.send([keyed(answer("today", "Store 1", 9, now))])
    told: list[tuple[int, int, int]] = []
    old: tuple[tuple[str, int | None], ...] = (
        ("created", 9),
        ("updated", 0),
        ("excluded", None),
        ("restored", None),
        ("deleted", None),
    )
    for number, (event, given) in enumerate(old):
        await log.send([keyed(answer("old", "Store 1", given, now - timedelta(days=40), event=event))])
        await log.until_included(number + 2)
        await until_exact(log, worker)
        windows = score(log, STORE)
        assert {"24h": 1, "7d": 1, "30d": 1} == {name: windows[name]["promoters"] for name in ("24h", "7d", "30d")}
        assert windows["30d"]["previous"]["n"] == windows["90d"]["n"] - 1 == windows["all"]["n"] - 1
        told.append(tuple(windows["90d"][band] for band in ("n", "promoters", "detractors")))
    assert [(2, 2, 0), (2, 1, 1), (1, 1, 0), (2, 1, 1), (1, 1, 0)] == told
    assert 0 == await worker.stop()
