"""Corrections: whatever happens to responses, in whatever order, their alerts are those of an independent recount."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

import jsonschema_rs
import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaos.rules.desk import INTERRUPTIONS
from chaos.rules.lives import Lives, with_instants
from streams.agents.ledger import Ledger
from streams.app.digest import store_digests
from streams.domain.page import unpack
from tests.agents.desk import AUDIT, NOW_MS, Desk
from tests.agents.facts import Happening
from tests.agents.histories import CUTS, Cut, end_s, histories, log_of, read
from tests.agents.life import live, of_records
from tests.builders import response
from tests.contracts.contracts import ALERT
from tests.contracts.contracts import AUDIT as AUDIT_CONTRACT

_THOROUGH = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])


def _alerts(desk: Desk) -> list[dict[str, Any]]:
    """What was committed to the topic of alerts where records brought it, in the words of the recount."""
    alerts = of_records(desk.alerts())
    for alert in alerts:
        figures = alert.pop("store_nps")
        alert["store_nps"] = None if figures is None else (figures["n"], figures["nps"])
        assert alert.pop("schema_version") == 1
        link = alert.pop("link")
        assert (link is not None) == bool(alert["customer_ref"])
        assert alert.pop("language") is None
    return alerts


def _unless_many(alerts: list[dict[str, Any]], raised: Counter[str]) -> list[dict[str, Any]]:
    """Who is held of more than ten in a store depends on which hours were over when they were read."""
    return [
        {name: value for name, value in alert.items() if name != "held" or raised[alert["store"]] <= INTERRUPTIONS}
        for alert in alerts
    ]


def _audits(desk: Desk) -> list[dict[str, Any]]:
    return [orjson.loads(out.value or b"") for out in desk.sent(AUDIT)]


def _digests(ledger: Ledger) -> dict[str, bytes]:
    (found,) = store_digests(ledger).values() or [{}]
    return found


@_THOROUGH
@given(histories(), CUTS, st.integers(1, 9))
def test_alerts_are_those_of_the_recount(happened: list[Happening], cuts: list[Cut], batch: int) -> None:
    """Every event of every alert, word for word and in order, through commits, crashes and restores."""
    life = live(happened)
    desk = read(happened, cuts, batch=batch)
    raised = Counter(alert["store"] for alert in life.alerts if alert["kind"] == "raised")
    assert _unless_many(life.alerts, raised) == _unless_many(_alerts(desk), raised)
    assert life.audits == _audits(desk)
    assert {out.key for out in desk.sent(AUDIT)} == {audit["audit_id"].encode() for audit in life.audits}


@_THOROUGH
@given(histories())
def test_each_record_ends_as_the_recount_says(happened: list[Happening]) -> None:
    """Counted, duplicate or correction, one by one."""
    desk, found = Desk(), []
    for record in log_of(happened):
        handled = desk.take_records([record])
        found += [name for name, n in handled.totals.items() if n]
    assert live(happened).dispositions == found


@_THOROUGH
@given(histories(), CUTS, st.integers(0, 100))
def test_each_clock_of_a_case_fires_once_when_it_is_due(
    happened: list[Happening], cuts: list[Cut], more_h: int
) -> None:
    """Neither early nor twice, nor of a case that is over; and nothing that is overdue is missing.

    That is so at the end of the log, and hours later.
    """
    desk = read(happened, cuts)
    lives = Lives()
    for now_s in (end_s(happened), end_s(happened) + more_h * 3600):
        desk.settle(now_s)
        alerts = desk.alerts()
        desk.written.clear()
        for alert in alerts:
            lives.take(with_instants(alert))
        assert not lives.faults, list(map(str, lives.faults))
        assert not [*map(str, lives.overdue(int(now_s * 1000)))]


@_THOROUGH
@given(histories(), CUTS)
def test_alerts_are_numbered_without_gaps(happened: list[Happening], cuts: list[Cut]) -> None:
    """Each begins with `raised` and ends with its retraction; the next generation follows that, none an erasure."""
    lives: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for alert in of_records(read(happened, cuts).alerts()):
        if alert["kind"] == "attached":
            continue
        name = alert["store"], alert["submitted_at"], alert["source"] or "", alert["response_id"]
        lives.setdefault(name, []).append(alert)
    for alerts in lives.values():
        first = alerts[0]
        assert ("raised", 0, 1) == (first["kind"], first["generation"], first["sequence"])
        for before, after in pairwise(alerts):
            is_next = after["kind"] == "raised"
            assert before["reason"] != "forgotten"
            assert after["generation"] == before["generation"] + is_next
            assert after["sequence"] == 1 if is_next else after["sequence"] > before["sequence"]
            assert is_next <= (before["kind"] == "retracted") <= (is_next or after["reason"] == "forgotten")
            assert (before["alert_id"] == after["alert_id"]) != is_next
        assert len({(alert["alert_id"], alert["sequence"]) for alert in alerts}) == len(alerts)


@_THOROUGH
@given(histories(), CUTS, CUTS, st.booleans())
def test_the_digest_is_that_of_the_log(
    happened: list[Happening], cuts: list[Cut], other_cuts: list[Cut], compacted: bool
) -> None:
    """Whoever read it, with whatever crashes in between, and whether its rows were compacted when it is asked."""
    one, other = read(happened, cuts), read(happened, other_cuts, batch=3)
    found = _digests(one.ledger)
    assert found == _digests(other.ledger)
    assert found == _digests(other.crashed(end_s(happened), compacted=compacted).ledger)
    one.settle(end_s(happened))
    assert found == _digests(one.ledger)


@_THOROUGH
@given(histories(versioned=True, repeats_differ=False), st.randoms(use_true_random=False))
def test_versioned_events_give_the_same_figures_in_any_order(happened: list[Happening], chance: Any) -> None:
    """Corrections, marks and erasures included: only alerts and dispositions depend on what came first."""
    moments = [event.arrival_ms for event in happened]
    shuffled = chance.sample(happened, len(happened))
    reordered = [replace(event, arrival_ms=at_ms) for event, at_ms in zip(shuffled, moments, strict=True)]
    assert _figures(read(happened, []), happened) == _figures(read(reordered, []), happened)


def _figures(desk: Desk, happened: list[Happening]) -> dict[bytes, tuple[int, ...]]:
    stores = [store for share in desk.ledger.brands.values() for store in share.stores.values()]
    return {store.key: store.windows(int(end_s(happened))) for store in stores}


@_THOROUGH
@given(histories())
def test_alerts_and_state_hold_whatever_becomes_of_them(happened: list[Happening]) -> None:
    """Each event of an alert is one that the contract admits, and each row comes back as it is."""
    desk = read(happened, [])
    validator = jsonschema_rs.Draft202012Validator(ALERT.schema, validate_formats=True)
    assert all(validator.is_valid(alert) for alert in desk.alerts())
    audits = jsonschema_rs.Draft202012Validator(AUDIT_CONTRACT.schema, validate_formats=True)
    assert all(audits.is_valid(audit) for audit in _audits(desk))
    for key, row in desk.pages().items():
        assert row == unpack(key, row).pack()


def _digest_after(*steps: dict[str, Any]) -> dict[str, bytes]:
    desk = Desk()
    desk.take(*(response(NOW_MS, **{"score": 3, **step}) for step in steps))
    desk.commit()
    return _digests(desk.crashed().ledger)


def test_the_digest_tells_apart_what_is_not_the_same() -> None:
    """Identity, answer, minute, marks, versions, muting, and all that is known of an alert."""
    updated: dict[str, Any] = {"event": "updated"}
    logs: list[list[dict[str, Any]]] = [
        [{}],
        [{"response_id": "r-2"}],
        [{"source": "till"}],
        [{"store": "Lille"}],
        [{"score": 4}],
        [{"submitted_at": "2026-03-01T12:01:00Z"}],
        [{"submitted_at": "2026-02-28T12:00:00Z"}],
        [{"version": 1}],
        [{"version": 2}],
        [{"imported": True}],
        [{"comment": "Cold coffee"}],
        [{"comment": "Cold coffee, again"}],
        [{"customer_ref": "c-1"}],
        [{"consent": {"contact": True}}],
        [{"contact_requested": True}],
        [{}, {"event": "excluded"}],
        [{}, {"event": "deleted"}],
        [{}, {"event": "forget_identity"}],
        [{}, {"event": "forget_all"}],
        [{}, {**updated, "score": 9}],
        [{}, {**updated, "score": 9}, updated],
        [{}, {**updated, "score": 4}, updated],
        [{"event": "excluded"}, {}],
        [{"event": "excluded"}],
    ]
    digests = [tuple(_digest_after(*steps).items()) for steps in logs]
    assert len(logs) == len(set(digests))


def test_the_digest_says_nothing_of_offsets_and_of_what_came_twice() -> None:
    """The same answers at other places of a log are the same."""
    assert _digest_after({}, {"response_id": "r-2"}) == _digest_after({}, {}, {"score": 9}, {"response_id": "r-2"}, {})
