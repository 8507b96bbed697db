"""Erasure: once a person is forgotten, nothing that is kept or said leads to them."""

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings

from streams.domain.follow import told, told_customer
from streams.domain.page import Page, Trace, unpack
from streams.domain.vote import COMMENTED, FORGOTTEN, OFFSET_SHIFT
from streams.engine.partition import partition_of
from streams.engine.state import Output
from tests.agents.desk import ALERTS, AUDIT, BRAND_TALLIES, NOW_MS, NOW_S, SCORES, Desk, a_policy, home_of
from tests.agents.facts import FORGETTING, Happening, facts
from tests.agents.histories import CUTS, Cut, end_s, histories, log_of, read
from tests.builders import response

HOUR_MS = 3_600_000
CANARY = {"comment": "canary in the comment", "customer_ref": "canary-customer", "response_id": "canary-response"}
SAID = {**CANARY, "language": "canary-language", "consent": {"contact": True}, "contact_requested": True}
ORDERS = ["forget_identity", "forget_all"]
_HASHES = told(CANARY["comment"]).to_bytes(8, "little"), told_customer(CANARY["customer_ref"]).to_bytes(4, "little")


def _order(event: str, **fields: Any) -> bytes:
    """An order to forget, with all that an order may carry."""
    return response(
        NOW_MS, event=event, score=None, **{**CANARY, "reason": "canary-reason", "by": "canary-by", **fields}
    )


def _a_detractor(**fields: Any) -> Desk:
    """A shard with an alert about a person who said everything, and another answer of the same day."""
    desk = Desk()
    desk.take(response(NOW_MS, response_id="other", score=9), response(NOW_MS, **{"score": 3, **SAID, **fields}))
    _settle(desk)
    return desk


def _settle(desk: Desk) -> None:
    """All that is due is done, the brand's part as well."""
    for seconds in (0, 1, 61):
        desk.settle(NOW_S + seconds)
        desk.hear(*desk.sent(BRAND_TALLIES))
    desk.settle(NOW_S + 62)


def _kept(desk: Desk) -> dict[bytes, bytes]:
    """What is left of the changelog once it is compacted."""
    last = {row.key: row.value for row in desk.changelog}
    return {key: value for key, value in last.items() if value is not None}


def _in_outputs(outputs: list[Output]) -> bytes:
    return b"\n".join(b"%b %b %r" % (out.key or b"", out.value or b"", repr(out.headers).encode()) for out in outputs)


def _page(desk: Desk) -> Page:
    ((key, row),) = desk.pages().items()
    return unpack(key, row)


def _audits(desk: Desk) -> list[dict[str, Any]]:
    return [orjson.loads(out.value or b"") for out in desk.sent(AUDIT)]


def _vote(page: Page) -> tuple[int, int]:
    """Identity and vote of the forgotten response, which has to be the only one."""
    (found,) = ((identity, vote) for identity, vote in page.votes.items() if vote & FORGOTTEN)
    return found


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("later", [None, {"event": "updated", "score": 1}, {"event": "excluded", "score": None}])
def test_nothing_of_a_person_is_left(order: str, later: dict[str, Any] | None) -> None:
    """No text and no hash in any row once compacted, nor in what is sent from then on; whatever still comes."""
    desk = _a_detractor()
    assert all(word in b"".join(_kept(desk).values()) for word in _HASHES), "the test looks for the right bytes"
    assert b"canary" in _in_outputs(desk.sent(ALERTS))
    desk.written.clear()
    desk.take(_order(order))
    if later is not None:
        desk.take(response(NOW_MS, **SAID, **later))
    _settle(desk)
    desk = desk.crashed(compacted=True)
    _settle(desk)
    assert {ALERTS, AUDIT} | ({SCORES, BRAND_TALLIES} if order == "forget_all" else set()) <= {
        topic for topic, _ in desk.written
    }
    for (topic, _), outputs in desk.written.items():
        found = _in_outputs(outputs)
        # Whoever holds data of the response is told which one it is.
        assert b"canary" not in (found.replace(b"canary-response", b"") if topic == ALERTS else found), topic
    for key, row in _kept(desk).items():
        assert b"canary" not in key + row
        assert not any(word in row for word in _HASHES)
    assert b"canary" not in repr(desk.note).encode()


