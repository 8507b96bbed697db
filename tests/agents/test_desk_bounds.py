"""What bounds the follow-up desk: rows a commit, alerts a case, events an alert, actions that are remembered."""

from typing import Any

import orjson
import pytest

from streams.agents.acting import _TAKEN_MAX
from streams.agents.actions import track_follow_ups
from streams.agents.customers import _LOOKED_AT, Customers, place_of
from streams.agents.ledger import ROWS_PER_COMMIT
from streams.agents.opening import _ATTACHED_MAX
from streams.domain.case import DAY_MS, HOUR_MS, Case
from streams.domain.follow import SEQUENCE_OF_CASES, SEQUENCE_ROOM, told
from streams.domain.store import BrandShare, Store
from streams.engine.failure import Refusal
from tests.agents.desk import NOW_MS, NOW_S, Desk, answers
from tests.builders import FakeRecord, response, rfc3339

HOUR_S = 3_600


def _act(desk: Desk, alert_id: str, action: str, action_id: str = "a", **more: Any) -> dict[str, int]:
    """Something is done about an alert; gives what became of the record."""
    at = rfc3339(NOW_MS)
    document = {"action_id": action_id, "alert_id": alert_id, "brand": "Nord", "store": "Lyon", "action": action}
    value = orjson.dumps({**document, "at": at, "actor": "marie", **more})
    handled = track_follow_ups(desk.shard, [FakeRecord(offset=1, timestamp=NOW_MS, value=value)])
    desk.commit()
    return {name: n for name, n in handled.totals.items() if n}


def _a_case(**changed: Any) -> tuple[Desk, str]:
    """A shard with one case that has come so far."""
    desk = Desk()
    desk.take(response(NOW_MS, score=1, comment="x", customer_ref="ada"))
    desk.commit()
    ((alert_id, (store, _)),) = desk.ledger.desk.filed.items()
    case = desk.ledger.desk.case(alert_id)
    assert case is not None
    desk.ledger.desk.put(store, case, case._replace(**changed))
    desk.commit()
    return desk, alert_id


def test_a_commit_takes_so_many_clocks_and_leaves_the_others_to_the_next() -> None:
    """New alerts are not kept waiting behind the old ones; in the end none is missed."""
    desk = Desk()
    desk.take(*answers(ROWS_PER_COMMIT + 200, score=6, comment="x"))
    desk.settle()
    raised = len(desk.alerts())
    now_s = NOW_S + 24 * HOUR_S
    seen = []
    while desk.ledger._clockwork.due_in_s(now_s) <= 0:
        desk.commit(now_s)
        seen.append(len([one for one in desk.alerts()[raised:] if one["kind"] == "escalated"]))
    assert all(after - before <= ROWS_PER_COMMIT for before, after in zip([0, *seen], seen, strict=False))
    assert len(seen) > 1
    assert ROWS_PER_COMMIT + 200 == seen[-1]


def test_a_name_that_stands_for_everybody_opens_cases_again() -> None:
    """A case takes so many alerts; the next one opens another, and that takes the ones after it."""
    desk = Desk()
    desk.take(*answers(_ATTACHED_MAX + 3, score=6, comment="x", customer_ref="everybody"))
    desk.commit()
    raised = [alert for alert in desk.alerts() if alert["kind"] == "raised"]
    first, second = raised[0]["alert_id"], raised[_ATTACHED_MAX + 1]["alert_id"]
    assert [first] * (_ATTACHED_MAX + 1) + [second] * 2 == [alert["case_id"] for alert in raised]
    assert len(desk.alerts()) == len(desk.crashed(compacted=True).ledger.desk.filed) + _ATTACHED_MAX + 1


