"""Rule sets and facts of stores: adopted by every shard that they concern, once, and kept."""

import json
import logging
from typing import Any, Final

import pytest

from streams.agents.actions import track_follow_ups
from streams.agents.adoption import adopt_rules, adopt_stores
from streams.domain.page import NewerRow
from streams.domain.rules import DEFAULT_RULES
from streams.engine.failure import Refusal
from streams.engine.shard import Handled
from streams.engine.state import Output
from tests.agents.desk import ACTIONS, ACTIONS_DEAD, NOW_MS, RULES, STORES, Desk, a_policy, home_of
from tests.builders import FakeRecord, response

_SPREAD: Final = ("nps.spread-from", b"followup.rules|5|7")


def _record(value: bytes | None, key: bytes | None, **more: Any) -> FakeRecord:
    return FakeRecord(**{"offset": 7, "timestamp": NOW_MS, "key": key, "value": value, **more})


def _rules(brand: str = "Nord", version: int = 1, **more: Any) -> FakeRecord:
    document = json.dumps({"brand": brand, "version": version, **more}).encode()
    return _record(document, brand.encode())


def _facts(store: str = "Lyon", **more: Any) -> FakeRecord:
    return _record(json.dumps({"brand": "Nord", "store": store, **more}).encode(), f"Nord|{store}".encode())


def _adopt(desk: Desk, *records: FakeRecord) -> dict[str, int]:
    return _totals(adopt_rules(desk.shard, list(records)), len(records))


def _learn(desk: Desk, *records: FakeRecord) -> dict[str, int]:
    return _totals(adopt_stores(desk.shard, list(records)), len(records))


def _totals(handled: Handled, n: int) -> dict[str, int]:
    assert n == handled.done == sum(handled.totals.values())
    return {disposition: n for disposition, n in handled.totals.items() if n}


def _reasons(desk: Desk) -> list[tuple[bytes | None, bytes | None]]:
    """Topic of origin and reason of each dead letter of what was to be adopted."""
    headers = [dict(letter.headers) for letter in desk.sent(ACTIONS_DEAD)]
    return [(each["__streams.errors.topic"], each["nps.dlq.reason"]) for each in headers]


def test_without_rules_the_built_in_ones_hold() -> None:
    """For every brand."""
    assert DEFAULT_RULES is Desk().ledger.rulebook.rules_for("Nord")


def test_rules_of_a_brand_hold_for_it_alone() -> None:
    """Those of `*` for all that have none of their own."""
    desk = Desk()
    assert {"counted": 2} == _adopt(desk, _rules("*", 4), _rules("Nord", 9))
    book = desk.ledger.rulebook
    assert [9, 4] == [book.rules_for(brand).version for brand in ("Nord", "Sud")]


def test_rules_that_are_taken_back_hold_no_more() -> None:
    """A record without a value takes them back; twice is nothing new."""
    desk = Desk()
    _adopt(desk, _rules("*", 4), _rules("Nord", 9))
    back = _record(None, b"Nord")
    assert {"counted": 1, "duplicate": 1} == _adopt(desk, back, back)
    assert 4 == desk.ledger.rulebook.rules_for("Nord").version
    _adopt(desk, _record(None, b"*"))
    assert DEFAULT_RULES is desk.ledger.rulebook.rules_for("Nord")


def test_a_lower_version_comes_too_late() -> None:
    """Copies of two versions that were written to different partitions come in any order: each shard ends alike."""
    desk = Desk()
    assert {"counted": 1, "correction": 1} == _adopt(desk, _rules(version=5), _rules(version=4, contact_s=3_600))
    assert 5 == desk.ledger.rulebook.rules_for("Nord").version


