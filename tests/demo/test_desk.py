"""The simulated desk: what it does is believable, and every fault of it ends as it must."""

from collections import Counter
from random import Random

import orjson
import pytest

from streams.demo.deeds import Deed, Deeds
from streams.demo.desk import AT_ONCE, Desk
from streams.demo.desk_faults import ACTION_FAULTS
from streams.demo.desk_sums import desk_adds_up, desk_is_quiet
from streams.demo.facts import facts_to_publish, rules_to_publish
from streams.demo.observed import Observed
from streams.demo.records import Document
from streams.demo.shops import open_shops
from streams.demo.strays import murmur_partition
from streams.domain.life import after
from streams.engine.marker import KEY, Marker, Source
from streams.events.action import Action, decode_action
from streams.events.rejected import Rejected
from streams.events.rules import decode_rules
from streams.events.store_facts import decode_store_facts
from tests.demo.records import START_MS, FakeRecord, an_action, an_event, observing

_PARTITIONS = 4
_CASES = 400
_FUTURE_MS = 300_000


class _Worker:
    """What becomes of deeds, in a few words of the test's own: actions are taken, repeated, refused, re-homed."""

    def __init__(self, desk: Desk, observed: Observed, deeds: Deeds) -> None:
        self.desk, self.observed, self.deeds = desk, observed, deeds
        self.status: dict[str, str] = {}
        self.sequence: Counter[str] = Counter()
        self.totals = dict.fromkeys(("counted", "duplicate", "correction", "dead_letter", "rehomed"), 0)
        self.taken: set[str] = set()
        self.in_topic = 0

    def raise_case(self, number: int, now_ms: int) -> None:
        """A customer answers."""
        case_id = f"00000000-0000-4000-8000-{number:012}"
        self.status[case_id] = "open"
        more = {"language": "fr" if number % 2 else "en", "contactable": number % 5 > 0, "customer_ref": f"c-{number}"}
        self.tell(an_event("raised", "open", case_id, response_id=f"r-{number}", **more), now_ms)

    def tell(self, event: Document, now_ms: int) -> None:
        """A subscriber reads an event."""
        self.sequence[event["alert_id"]] += 1
        event = event | {"sequence": self.sequence[event["alert_id"]]}
        self.observed.see_alert(FakeRecord(value=orjson.dumps(event), timestamp=now_ms), now_ms)
        self.desk.see(event, now_ms)

    def take(self, deed: Deed, now_ms: int) -> None:
        """Read a deed from Kafka."""
        self.deeds.note_sent(deed)
        self.deeds.note_acked(deed, now_ms)
        self.in_topic += 1
        action = decode_action(deed.value)
        if isinstance(action, Rejected):
            return self._refuse(deed, action.reason)
        home = f"{action.brand}|{action.store}".encode()
        if murmur_partition(deed.key, _PARTITIONS) != murmur_partition(home, _PARTITIONS):
            self.totals["rehomed"] += 1
            self.in_topic += 1
        if action.at.timestamp() * 1000 > now_ms + _FUTURE_MS:
            return self._refuse(deed, "timestamp_in_future")
        if action.action_id in self.taken:
            self.totals["duplicate"] += 1
            return None
        status = self.status.get(action.alert_id)
        moved = None if status is None else after(status, action.action)  # type: ignore[arg-type]
        if moved is None:
            return self._refuse(deed, "illegal_transition")
        return self._move(action, moved, now_ms)

    def _move(self, action: Action, status: str, now_ms: int) -> None:
        self.status[action.alert_id] = status
        self.taken.add(action.action_id)
        self.totals["counted"] += 1
        kind, changes = {"noted": ("enriched", ["note"]), "rated": ("enriched", ["quality"])}.get(
            action.action, (action.action, [])
        )
        more = {"alert_id": action.alert_id, "case_id": action.alert_id, "changes": changes}
        self.tell(an_action(kind, status, action.action_id, at=action.at.isoformat(), **more), now_ms)

    def _refuse(self, deed: Deed, reason: str) -> None:
        self.totals["dead_letter"] += 1
        self.observed.see_refused(FakeRecord(value=deed.value, headers=(("nps.dlq.reason", reason.encode()),)))

    def commit(self) -> None:
        """Write the marker."""
        source = Source(position=1, totals=self.totals)
        marker = Marker(app_id="nps", cluster_id="c", partitions=_PARTITIONS, sources={"followup.actions": source})
        self.observed.see_state(FakeRecord(key=KEY, value=marker.encode()))


def _a_run(seed: int = 1) -> tuple[_Worker, list[Deed]]:
    """A desk and a worker that work for a while, ten looks a second."""
    worker = _Worker(Desk(random=Random(seed), partitions=_PARTITIONS), observing(), Deeds())
    done: list[Deed] = []
    for look in range(1_500):
        now_ms = START_MS + 100 * look
        if look < _CASES:
            worker.raise_case(look, now_ms)
        for deed in worker.desk.due(now_ms):
            done.append(deed)
            worker.take(deed, now_ms)
    worker.commit()
    return worker, done


def test_a_run_in_which_all_is_well_adds_up() -> None:
    """Every sum is equal, nothing is left to wait for, and all that can happen happens."""
    worker, done = _a_run()
    sums = [*desk_adds_up(worker.deeds, worker.observed, worker.in_topic, START_MS)]

    assert [] == [each for each in sums if not each.good]
    assert desk_is_quiet(worker.deeds, worker.observed, START_MS)
    assert min(worker.totals[end] for end in ("counted", "duplicate", "dead_letter", "rehomed")) > 5
    assert {"resolved", "dismissed"} < set(worker.status.values())
    assert {*ACTION_FAULTS.values(), "illegal_transition"} == {deed.reason for deed in done if deed.reason}