@pytest.mark.parametrize("order", ORDERS)
def test_no_offset_leads_to_a_forgotten_answer(order: str) -> None:
    """Neither that of the answer nor that of a correction, before the order and after it."""
    desk = _a_detractor()
    updated = {"event": "updated", "score": 2, **SAID}
    for value in (response(NOW_MS, **updated), _order(order), response(NOW_MS, **updated), _order("excluded")):
        desk.take(value)
    desk.commit()
    page = _page(desk.crashed())
    identity, vote = _vote(page)
    assert 0 == vote >> OFFSET_SHIFT
    assert Trace(4 if order == "forget_all" else 3) >= page.traces[identity]
    assert (-1, -1) == page.traces[identity][1:]
    alert = page.alert(identity)
    assert alert is not None
    assert (False, 0, 0, False, False) == alert[2:]


@pytest.mark.parametrize(("order", "n"), [("forget_identity", 2), ("forget_all", 1)])
def test_forgetting_a_person_keeps_the_vote_and_forgetting_all_restates(order: str, n: int) -> None:
    """In the figures of the store and of the brand."""
    desk = _a_detractor()
    desk.take(_order(order))
    _settle(desk)
    for key in ("Nord|Lyon", "Nord"):
        assert [n, n] == [desk.scores()[key]["windows"][name]["n"] for name in ("24h", "all")]


@pytest.mark.parametrize("order", ORDERS)
def test_whoever_was_told_of_a_person_is_told_to_forget(order: str) -> None:
    """Once, by the alert's own id, without anything of the person; also where the alert was retracted before."""
    for steps in ([], [response(NOW_MS, event="excluded", score=None, response_id=CANARY["response_id"])]):
        desk = _a_detractor()
        desk.take(*steps, _order(order), _order(order), _order("forget_all"))
        desk.commit()
        raised, *_, last = desk.alerts()
        assert 1 == [alert["reason"] for alert in desk.alerts()].count("forgotten")
        assert ("retracted", "forgotten", raised["alert_id"]) == (last["kind"], last["reason"], last["alert_id"])
        assert [None] * 4 == [last[name] for name in ("comment", "customer_ref", "language", "link")]
        assert (False, ["score"]) == (last["contactable"], last["reasons"])


@pytest.mark.parametrize(
    ("steps", "order", "vote", "alert"),
    [
        ([{"score": 3}], "forget_identity", "kept", "retracted"),
        ([{"score": 3}], "forget_all", "removed", "retracted"),
        ([{"score": 9}], "forget_identity", "kept", "none"),
        ([{"score": 9}], "forget_all", "removed", "none"),
        ([{"score": 3, "imported": True}], "forget_all", "removed", "none"),
        ([{"score": 3}, {"event": "deleted"}], "forget_all", "none", "retracted"),
        ([{"score": 3}, {"event": "deleted"}], "forget_identity", "none", "retracted"),
        ([{"event": "excluded"}], "forget_all", "none", "none"),
        ([{"score": 3}, {"event": "forget_identity"}], "forget_all", "removed", "none"),
        ([], "forget_identity", "none", "none"),
    ],
)
def test_an_audit_record_says_what_an_order_changed(
    steps: list[dict[str, Any]], order: str, vote: str, alert: str
) -> None:
    """Where it stood and when it came, what became of vote and alert; nothing that names the response."""
    desk = Desk()
    for step in steps:
        desk.take(response(NOW_MS, **{"score": None, "response_id": CANARY["response_id"], **step}))
    desk.take(_order(order), at_ms=NOW_MS + HOUR_MS)
    desk.commit()
    audit = _audits(desk)[-1]
    audit_id = audit.pop("audit_id")
    assert {
        "action": order,
        "brand": "Nord",
        "store": "Lyon",
        "day": "2026-03-01",
        "at": "2026-03-01T13:00:00.000Z",
        "partition": 0,
        "offset": len(steps),
        "vote": vote,
        "alert": alert,
        "schema_version": 1,
    } == audit
    assert audit_id.encode() == desk.sent(AUDIT)[-1].key


@pytest.mark.parametrize("again", ORDERS)
def test_forgetting_twice_is_audited_once(again: str) -> None:
    """The second order changes no row and says nothing, but that it came."""
    desk = _a_detractor()
    desk.take(_order("forget_all"))
    desk.commit()
    before = desk.pages()
    desk.written.clear()
    desk.take(_order(again))
    changes = desk.commit()
    assert ([], {}) == (changes.rows, changes.outputs)
    assert before == desk.pages()
    assert 2 == desk.totals["correction"]


def test_audit_records_are_spread_by_their_key() -> None:
    """Each goes where a reader of its key looks for it, not to the partition of the store."""
    store = next(name for name in map(str, range(100)) if home_of("Nord", name, 8) == 3)
    desk = Desk(3, a_policy(partitions=8))
    desk.take(*(_order("forget_all", store=store, response_id=f"r-{n}") for n in range(20)))
    desk.commit()
    sent = {place: outputs for place, outputs in desk.written.items() if place[0] == AUDIT}
    assert 20 == len({out.key for outputs in sent.values() for out in outputs})
    for (_, partition), outputs in sent.items():
        assert {partition} == {partition_of(out.key or b"", 8) for out in outputs}
        assert {3} == {orjson.loads(out.value or b"")["partition"] for out in outputs}