def test_the_same_rules_again_are_nothing_new() -> None:
    """However they are spelled. Other rules of the same version are taken: a forgotten number keeps nobody out."""
    desk = Desk()
    respelled = _record(b'{ "version": 1, "brand": "Nord" }', b"Nord")
    assert {"counted": 1, "duplicate": 2} == _adopt(desk, _rules(), _rules(), respelled)
    assert {"counted": 1} == _adopt(desk, _rules(contact_s=3_600))
    assert 3_600 == desk.ledger.rulebook.rules_for("Nord").contact_s


def test_rules_go_to_every_other_partition_once() -> None:
    """With the next commit, key and value as they were, under a header that says so; a copy is not copied again."""
    desk = Desk(2, a_policy(partitions=4))
    rules = _rules()
    _adopt(desk, rules, _record(rules.value, b"Nord", headers=[_SPREAD]))
    desk.commit()
    assert {(RULES, partition) for partition in (0, 1, 3)} == {place for place in desk.written if place[0] == RULES}
    copies = [Output(b"Nord", rules.value, NOW_MS, [("nps.spread-from", b"followup.rules|2|7")])]
    assert [copies] * 3 == [desk.written[RULES, partition] for partition in (0, 1, 3)]


def test_a_deletion_goes_to_every_other_partition_too() -> None:
    """Else the others would go on with rules that nobody sees any more."""
    desk = Desk(0, a_policy(partitions=2))
    _adopt(desk, _record(None, b"Nord"))
    desk.commit()
    ((copy,),) = (desk.written[RULES, 1],)
    assert (b"Nord", None) == (copy.key, copy.value)


def test_headers_of_others_do_not_travel() -> None:
    """What a producer adds could make a copy too large for its topic, and stop the shard for ever."""
    desk = Desk(0, a_policy(partitions=2))
    odd = [("trace", b"t" * 1_000_000), ("nps.spread-from", b"somewhere")]
    _adopt(desk, _record(_rules().value, b"Nord", headers=odd))
    desk.commit()
    (copy,) = desk.written[RULES, 1]
    assert [("nps.spread-from", b"followup.rules|0|7")] == copy.headers


