"""Actions as they are read: what a person or a CRM did about an alert."""

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.action import Action, decode_action, encode_action
from streams.events.rejected import Rejected
from streams.events.time import epoch_ms
from tests.contracts.contracts import ACTION

_ACTION: Final = {
    "action_id": "crm-1",
    "alert_id": "9C4A1D0E-7B32-5C11-8F5E-0D6A2B9C4E77",
    "brand": "Maison Verte",
    "store": "E\u0301vry",
    "action": "contacted",
    "at": "2026-11-22T18:10:00.123+01:00",
    "actor": "s.moreau",
    "channel": "call",
}


def read(**changed: Any) -> Action | Rejected:
    """The action with these fields instead."""
    return decode_action(json.dumps(_ACTION | changed).encode())


def test_an_action_is_read_as_it_is_meant() -> None:
    """Names in Form C, the id of the alert in the case in which alerts have it, the time as an instant."""
    action = read(note="")
    assert isinstance(action, Action)
    assert ("Évry", "9c4a1d0e-7b32-5c11-8f5e-0d6a2b9c4e77") == (action.store, action.alert_id)
    assert 1_795_367_400_123 == epoch_ms(action.at)
    assert ("call", None, None, None) == (action.channel, action.reason, action.note, action.quality)


def test_unknown_fields_are_counted() -> None:
    """At the top alone; what is in them is their own matter."""
    action = read(mood="good", deal={"id": 7, "of": 9})
    assert isinstance(action, Action)
    assert 2 == action.unknown_fields


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_the_ends_of_the_calendar_are_instants(at: str) -> None:
    """Though they leave the range of a datetime in UTC."""
    action = read(at=at)
    assert isinstance(action, Action)
    assert epoch_ms(action.at)


@given(st.binary(max_size=60) | st.none())
def test_no_bytes_make_the_reader_raise(raw: bytes | None) -> None:
    """What is no action is a value."""
    assert isinstance(decode_action(raw), Rejected)


_TEXTS: Final = st.none() | st.sampled_from(["", "call", "other", "x" * 300, "x" * 5_000, 5, 4.5, True, [], {}])


@given(st.dictionaries(st.sampled_from([*_ACTION, "reason", "note", "quality"]), _TEXTS))
def test_the_reader_takes_what_the_schema_admits(changed: dict[str, Any]) -> None:
    """And nothing else, of what can be told by the schema; what it took is written as it was."""
    action = read(**changed)
    admitted = ACTION.admits(_ACTION | changed)
    assert admitted == isinstance(action, Action)
    if isinstance(action, Action):
        assert action == decode_action(encode_action(action))