@pytest.mark.parametrize(("order", "counted"), [("forget_identity", 1), ("forget_all", 0)])
@pytest.mark.parametrize("version", [None, 7])
def test_an_order_may_come_before_the_answer(order: str, counted: int, version: int | None) -> None:
    """It leaves a mark: the answer counts or does not, is a correction, raises nothing and leads nowhere."""
    desk = Desk()
    desk.take(_order(order, version=version and 9))
    desk.commit()
    desk = desk.crashed(compacted=True)
    desk.take(response(NOW_MS, score=0, version=version, **SAID))
    _settle(desk)
    assert [] == desk.alerts()
    assert {"correction": 1} == {name: n for name, n in desk.totals.items() if n}
    scores = desk.scores()
    assert counted == (scores["Nord|Lyon"]["windows"]["30d"]["detractors"] if scores else 0)
    page = _page(desk)
    identity, vote = _vote(page)
    assert 0 == vote >> OFFSET_SHIFT
    assert (-1, -1) == page.traces[identity][1:]
    assert 1 == len(_audits(desk))
    assert not any(word in row for row in _kept(desk).values() for word in _HASHES)


def test_a_response_corrected_too_often_to_count_can_be_forgotten() -> None:
    """The number of corrections stays at the end of its bits; a shard must not stop at that."""
    desk = _a_detractor()
    (page,) = desk.ledger.brands["Nord"].stores["Lyon"].pages.values()
    assert isinstance(page, Page)
    identity = list(page.votes)[1]
    page.traces[identity] = Trace(2**16 - 1, 5, 5)
    desk.take(_order("forget_identity"), response(NOW_MS, event="updated", score=1, **SAID))
    desk.commit()
    assert Trace(2**16 - 1) == _page(desk.crashed()).traces[identity]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(histories(), CUTS)
def test_no_history_keeps_a_forgotten_person(happened: list[Happening], cuts: list[Cut]) -> None:
    """Whatever came before the order and after it: no hash in the rows, and no event of an alert after its own."""
    happened = [_named(event) for event in happened]
    desk = read(happened, cuts)
    rows = b"\n".join(_kept(desk).values())
    by_name: dict[Any, list[Happening]] = {}
    for event in happened:
        by_name.setdefault(event.name, []).append(event)
    for events in by_name.values():
        if not facts(events).forgotten:
            continue
        for event in events:
            assert event.comment is None or told(event.comment).to_bytes(8, "little") not in rows
            assert not event.customer_ref or told_customer(event.customer_ref).to_bytes(4, "little") not in rows
    for page in (unpack(key, row) for key, row in desk.pages().items()):
        alerts = page.alerts
        for identity, vote in page.votes.items():
            if vote & FORGOTTEN:
                assert 0 == vote >> OFFSET_SHIFT
                assert (-1, -1) == page.traces[identity][1:]
                assert identity not in alerts or (0, 0, False, False) == alerts[identity][3:]
    _is_silent_after_orders(happened)


def _is_silent_after_orders(happened: list[Happening]) -> None:
    desk, forgotten = Desk(now_s=end_s(happened)), set()
    for event, record in zip(happened, log_of(happened), strict=True):
        desk.written.clear()
        desk.take_records([record])
        desk.commit(end_s(happened), behind=True)
        alerts = desk.alerts()
        if event.name in forgotten:
            assert [] == alerts
        if event.event in FORGETTING:
            forgotten.add(event.name)
            assert all((None, None) == (alert["comment"], alert["customer_ref"]) for alert in alerts)


def _named(event: Happening) -> Happening:
    """The same with texts that only this response says."""
    name = "/".join(map(str, event.name))
    return replace(
        event,
        comment=event.comment and f"{event.comment} {name}",
        customer_ref=event.customer_ref and f"{event.customer_ref} {name}",
    )


def test_what_a_forgotten_person_says_later_is_not_kept() -> None:
    """Only that there was a comment, which names nobody."""
    desk = _a_detractor(comment=None)
    desk.take(_order("forget_identity"), response(NOW_MS, event="updated", score=2, **SAID))
    desk.commit()
    page = _page(desk)
    identity, vote = _vote(page)
    assert vote & COMMENTED
    alert = page.alert(identity)
    assert alert is not None
    assert (0, 0, False, False) == alert[3:]