def test_some_cases_are_forgotten_and_most_are_not() -> None:
    """Nobody ever touches about one in seven; most of the others come to an end."""
    worker, _ = _a_run()
    touched = Counter(status != "open" for status in worker.status.values())
    ended = sum(status in {"resolved", "dismissed"} for status in worker.status.values())

    assert 0.08 < touched[False] / _CASES < 0.25
    assert ended > _CASES / 2


def test_people_write_in_the_language_of_the_customer() -> None:
    """Names and notes of both languages, never mixed in one action."""
    _, done = _a_run()
    actions = [action for deed in done if isinstance(action := decode_action(deed.value), Action)]

    assert len({action.actor for action in actions}) > 5
    assert any(action.note and not action.note.isascii() for action in actions)
    assert sum(action.note is not None for action in actions) > len(actions) / 4
    assert {"call", "message", "visit"} == {action.channel for action in actions if action.channel}


def test_what_is_good_is_read_without_an_unknown_field() -> None:
    """And what is malformed gives the reason intended."""
    _, done = _a_run()
    for deed in done:
        action = decode_action(deed.value)
        if isinstance(action, Rejected):
            assert deed.reason == action.reason
        else:
            assert deed.reason in {"", "timestamp_in_future", "illegal_transition"}
            assert 0 == action.unknown_fields


def test_a_case_that_is_retracted_is_left_alone() -> None:
    """Plans for it are given up as soon as the desk hears of it."""
    for seed in range(20):
        desk = Desk(random=Random(seed), partitions=_PARTITIONS)
        desk.see(an_event("raised", "open"), START_MS)
        desk.see(an_event("retracted", "retracted", reason="deleted"), START_MS + 1)
        assert [] == [deed for deed in desk.due(START_MS + 100_000) if not deed.reason]


def test_so_many_people_do_not_more_than_they_can() -> None:
    """What is due at once is done one after the other."""
    desk = Desk(random=Random(3), partitions=_PARTITIONS)
    for number in range(200):
        desk.see(an_event("raised", "open", f"c-{number}"), START_MS)
    assert AT_ONCE <= len(desk.due(START_MS + 60_000)) <= 3 * AT_ONCE


def _an_action_lost(worker: _Worker, done: list[Deed]) -> None:
    action_id = next(iter(worker.observed.casebook.taken))
    del worker.observed.casebook.taken[action_id]


def _an_action_twice(worker: _Worker, done: list[Deed]) -> None:
    worker.observed.casebook.taken[next(iter(worker.observed.casebook.taken))] += 1


def _an_action_out_of_the_blue(worker: _Worker, done: list[Deed]) -> None:
    worker.observed.casebook.taken["nobody's"] += 1


def _a_repetition_taken(worker: _Worker, done: list[Deed]) -> None:
    worker.totals["duplicate"] -= 1
    worker.totals["counted"] += 1


def _a_refusal_missing(worker: _Worker, done: list[Deed]) -> None:
    worker.observed.refused.subtract([next(iter(worker.observed.refused))])


def _another_reason(worker: _Worker, done: list[Deed]) -> None:
    for each in [each for each in worker.observed.refused if each[0] == "schema"][:1]:
        worker.observed.refused[each] -= 1
        worker.observed.refused["too_large", each[1]] += 1


def _a_good_action_refused(worker: _Worker, done: list[Deed]) -> None:
    action_id = next(iter(worker.observed.casebook.taken))
    worker.observed.refused["illegal_transition", action_id] += 1


def _a_stray_taken(worker: _Worker, done: list[Deed]) -> None:
    worker.totals["rehomed"] -= 1


@pytest.mark.parametrize(
    ("fault", "claim"),
    [
        (_an_action_lost, "nothing became of"),
        (_an_action_twice, "taken twice"),
        (_an_action_out_of_the_blue, "nobody sent"),
        (_a_repetition_taken, "actions repeated"),
        (_a_refusal_missing, "refused actions in their topic"),
        (_another_reason, "give the reason"),
        (_a_good_action_refused, "refused for nothing"),
        (_a_stray_taken, "re-homed, against"),
    ],
)
def test_a_fault_makes_its_sum_unequal(fault: object, claim: str) -> None:
    """Whatever goes wrong, the sum that says so is unequal: one record is enough."""
    worker, done = _a_run()
    assert callable(fault)
    fault(worker, done)
    worker.commit()
    sums = desk_adds_up(worker.deeds, worker.observed, worker.in_topic, START_MS)

    assert any(claim in each.claim for each in sums if not each.good)


def test_what_is_published_is_what_a_worker_adopts() -> None:
    """Rules and facts, each under its own key; one brand counts business hours, some shops are VIP or have an owner."""
    rules = {each.key.decode(): decode_rules(each.value) for each in rules_to_publish()}
    facts = {each.key.decode(): decode_store_facts(each.value) for each in facts_to_publish(open_shops(7))}

    assert {"*", "Maison Brindille"} == set(rules)
    for brand, one in rules.items():
        assert not isinstance(one, Rejected)
        assert (brand, brand == "*") == (one.brand, one.calendar is None)
    assert len(open_shops(7)) == len(facts)
    for key, each in facts.items():
        assert not isinstance(each, Rejected)
        assert key == f"{each.brand}|{each.store}"
        assert each.region is not None
    assert 1 < sum(not isinstance(each, Rejected) and each.vip for each in facts.values()) < 10
