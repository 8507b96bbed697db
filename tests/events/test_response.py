"""Reading responses: the fast ways and the slow one agree with a second opinion, and nothing makes them raise."""

import json
import sys
from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from streams.events.rejected import REASONS, Rejected
from streams.events.response import Consent, Quality, Response, decode_response, encode_response
from tests.events.documents import LEAST, NAMES, VALUES, Pairs, a_response, as_doubles, documents, spelled
from tests.events.reference import verdict


def as_reference(read: Response | Rejected) -> str | dict[str, Any]:
    """What was read in the words of the second opinion."""
    if isinstance(read, Rejected):
        return read.reason
    fields = {name: getattr(read, name) for name in read.__struct_fields__}
    given_ones = {name: value for name, value in fields.items() if value is not None and value is not UNSET}
    for name in ("consent", "quality"):
        if name in given_ones:
            given_ones[name] = {
                member: getattr(given_ones[name], member)
                for member in given_ones[name].__struct_fields__
                if getattr(given_ones[name], member) is not None
            }
    given_ones["unknown"] = given_ones.pop("unknown_fields")
    given_ones["submitted_at"] = read.submitted_at.timestamp()
    return given_ones


def second_opinion(raw: bytes) -> str | dict[str, Any]:
    """The reference's verdict, with the members of objects that nobody knows left out and the time as an instant."""
    fields = verdict(raw)
    if isinstance(fields, str):
        return fields
    for name, known in (("consent", Consent), ("quality", Quality)):
        if name in fields:
            members = fields[name].items()
            fields[name] = {
                one: value for one, value in members if one in known.__struct_fields__ and value is not None
            }
    for name in ("attributes", "quality"):
        if name in fields:
            fields[name] = as_doubles(fields[name])
    fields["submitted_at"] = datetime.fromisoformat(fields["submitted_at"]).timestamp()
    return fields


@settings(max_examples=400, deadline=None)
@given(raw=documents().flatmap(spelled))
def test_every_document_is_read_as_the_rules_say(raw: bytes) -> None:
    """Whatever its spelling, its order and its defects: same fields, same reason."""
    assert second_opinion(raw) == as_reference(decode_response(raw))


@settings(max_examples=300, deadline=None)
@given(raw=documents().flatmap(spelled), data=st.data())
def test_every_damaged_document_is_read_as_the_rules_say(raw: bytes, data: st.DataObject) -> None:
    """Some bytes lost, put in or changed."""
    damaged = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(damaged)))
        piece = data.draw(
            st.sampled_from([b"", b'"', b":", b"\\", b",", b"{", b"]", b"\xff", b"\xc3", b"0", b"T", b" "])
        )
        damaged[at : at + data.draw(st.integers(0, 2))] = piece

    assert second_opinion(bytes(damaged)) == as_reference(decode_response(bytes(damaged)))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text().map(str.encode) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    """A response or one of the reasons that a record alone can have, for any bytes whatever."""
    read = decode_response(raw)

    assert isinstance(read, Response) or read.reason in REASONS[:7]


@settings(max_examples=300, deadline=None)
@given(pairs=st.lists(st.tuples(NAMES, VALUES), max_size=3), levels=st.integers(1, 40), data=st.data())
def test_depth_is_told_from_everything_else(pairs: Pairs, levels: int, data: st.DataObject) -> None:
    """Sixteen levels and no more, and the reasons before it win."""
    inner = data.draw(spelled(pairs))
    kinds = data.draw(st.lists(st.booleans(), min_size=levels, max_size=levels))
    head = b"".join(b"[" if kind else b'{"a":' for kind in kinds)
    tail = b"".join(b"]" if kind else b"}" for kind in reversed(kinds))
    raw = a_response()[:-1] + b', "deep": ' + head + inner + tail + data.draw(st.sampled_from([b"}", b"", b"]"]))

    assert second_opinion(raw) == as_reference(decode_response(raw))


def test_a_response_has_all_its_fields() -> None:
    """Typed, and with what is absent, null or empty as None."""
    raw = a_response(
        comment="", version=None, consent={"contact": True}, quality={"duration_s": 3}, attributes={"a": 1}
    )
    expected = Response(
        response_id="r-1",
        brand="Maison Verte",
        store="Lyon 07",
        submitted_at=datetime.fromisoformat("2026-11-22T17:41:05+01:00"),
        score=6,
        consent=Consent(contact=True),
        quality=Quality(duration_s=3),
        attributes={"a": 1},
    )

    assert expected == decode_response(raw)


def test_nothing_is_invalid_json() -> None:
    """A tombstone or an empty value is no response."""
    assert Rejected("invalid_json") == decode_response(None) == decode_response(b"")


@pytest.mark.parametrize(
    "spell", [json.dumps, lambda one: json.dumps(one, separators=(",", ":"))], ids=["default", "compact"]
)
@pytest.mark.parametrize(
    "changes",
    [
        {"comment": "Déçu : « nul » 😡, l'accueil… œ"},
        {"comment": "", "score": 0, "event": "created"},
        {"event": "updated", "consent": {"contact": True, "publish": False}, "quality": {"bot": False}},
        {"submitted_at": "2026-11-22T16:41:05.123Z", "scale_min": 1, "scale_max": 10},
        {"brand": "Cre\u0301merie", "store": "e\u0301" * 64},
    ],
    ids=["comment", "zero", "objects", "utc", "form-d"],
)
def test_ordinary_records_go_the_fast_way(changes: dict[str, Any], spell: Any) -> None:
    """No second parse for what tills and surveys send all day, be it escaped or not."""
    raw = spell(LEAST | changes).encode()
    called = set()
    sys.setprofile(lambda frame, event, _: called.add(frame.f_code.co_name) if event == "call" else None)
    try:
        read = decode_response(raw)
    finally:
        sys.setprofile(None)

    assert isinstance(read, Response)
    assert "decode_response" in called
    assert not called & {"_look_again", "_read"}


@pytest.mark.parametrize(
    "changes",
    [
        {"comment": 'They said "ten minutes":\nit took forty \\ more.'},
        {"score": 0},
        {"brand": "Never Seen Before", "store": "Never Seen There"},
    ],
    ids=["quotes", "zero", "new names"],
)
def test_plain_records_are_not_parsed(changes: dict[str, Any]) -> None:
    """What most records are: they are decoded straight into their type, and nothing more."""
    called = set()
    sys.setprofile(lambda frame, event, _: called.add(frame.f_code.co_name) if event == "call" else None)
    try:
        read = decode_response(a_response(**changes))
    finally:
        sys.setprofile(None)

    assert isinstance(read, Response)
    assert "_decode_parsed" not in called


@pytest.mark.parametrize(
    ("extra", "count"), [({}, 0), ({"x": 1}, 1), ({"x": {"y": [1]}, "": None}, 2), ({"wow": None}, 0)]
)
def test_unknown_fields_are_counted(extra: dict[str, Any], count: int) -> None:
    """Those of the record itself, not what is inside of them."""
    read = decode_response(a_response(**extra))

    assert isinstance(read, Response)
    assert count == read.unknown_fields


@settings(max_examples=300, deadline=None)
@given(raw=documents().flatmap(spelled))
def test_what_was_read_can_be_written(raw: bytes) -> None:
    """And is read as the same again."""
    read = decode_response(raw)
    if isinstance(read, Rejected):
        return
    read = msgspec.structs.replace(read, unknown_fields=0)

    assert read == decode_response(encode_response(read))
