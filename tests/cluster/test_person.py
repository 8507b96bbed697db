"""Finding what the topics hold of a person, however it is written, and ordering that it be forgotten."""

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.cluster.forgetting import is_obeyed, order_of
from streams.cluster.person import (
    Identity,
    Person,
    Reference,
    look_at_alert,
    look_at_dead_letter,
    look_at_response,
)
from streams.events.rehomed import rehomed_headers
from streams.events.response import Response, decode_response
from streams.topology import ALERTS, DEAD_LETTERS, RESPONSES
from tests.agents.desk import NOW_MS, Desk
from tests.builders import FakeRecord, ms, response

DAY = 20_513
"""The day of NOW_MS."""
DAY_MS = 86_400_000
LYON = Identity("Nord", "Lyon", DAY, "", "r-1")


def record(value: bytes, **more: Any) -> FakeRecord:
    """A record of NOW_MS."""
    return FakeRecord(**{"offset": 0, "timestamp": NOW_MS, "value": value, **more})


def found(reference: str, *records: FakeRecord) -> Person:
    """What these records of `survey.responses` say of a person."""
    person, sought = Person(), Reference(reference)
    for one in records:
        assert one.value is not None
        if sought.may_be_in(one.value):
            look_at_response(one, sought, person)
    return person


@given(reference=st.text(min_size=1), others=st.text(), plain=st.booleans())
def test_a_reference_is_found_however_it_is_escaped(reference: str, others: str, plain: bool) -> None:
    """Before and after parsing; and never one that only begins or ends alike."""
    try:
        reference.encode()
        others.encode()
    except UnicodeEncodeError:  # no text that JSON could carry
        return
    sought = Reference(reference)
    text = json.dumps({"comment": others, "customer_ref": reference}, ensure_ascii=plain)
    assert sought.may_be_in(text.encode())
    assert sought.is_in(text.encode())
    assert sought.matches(reference)
    assert not sought.matches(reference + "x")
    assert not sought.matches(None)
    assert not Reference(f"{reference}-{others}-x").is_in(text.encode())


def test_an_accent_may_be_typed_in_two_ways() -> None:
    """Composed or not, what a person sees is the same reference."""
    composed, decomposed = "Zo\u00e9", "Zoe\u0301"
    for stored in (composed, decomposed):
        for asked in (composed, decomposed):
            assert {LYON} == found(asked, record(response(NOW_MS, customer_ref=stored))).responses.keys()
    assert {} == found("Zoe", record(response(NOW_MS, customer_ref=composed))).responses


def test_all_events_of_a_response_are_one_response() -> None:
    """In whatever partition, re-homed or not, with versions, with other forms of the same time; on the UTC date."""
    evening = "2026-02-28T23:30:00"
    values: list[dict[str, Any]] = [
        {"submitted_at": f"{evening}-10:00", "version": 3},
        {"submitted_at": "2026-03-01T10:30:00+01:00", "version": 4, "event": "updated"},
        {"submitted_at": "2026-03-01T09:30:00.000Z", "source": ""},
    ]
    headers = rehomed_headers([], arrival_ms=NOW_MS, topic="t", partition=1, offset=1)
    records = [record(response(NOW_MS, customer_ref="c-1", **fields), headers=headers) for fields in values]
    person = found("c-1", *records, record(response(NOW_MS, customer_ref="c-2", response_id="r-2")))
    assert {LYON: "2026-03-01T09:30:00.000Z"} == person.responses
    assert 3 == person.holdings[RESPONSES.name].records
    other = found("c-1", record(response(NOW_MS, customer_ref="c-1", submitted_at=f"{evening}Z", source="till")))
    assert {LYON._replace(day=DAY - 1, source="till"): f"{evening}Z"} == other.responses


def test_what_no_worker_took_is_held_but_is_no_response() -> None:
    """A dead letter has no vote: it is counted where it stands, and nothing is ordered."""
    values = [
        response(NOW_MS + 6 * 60_000, customer_ref="c-1"),
        response(NOW_MS - 401 * DAY_MS, customer_ref="c-1"),
        response(NOW_MS, customer_ref="c-1", score=11),
        b'{"customer_ref":"c-1"',
        b'{"customer_ref": "c-1", "customer_ref": "c-2"}',
    ]
    person = found("c-1", *map(record, values), record(b'{"customer_ref":"c-10"'))
    assert {} == person.responses
    assert (5, NOW_MS) == (person.holdings[RESPONSES.name].records, person.holdings[RESPONSES.name].newest_ms)
    dead = Person()
    for number, value in enumerate([*values, b'{"customer_ref": 7}', b"\xff"]):
        look_at_dead_letter(record(value, timestamp=number), Reference("c-1"), dead)
    assert (5, 4) == (dead.holdings[DEAD_LETTERS.name].records, dead.holdings[DEAD_LETTERS.name].newest_ms)
    look_at_dead_letter(record(b'{"customer_ref": 7}'), Reference("7"), dead)
    assert 6 == dead.holdings[DEAD_LETTERS.name].records


def test_an_alert_remembers_a_response_that_is_gone() -> None:
    """It is kept for 90 days, the response for 28."""
    desk = Desk()
    desk.take(response(NOW_MS, score=2, customer_ref="c/1", source="till"))
    desk.take(response(NOW_MS, score=2, customer_ref="c/2", response_id="r-2"))
    desk.commit()
    person, sought = Person(), Reference("c/1")
    for alert in desk.sent(ALERTS.name):
        look_at_alert(record(alert.value or b""), sought, person)
    assert {LYON._replace(source="till"): "2026-03-01T12:00:00.000Z"} == person.responses
    assert 1 == person.holdings[ALERTS.name].records
    look_at_alert(record(b'{"kind": "later", "customer_ref": "c/1"}'), sought, person)
    assert 2 == person.holdings[ALERTS.name].records


@pytest.mark.parametrize("source", ["", "till"])
def test_an_order_is_about_the_same_response_and_holds_no_personal_data(source: str) -> None:
    """A worker reads the same identity out of it."""
    identity = Identity("Nord", "Lyon 2", DAY, source, "r \u00e9\n|")
    order = order_of(identity, "2026-02-28T23:30:00-10:00", "forget_all", by="Privacy desk", reason=None)
    document = orjson.loads(order)
    names = {"response_id", "brand", "store", "submitted_at", "event", "by", *(["source"] if source else [])}
    assert names == document.keys()
    read = decode_response(order)
    assert isinstance(read, Response)
    assert ("forget_all", "Privacy desk", None) == (read.event, read.by, read.customer_ref)
    assert (identity.brand, identity.store, identity.response_id) == (read.brand, read.store, read.response_id)
    assert (ms(document["submitted_at"]) // DAY_MS, source) == (DAY, read.source or "")


def test_an_order_that_a_worker_would_refuse_is_not_given() -> None:
    """What is older than identities are kept is gone from the pages within two days anyway."""
    now_ms = (DAY + 400) * DAY_MS
    assert is_obeyed(LYON._replace(day=DAY + 1), now_ms)
    assert not is_obeyed(LYON, now_ms)


def test_words_that_find_no_room_are_left_out_of_an_order() -> None:
    """A response may be nearly as large as a record may be: it is forgotten all the same."""
    identity = Identity("Nord", "Lyon 2", DAY, "s" * 65_390, "r")
    order = order_of(identity, "2026-02-28T23:30:00-10:00", "forget_all", by="Privacy desk", reason="asked to")
    assert not {"by", "reason"} & orjson.loads(order).keys()
    assert isinstance(decode_response(order), Response)