@pytest.mark.parametrize(
    ("value", "key", "reason"),
    [
        (b"", b"Nord", b"invalid_json"),
        (b"\xff", b"Nord", b"invalid_utf8"),
        (b"[]", b"Nord", b"schema"),
        (b'{"brand": "Nord", "brand": "Nord"}', b"Nord", b"duplicate_field"),
        (b'{"brand": "Nord", "version": 4, "sla": 48}', b"Nord", b"schema"),
        (b'{"brand": "Nord", "version": 4}', b"Sud", b"schema"),
        (b'{"brand": "Nord", "version": 4}', None, b"schema"),
        (b'{"brand": "*", "version": 4}', b"Nord", b"schema"),
        (None, b"a|b", b"schema"),
        (None, b"\xff", b"schema"),
        (None, None, b"schema"),
    ],
)
def test_what_cannot_be_adopted_is_a_dead_letter(
    value: bytes | None, key: bytes | None, reason: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Counted, logged with its reason and its place, kept, and not copied; the rules before it stay in force."""
    desk = Desk(1, a_policy(partitions=3))
    with caplog.at_level(logging.WARNING):
        assert {"counted": 1, "dead_letter": 1} == _adopt(desk, _rules(version=3), _record(value, key))
    desk.commit()
    assert [(RULES.encode(), reason)] == _reasons(desk)
    assert 1 == desk.told["dead_letters", reason.decode()]
    assert 3 == desk.ledger.rulebook.rules_for("Nord").version
    assert 2 == len(desk.sent(RULES))
    assert [(RULES, 1, 7, reason.decode())] == [
        (said.topic, said.shard, said.offset, said.reason)  # type: ignore[attr-defined]  # what was said beside the text
        for said in caplog.records
    ]
    assert "Nord" not in caplog.text


def test_facts_of_a_store_are_known_until_they_are_taken_back() -> None:
    """Each record says all there is to say."""
    desk = Desk()
    assert {"counted": 1, "duplicate": 1} == _learn(desk, _facts(vip=True, owner="o"), _facts(vip=True, owner="o"))
    known = desk.ledger.rulebook.facts_of("Nord", "Lyon")
    assert known is not None
    assert (True, "o") == (known.vip, known.owner)
    _learn(desk, _facts(region="Sud"))
    known = desk.ledger.rulebook.facts_of("Nord", "Lyon")
    assert known is not None
    assert (False, None, "Sud") == (known.vip, known.owner, known.region)
    back = _record(None, b"Nord|Lyon")
    assert {"counted": 1, "duplicate": 1} == _learn(desk, back, back)
    assert desk.ledger.rulebook.facts_of("Nord", "Lyon") is None


def _elsewhere(partitions: int, number: int) -> str:
    return next(name for n in range(99) if home_of("Nord", name := f"Shop {n}", partitions) != number)


@pytest.mark.parametrize("is_known", [True, False])
def test_facts_in_a_wrong_partition_go_home_once(is_known: bool) -> None:
    """Facts and their deletion, under the right key; found in a wrong one again they are a dead letter."""
    desk = Desk(0, a_policy(partitions=8))
    store = _elsewhere(8, 0)
    record = _facts(store) if is_known else _record(None, f"Nord|{store}".encode())
    assert {"rehomed": 1} == _learn(desk, record)
    desk.commit()
    (sent,) = desk.written[STORES, home_of("Nord", store, 8)]
    assert (f"Nord|{store}".encode(), record.value) == (sent.key, sent.value)
    again = _record(record.value, record.key, headers=sent.headers)
    assert {"dead_letter": 1} == _learn(desk, again)
    desk.commit()
    assert [(STORES.encode(), b"wrong_partition")] == _reasons(desk)
    assert desk.ledger.rulebook.facts_of("Nord", store) is None


def test_facts_need_no_right_key() -> None:
    """What decides is the partition, as for responses."""
    desk = Desk(home_of("Nord", "Lyon", 8), a_policy(partitions=8))
    assert {"counted": 1} == _learn(desk, _record(_facts().value, b"wrong"))


@pytest.mark.parametrize("key", [None, b"", b"Nord", b"Nord|", b"|Lyon", b"Nord|Lyon|2", b"\xff|Lyon"])
def test_a_deletion_of_no_store_is_a_dead_letter(key: bytes | None) -> None:
    """Its key alone says which store it means."""
    desk = Desk()
    assert {"dead_letter": 1} == _learn(desk, _record(None, key))
    desk.commit()
    assert [(STORES.encode(), b"schema")] == _reasons(desk)


def test_what_was_adopted_is_there_after_a_crash_once_it_is_committed() -> None:
    """And what was not committed is read again by the next owner."""
    desk = Desk()
    _adopt(desk, _rules(version=3), _rules("Sud"))
    _learn(desk, _facts(owner="o"))
    desk.commit()
    _adopt(desk, _rules(version=4), _record(None, b"Sud"))
    _learn(desk, _record(None, b"Nord|Lyon"))
    for compacted in (True, False):
        book = desk.crashed(compacted=compacted).ledger.rulebook
        assert [3, 1] == [book.rules_for(brand).version for brand in ("Nord", "Sud")]
        assert book.facts_of("Nord", "Lyon") == desk.crashed().ledger.rulebook.facts_of("Nord", "Lyon") is not None
    desk.commit()
    for compacted in (True, False):
        book = desk.crashed(compacted=compacted).ledger.rulebook
        assert [4, 0] == [book.rules_for(brand).version for brand in ("Nord", "Sud")]
        assert book.facts_of("Nord", "Lyon") is None


@pytest.mark.parametrize(
    ("key", "row"),
    [
        (b"r|Nord", b"\x02{}"),
        (b"r|Nord", b'\x01{"brand": "Nord", "version": 1, "weather": "fine"}'),
        (b"s|Nord|Lyon", b"\x02{}"),
        (b"s|Nord|Lyon", b'\x01{"brand": "Nord", "store": "Lyon", "weather": "fine"}'),
    ],
)
def test_a_row_that_a_later_release_adopted_is_refused(key: bytes, row: bytes) -> None:
    """Never guessed at: deciding by half of the rules would be worse than not deciding."""
    with pytest.raises(Refusal) as refused:
        Desk().ledger.restore(key, row, 0)
    assert isinstance(refused.value.__cause__, NewerRow)


_ACTION: Final = {
    "action_id": "a",
    "alert_id": "9c4a1d0e-7b32-5c11-8f5e-0d6a2b9c4e77",
    "brand": "Nord",
    "store": "Lyon",
    "action": "acknowledged",
    "at": "2026-03-01T11:59:00Z",
    "actor": "me",
}


def _act(desk: Desk, *records: FakeRecord) -> dict[str, int]:
    return _totals(track_follow_ups(desk.shard, list(records)), len(records))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, b"invalid_json"),
        (b"{", b"invalid_json"),
        (json.dumps(_ACTION | {"action": "praised"}).encode(), b"schema"),
        (json.dumps(_ACTION | {"at": "2026-03-01T12:05:00.001Z"}).encode(), b"timestamp_in_future"),
        (json.dumps(_ACTION).encode(), b"illegal_transition"),
        (json.dumps(_ACTION | {"store": "Nobody was ever here"}).encode(), b"illegal_transition"),
    ],
)
def test_an_action_that_cannot_be_taken_is_a_dead_letter(value: bytes | None, reason: bytes) -> None:
    """By what it is, by when it says it was, or because no such alert was raised here."""
    desk = Desk()
    desk.take(response(NOW_MS - 1_000, score=9))
    assert {"dead_letter": 1} == _act(desk, _record(value, b"Nord|Lyon"))
    desk.commit()
    assert [(ACTIONS.encode(), reason)] == _reasons(desk)
    assert 1 == desk.told["dead_letters", reason.decode()]


def test_an_action_five_minutes_ahead_is_no_action_of_the_future() -> None:
    """Clocks of people's machines are off; and what it does not know is counted."""
    desk = Desk()
    ahead = json.dumps(_ACTION | {"at": "2026-03-01T12:05:00Z", "mood": 1, "deal": 2}).encode()
    _act(desk, _record(ahead, b"Nord|Lyon"))
    desk.commit()
    assert [(ACTIONS.encode(), b"illegal_transition")] == _reasons(desk)
    assert 2 == desk.told["unknown_fields",]


def test_an_action_in_a_wrong_partition_goes_home_once() -> None:
    """It is as old as when it first arrived: an action that was early then is early still."""
    desk = Desk(0, a_policy(partitions=8))
    store = _elsewhere(8, 0)
    value = json.dumps(_ACTION | {"store": store, "at": "2026-03-01T12:04:00Z"}).encode()
    assert {"rehomed": 1} == _act(desk, _record(value, b"wrong"))
    desk.commit()
    (sent,) = desk.written[ACTIONS, home_of("Nord", store, 8)]
    assert (f"Nord|{store}".encode(), value) == (sent.key, sent.value)
    assert {"dead_letter": 1} == _act(desk, _record(value, sent.key, headers=sent.headers))
    desk.commit()
    assert [(ACTIONS.encode(), b"wrong_partition")] == _reasons(desk)
    early = json.dumps(_ACTION | {"store": store, "at": "2026-03-01T12:06:00Z"}).encode()
    home = Desk(home_of("Nord", store, 8), a_policy(partitions=8))
    _act(home, _record(early, sent.key, headers=sent.headers, timestamp=NOW_MS + 86_400_000))
    home.commit()
    assert [(ACTIONS.encode(), b"timestamp_in_future")] == _reasons(home)