def test_the_last_numbers_of_a_case_are_for_its_end() -> None:
    """Nothing that could go on for ever is taken any more; what must not be missing is, and fits its row."""
    desk, alert_id = _a_case(sequence=SEQUENCE_OF_CASES - SEQUENCE_ROOM)
    assert {"dead_letter": 1} == _act(desk, alert_id, "noted", "1", note="n")
    desk.take(response(NOW_MS, response_id="r-2", score=1, comment="x", customer_ref="ada"))
    desk.commit()
    assert desk.alerts()[-1]["case_id"] != alert_id
    for number, (action, more) in enumerate([("acknowledged", {}), ("dismissed", {"reason": "other"})]):
        assert {"counted": 1} == _act(desk, alert_id, action, f"a-{number}", **more)
    assert {"dead_letter": 1} == _act(desk, alert_id, "reopened", "2")
    open_desk, alert_id = _a_case(sequence=SEQUENCE_OF_CASES - SEQUENCE_ROOM)
    open_desk.settle(NOW_S + 31 * 24 * HOUR_S)
    assert "expired" == open_desk.alerts()[-1]["status"]
    open_desk.take(response(NOW_MS, score=None, event="deleted"))
    open_desk.commit()
    numbers = [alert["sequence"] for alert in open_desk.alerts()][1:]
    assert list(range(SEQUENCE_OF_CASES - SEQUENCE_ROOM + 1, SEQUENCE_OF_CASES - SEQUENCE_ROOM + 7)) == numbers


def test_no_number_comes_again_once_a_case_is_forgotten() -> None:
    """What people and clocks had is not known then: corrections go on behind all that a case can have."""
    desk, alert_id = _a_case()
    assert {"counted": 1} == _act(desk, alert_id, "acknowledged")
    desk.settle(NOW_S + 91 * 24 * HOUR_S)
    assert {} == desk.ledger.desk.filed
    before = [alert["sequence"] for alert in desk.alerts()]
    for comment in ("y", "y", "z"):
        desk.take(response(NOW_MS, score=6, event="updated", comment=comment), at_ms=NOW_MS + 91 * DAY_MS)
        desk.commit(NOW_S + 91 * 24 * HOUR_S)
        desk = desk.crashed(compacted=True)
    desk.take(response(NOW_MS, score=None, event="forget_all"), at_ms=NOW_MS + 91 * DAY_MS)
    desk.commit(NOW_S + 91 * 24 * HOUR_S)
    numbers = [alert["sequence"] for alert in desk.alerts()]
    assert [*before, *range(SEQUENCE_OF_CASES + 1, SEQUENCE_OF_CASES + 4)] == numbers
    assert {alert_id} == {alert["alert_id"] for alert in desk.alerts()}


def test_a_case_that_used_up_its_numbers_is_not_handed_on() -> None:
    """As often as its store changes hands: what ends it must find a number."""
    desk, _ = _a_case(sequence=SEQUENCE_OF_CASES - SEQUENCE_ROOM - 1)
    lyon = desk.ledger.store("Nord", "Lyon")
    assert lyon is not None
    for owner in ("a", "b", "c"):
        before = {lyon: desk.ledger.rulebook.of(lyon)}
        lyon.ruled = before[lyon]._replace(gone="store_closed", owner=owner)
        desk.ledger.desk.ruled_anew(before)
        desk.settle()
    assert [SEQUENCE_OF_CASES - SEQUENCE_ROOM] == [a["sequence"] for a in desk.alerts() if a["kind"] == "escalated"]


def test_so_many_actions_of_a_case_are_remembered() -> None:
    """The latest ones: the oldest is not recognised any more."""
    taken = (told("oldest"), told("older"), *range(_TAKEN_MAX - 2))
    desk, alert_id = _a_case(taken=taken)
    assert {"duplicate": 1} == _act(desk, alert_id, "acknowledged", "oldest")
    assert {"counted": 1} == _act(desk, alert_id, "acknowledged", "newest")
    case = desk.ledger.desk.case(alert_id)
    assert case is not None
    assert (*taken[1:], told("newest")) == case.taken
    assert {"duplicate": 1} == _act(desk, alert_id, "acknowledged", "newest")
    assert {"counted": 1} == _act(desk, alert_id, "noted", "oldest", note="n")


