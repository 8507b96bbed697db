"""What a record says of what became of an action."""

from datetime import UTC, datetime
from typing import Any

import pytest

from streams.cluster.outcome import Outcome, outcome_in
from streams.events.action import Action, encode_action
from streams.events.alert import encode_alert
from streams.events.dead_letter import dead_letter_headers
from tests.builders import FakeRecord
from tests.cluster.case_events import an_id, did, raised

_ACTION = Action(
    action_id="a-1",
    alert_id=an_id(1),
    brand="Aurelia",
    store="Lyon",
    action="acknowledged",
    at=datetime(2026, 3, 1, 13, tzinfo=UTC),
    actor="Inès",
)


def a_letter(action_id: str, *, headers: bool = True) -> Any:
    """The dead letter of an action."""
    named = dead_letter_headers([], topic="followup.actions", partition=0, offset=1, reason="illegal_transition")
    value = encode_action(
        Action(**{**{name: getattr(_ACTION, name) for name in _ACTION.__struct_fields__}, "action_id": action_id})
    )
    return FakeRecord(offset=0, timestamp=0, value=value, headers=named if headers else [])


def test_the_event_of_the_action_is_its_outcome() -> None:
    """And that of another is not."""
    event = did("acknowledged", "acknowledged", action_id="a-1")
    record = FakeRecord(offset=0, timestamp=0, value=encode_alert(event))
    assert Outcome(event=event) == outcome_in(record, _ACTION, is_dead_letter=False)
    for other in (did("acknowledged", "acknowledged", action_id="a-2"), raised()):
        record = FakeRecord(offset=0, timestamp=0, value=encode_alert(other))
        assert outcome_in(record, _ACTION, is_dead_letter=False) is None


def test_the_dead_letter_of_the_action_is_its_outcome() -> None:
    """With its reason; and that of another is not, nor what is no dead letter of ours."""
    assert Outcome(refused="illegal_transition") == outcome_in(a_letter("a-1"), _ACTION, is_dead_letter=True)
    assert outcome_in(a_letter("a-2"), _ACTION, is_dead_letter=True) is None
    assert outcome_in(a_letter("a-1", headers=False), _ACTION, is_dead_letter=True) is None


@pytest.mark.parametrize("value", [None, b"", b"{", b"{}"])
@pytest.mark.parametrize("is_dead_letter", [False, True])
def test_rubbish_is_no_outcome(value: bytes | None, is_dead_letter: bool) -> None:
    """Whatever others write to these topics is passed over."""
    assert outcome_in(FakeRecord(offset=0, timestamp=0, value=value), _ACTION, is_dead_letter=is_dead_letter) is None
