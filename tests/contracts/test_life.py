"""The contracts of corrections: what alerts and audit records may say is what the rules know, no more and no less."""

import json
from typing import Any, get_args

import pytest

from streams.domain.follow import GENERATION_MAX, SEQUENCE_MAX, Change, Kind, Retraction
from streams.domain.vote import ANSWERS, FORGETTING
from streams.domain.vote import Event as Happening
from streams.events import names
from streams.events.alert import Alert, decode_alert
from streams.events.audit import Audit
from streams.events.response import SCORED, Event
from tests.contracts.contracts import ALERT, AUDIT, RESPONSE

_NEW: dict[str, Any] = {"generation": 0, "sequence": 1, "previous_score": None, "changes": [], "reason": None}
"""What alerts did not say in the first release, and what that means."""


def _valid(contract: Any) -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_bytes()) for path in (contract.examples / "valid").glob("*.json")}


def test_an_alert_says_what_the_rules_know() -> None:
    """Kinds, changes and reasons by name, and numbers as large as they get."""
    properties = ALERT.schema["properties"]
    assert list(get_args(Kind)) == properties["kind"]["enum"]
    assert list(get_args(Change)) == properties["changes"]["items"]["enum"]
    assert [*get_args(Retraction), None] == properties["reason"]["enum"]
    assert (0, GENERATION_MAX) == (properties["generation"]["minimum"], properties["generation"]["maximum"])
    assert (1, SEQUENCE_MAX) == (properties["sequence"]["minimum"], properties["sequence"]["maximum"])


def test_every_kind_change_and_reason_has_an_example() -> None:
    """Whoever reads the topic finds one of each."""
    alerts = _valid(ALERT).values()
    assert set(get_args(Kind)) == {alert["kind"] for alert in alerts}
    assert set(get_args(Change)) == {change for alert in alerts for change in alert["changes"]}
    assert {*get_args(Retraction), None} == {alert["reason"] for alert in alerts}


def test_an_event_is_the_same_on_the_wire_and_in_the_rules() -> None:
    """The same names in the same order; the wire says which of them carry a score, the rules which are answers."""
    assert get_args(Event) == get_args(Happening)
    assert SCORED == ANSWERS
    assert set(AUDIT.schema["properties"]["action"]["enum"]) == FORGETTING
    assert set(get_args(Event)) >= FORGETTING


def test_an_audit_record_has_the_fields_of_its_schema_and_no_other() -> None:
    """In the same order, all of them required, and closed: nothing of a person slips in as one more field."""
    schema = AUDIT.schema
    assert list(Audit.__struct_encode_fields__) == list(schema["properties"]) == schema["required"]
    assert schema["additionalProperties"] is False
    for field in ("brand", "store"):
        pattern = schema["properties"][field]
        assert (names.PATTERN, names.CHARACTERS_MAX) == (pattern["pattern"], pattern["maxLength"])
    personal = {"response_id", "source", "comment", "customer_ref", "reason", "by", "score", "link"}
    assert set() == personal & schema["properties"].keys()
    assert personal - {"link"} <= RESPONSE.schema["properties"].keys()


@pytest.mark.parametrize("name", sorted(name for name, alert in _valid(ALERT).items() if alert["kind"] == "raised"))
def test_an_alert_of_the_first_release_is_read(name: str) -> None:
    """It has no generation and no number: it is the first event of a first alert."""
    document = {field: value for field, value in _valid(ALERT)[name].items() if field not in _NEW}
    alert = decode_alert(json.dumps(document).encode())
    assert isinstance(alert, Alert)
    assert _NEW == {field: getattr(alert, field) for field in _NEW}


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("retracted-as-deleted", {"kind": "escalated"}),
        ("enriched-with-a-comment", {"changes": ["comment", "mood"]}),
        ("retracted-as-excluded", {"reason": "merged"}),
        ("with-everything", {"region": "south"}),
    ],
)
def test_an_alert_of_a_later_release_is_read(name: str, changed: dict[str, Any]) -> None:
    """Kinds, changes, reasons and fields that this one does not know are let through."""
    assert isinstance(decode_alert(json.dumps(_valid(ALERT)[name] | changed).encode()), Alert)


@pytest.mark.parametrize("event", sorted(FORGETTING))
def test_an_order_to_forget_needs_no_score(event: str) -> None:
    """By the schema and by the reader; and it may say why, and who ordered it."""
    least = {"response_id": "r", "brand": "B", "store": "S", "submitted_at": "2026-11-22T17:41:05Z", "event": event}
    for document in (least, {**least, "reason": "letter of 3 May", "by": "legal", "version": 7}):
        assert RESPONSE.admits(document)
        read = RESPONSE.read(json.dumps(document).encode())
        assert (event, document.get("by")) == (read.event, read.by)