def test_a_case_that_is_forgotten_is_in_no_row() -> None:
    """Neither it nor what was attached to it, once the changelog is compacted."""
    desk, _ = _a_case()
    desk.take(response(NOW_MS, response_id="r-2", score=5, comment="x", customer_ref="ada"))
    desk.settle(NOW_S + 91 * 24 * HOUR_S)
    assert {} == desk.ledger.desk.filed
    assert 0 == len(desk.ledger.desk.customers)
    assert {} == desk.crashed(compacted=True).ledger.desk.filed
    assert {} == desk.crashed().ledger.desk.filed


def test_the_shard_looks_again_when_something_is_due() -> None:
    """At a clock, at the end of an hour with held alerts, and not at all where there is no case."""
    desk = Desk()
    clockwork = desk.ledger._clockwork
    assert float("inf") == clockwork.due_in_s(NOW_S)
    desk.take(*answers(10, score=6, comment="x"))
    desk.commit()
    assert 23 * HOUR_S <= clockwork.due_in_s(NOW_S) <= 24 * HOUR_S
    desk.take(response(NOW_MS, response_id="held", score=6, comment="x"))
    desk.commit()
    assert HOUR_S == clockwork.due_in_s(NOW_S)
    desk.settle(NOW_S + HOUR_S)
    assert "digest" == desk.alerts()[-1]["kind"]
    assert 22 * HOUR_S <= clockwork.due_in_s(NOW_S + HOUR_S) <= 23 * HOUR_S


def test_a_closed_store_leaves_the_cases_of_others_alone() -> None:
    """Only its own are looked at."""
    desk = Desk()
    desk.take(response(NOW_MS, score=5), response(NOW_MS, response_id="r-2", score=5, store="Lille"))
    desk.commit()
    lyon = desk.ledger.store("Nord", "Lyon")
    assert lyon is not None
    before = {lyon: desk.ledger.rulebook.of(lyon)}
    desk.ledger.desk.ruled_anew(before)
    assert [] == desk.ledger.desk.to_reassign
    lyon.ruled = before[lyon]._replace(gone="store_closed")
    desk.ledger.desk.ruled_anew(before)
    assert [desk.alerts()[0]["alert_id"]] == desk.ledger.desk.to_reassign


def test_a_row_of_a_later_release_is_refused() -> None:
    """Of a case and of a digest: nothing is guessed at."""
    for key in (b"c|Nord|Lyon|17d05d2b-9d5c-5a04-8f22-7a2a2a3f2f7b", b"h|Nord|Lyon", b"r|Nord", b"s|Nord|Lyon"):
        with pytest.raises(Refusal, match="later release"):
            Desk().ledger.restore(key, b"\x63" + bytes(40), 0)


def test_a_customers_latest_cases_come_first() -> None:
    """Whatever the order in which they were found, each once, and not more than a few."""
    store = Store(BrandShare("Nord"), "Lyon", [])
    cases = {f"{n}": _bare(f"{n}", NOW_MS + n * DAY_MS) for n in range(_LOOKED_AT + 2)}
    place = place_of(store, 7)
    for order in (list(cases), list(cases)[::-1], [*list(cases)[3:], *list(cases)]):
        customers = Customers(cases.get)
        for alert_id in order:
            customers.add(place, cases[alert_id].submitted_ms, alert_id)
        latest = [case.alert_id for case in customers.latest(place)]
        assert [str(n) for n in range(_LOOKED_AT + 1, 1, -1)] == latest
        for alert_id in cases:
            customers.remove(place, alert_id)
        customers.remove(place, "nobody's")
        assert ([], 0) == (list(customers.latest(place)), len(customers))


def _bare(alert_id: str, submitted_ms: int) -> Case:
    return Case(alert_id, "open", 3, 0, 5, 0, 0, 1, submitted_ms, 7, submitted_ms // HOUR_MS, submitted_ms)
