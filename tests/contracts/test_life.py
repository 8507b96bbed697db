"""The contracts of corrections: what alerts and audit records may say is what the rules know, no more and no less."""

import json
from typing import Any, get_args

import pytest

from streams.domain.follow import GENERATION_MAX, SEQUENCE_MAX, Change, Kind, Retraction
from streams.domain.life import DISMISSALS, STATUSES, Move
from streams.domain.rules import DEFAULT_RULES, LAST_RESORT, Judgement, Rule
from streams.domain.vote import ANSWERS, FORGETTING
from streams.domain.vote import Event as Happening
from streams.events import names
from streams.events.action import Dismissal, Doing
from streams.events.alert import CHANGES_BY_PEOPLE, KINDS, Alert, decode_alert
from streams.events.audit import Audit
from streams.events.response import SCORED, Event
from tests.contracts.contracts import ALERT, AUDIT, RESPONSE

_NEW: dict[str, Any] = {"generation": 0, "sequence": 1, "previous_score": None, "changes": [], "reason": None}
"""What alerts did not say in the first release, and what that means."""
_TAKEN: dict[str, Any] = {"action_id": "a", "actor": "b", "channel": None, "note": None, "quality": None}
_OF_CASES: dict[str, Any] = {
    "case_id": None,
    "status": None,
    "rule_id": None,
    "rule_version": None,
    "owner": "",
    "held": False,
    "at": None,
    "action": None,
    "escalation": None,
    "alerts": [],
}
"""What alerts did not say before there were cases."""


def _valid(contract: Any) -> dict[str, dict[str, Any]]:
    return {path.stem: json.loads(path.read_bytes()) for path in (contract.examples / "valid").glob("*.json")}


def test_an_alert_says_what_the_rules_know() -> None:
    """Kinds, changes, statuses and reasons by name, and numbers as large as they get."""
    properties = ALERT.schema["properties"]
    assert list(KINDS) == properties["kind"]["enum"]
    assert {*get_args(Kind), *(set(get_args(Doing)) - {"noted", "rated"})} <= set(KINDS)
    assert [*get_args(Change), *CHANGES_BY_PEOPLE] == properties["changes"]["items"]["enum"]
    assert [*get_args(Retraction), *DISMISSALS, None] == properties["reason"]["enum"]
    assert [*STATUSES, None] == properties["status"]["enum"]
    assert (0, GENERATION_MAX) == (properties["generation"]["minimum"], properties["generation"]["maximum"])
    assert (1, SEQUENCE_MAX) == (properties["sequence"]["minimum"], properties["sequence"]["maximum"])


def test_people_do_what_a_case_knows() -> None:
    """The actions of the wire are moves of its table, and so are the reasons."""
    assert set(get_args(Doing)) == set(get_args(Move)) - {"retracted", "expired"}
    assert get_args(Dismissal) == DISMISSALS


def test_every_kind_change_status_and_reason_has_an_example() -> None:
    """Whoever reads the topic finds one of each."""
    alerts = _valid(ALERT).values()
    assert set(KINDS) == {alert["kind"] for alert in alerts}
    assert {*get_args(Change), *CHANGES_BY_PEOPLE} == {change for alert in alerts for change in alert["changes"]}
    assert {*STATUSES, None} == {alert["status"] for alert in alerts}
    assert {*get_args(Retraction), "not_reachable", None} == {alert["reason"] for alert in alerts}
    levels = ALERT.schema["properties"]["escalation"]["properties"]["level"]["enum"]
    assert set(levels) == {alert["escalation"]["level"] for alert in alerts if alert["escalation"]}
    triggers = {reason.partition(":")[0] for alert in alerts for reason in alert["reasons"]}
    assert {"score", "contact_requested", "no_reason", "theme", "vip", "repeat"} == triggers


@pytest.mark.parametrize("rule", [*DEFAULT_RULES.rules, LAST_RESORT], ids=lambda rule: rule.id)
def test_the_examples_are_judged_as_the_default_rules_judge(rule: Rule) -> None:
    """Each of their severities and reasons is what the rules make of the alert."""
    for name, alert in _valid(ALERT).items():
        if alert["kind"] == "raised" and alert["rule_id"] == rule.id:
            told = alert["reasons"]
            judgement = DEFAULT_RULES.judge(
                alert["score"],
                no_reason="no_reason" in told,
                requested="contact_requested" in told,
                themes=tuple(reason.removeprefix("theme:") for reason in told if reason.startswith("theme:")),
                vip="vip" in told,
                repeat="repeat" in told,
            )
            assert Judgement(rule.id, alert["severity"], told) == judgement, name
            assert ("no_reason" in told) == alert["reason_missing"], name


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
    new = _NEW | _OF_CASES
    document = {field: value for field, value in _valid(ALERT)[name].items() if field not in new}
    alert = decode_alert(json.dumps(document).encode())
    assert isinstance(alert, Alert)
    assert new == {field: getattr(alert, field) for field in new}


@pytest.mark.parametrize("name", ["with-everything", "enriched-with-a-comment", "retracted-as-forgotten"])
def test_an_alert_of_the_time_before_cases_is_read(name: str) -> None:
    """It names no case, no rule and no owner."""
    document = {field: value for field, value in _valid(ALERT)[name].items() if field not in _OF_CASES}
    alert = decode_alert(json.dumps(document).encode())
    assert isinstance(alert, Alert)
    assert _OF_CASES == {field: getattr(alert, field) for field in _OF_CASES}


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("retracted-as-deleted", {"kind": "praised"}),
        ("breached", {"status": "asleep", "escalation": {"level": "third", "due_at": "2026-11-26T16:41:05.000Z"}}),
        ("contacted-by-a-call", {"action": {**_TAKEN, "channel": "pigeon", "mood": "good"}}),
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
