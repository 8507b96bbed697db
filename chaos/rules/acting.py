"""What people did about alerts: what must become of every record of `followup.actions`, spelled out slowly.

For alerts whose responses say nothing more once somebody acts on them: then what people did is all that moves a case.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chaos.rules.desk import Case, Desk
from chaos.rules.judge import Unusable, instant_ms, is_text, is_time, is_whole, normal_name, read_document
from chaos.rules.place import home, origin

Document = dict[str, Any]

FUTURE_MS_MAX = 5 * 60_000
TABLE: Mapping[str, Mapping[str, str]] = {
    "open": {"acknowledged": "acknowledged", "contacted": "contacted", "dismissed": "dismissed", "noted": "open"},
    "acknowledged": {
        "contacted": "contacted",
        "resolved": "resolved",
        "dismissed": "dismissed",
        "noted": "acknowledged",
    },
    "contacted": {
        "contacted": "contacted",
        "resolved": "resolved",
        "dismissed": "dismissed",
        "noted": "contacted",
        "rated": "contacted",
    },
    "reopened": {
        "acknowledged": "acknowledged",
        "contacted": "contacted",
        "resolved": "resolved",
        "dismissed": "dismissed",
        "noted": "reopened",
        "rated": "reopened",
    },
    "resolved": {"reopened": "reopened", "noted": "resolved", "rated": "resolved"},
    "dismissed": {"reopened": "reopened", "noted": "dismissed"},
    "expired": {"reopened": "reopened", "noted": "expired"},
    "retracted": {},
}
_ACTIONS = ("acknowledged", "contacted", "resolved", "dismissed", "reopened", "noted", "rated")
_CHANGES = {"noted": ["note"], "rated": ["quality"]}
_CHOICES = {
    "channel": ("call", "message", "visit"),
    "reason": ("not_reachable", "no_contact_wanted", "duplicate", "not_genuine", "not_ours", "other"),
    "quality": (1, 2, 3, 4, 5),
}
_OF_ONE = {"contacted": "channel", "dismissed": "reason", "rated": "quality"}
"""The action that must have a field, which no other may have."""
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@dataclass(slots=True)
class Acted:
    """What people did about a case so far; times in ms, None for never."""

    status: str = "open"
    acknowledged_ms: int | None = None
    contacted_ms: int | None = None
    resolved_ms: int | None = None
    ended_ms: int | None = None
    dismissed: str | None = None
    reopened: int = 0
    taken: set[str] = field(default_factory=set)
    events: list[Document] = field(default_factory=list)
    """What must be said of it, in order."""


@dataclass(slots=True)
class Actions:
    """Takes the records of a topic, in order within a partition."""

    partitions: int
    desks: Mapping[tuple[str, str], Desk]
    dispositions: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    dead: dict[tuple[int, int], str] = field(default_factory=dict)
    rehomed: dict[tuple[int, int], int] = field(default_factory=dict)
    acted: dict[str, Acted] = field(default_factory=lambda: defaultdict(Acted))
    """By the id of the case."""

    def take(self, record: Any) -> None:
        """The next record of its partition."""
        disposition, reason = self._decide(record)
        if disposition == "dead_letter":
            self.dead[record.partition, record.offset] = reason
        self.dispositions[record.partition][disposition] += 1

    def _decide(self, record: Any) -> tuple[str, str]:
        document = judge_action(record.value)
        if isinstance(document, str):
            return "dead_letter", document
        arrival_ms, is_rehomed = origin(record)
        if instant_ms(document["at"]) - arrival_ms > FUTURE_MS_MAX:
            return "dead_letter", "timestamp_in_future"
        right = home(f"{document['brand']}|{document['store']}", self.partitions)
        if right != record.partition:
            if is_rehomed:
                return "dead_letter", "wrong_partition"
            self.rehomed[record.partition, record.offset] = right
            return "rehomed", ""
        desk = self.desks.get((document["brand"], document["store"]))
        case = None if desk is None else desk.cases.get(document["alert_id"])
        return self._act(case.of, document) if case is not None else ("dead_letter", "illegal_transition")

    def _act(self, case: Case, document: Document) -> tuple[str, str]:
        acted, action = self.acted[case.alert_id], document["action"]
        if document["action_id"] in acted.taken:
            return "duplicate", ""
        status = TABLE[acted.status].get(action)
        if status is None:
            return "dead_letter", "illegal_transition"
        at_ms = max(case.at_ms, instant_ms(document["at"]))
        acted.taken.add(document["action_id"])
        acted.status = status
        if action in ("acknowledged", "contacted") and acted.acknowledged_ms is None:
            acted.acknowledged_ms = at_ms
        if action == "contacted" and acted.contacted_ms is None:
            acted.contacted_ms = at_ms
        if action in ("resolved", "dismissed"):
            acted.ended_ms = at_ms
            acted.resolved_ms = at_ms if action == "resolved" else None
            acted.dismissed = document.get("reason")
        if action == "reopened":
            acted.ended_ms = acted.resolved_ms = acted.dismissed = None
            acted.reopened += 1
        told = {name: document.get(name) for name in ("action_id", "actor", "channel", "note", "quality")}
        acted.events.append(
            {
                "alert_id": case.alert_id,
                "case_id": case.alert_id,
                "kind": "enriched" if action in _CHANGES else action,
                "changes": _CHANGES.get(action, []),
                "reason": document.get("reason"),
                "status": status,
                "at": at_ms,
                "late": at_ms > case.due_ms,
                "action": told,
            }
        )
        return "counted", ""


def judge_action(value: bytes | None) -> Document | str:
    """The document of a usable action, its names and its alert's id normalised; else the reason."""
    try:
        document = read_document(value)
    except Unusable as unusable:
        return unusable.reason
    if not isinstance(document, dict):
        return "schema"
    document = {name: value for name, value in document.items() if value is not None}
    if document.get("note") == "":
        del document["note"]
    return document if _is_well_formed(document) else "schema"


def _is_well_formed(document: Document) -> bool:
    for name in ("brand", "store"):
        document[name] = normal_name(document.get(name))
    if not is_text(document.get("alert_id")) or not is_text(document.get("at")):
        return False
    document["alert_id"] = document["alert_id"].lower()
    action = document.get("action")
    return (
        document["brand"] is not None
        and document["store"] is not None
        and action in _ACTIONS
        and _UUID.fullmatch(document["alert_id"]) is not None
        and is_time(document["at"])
        and is_text(document.get("action_id"), 1, 256)
        and is_text(document.get("actor"), 1, 256)
        and is_text(document.get("note", ""), 0, 4096)
        and ("note" in document or action != "noted")
        and all((field in document) == (action == of) for of, field in _OF_ONE.items())
        and all(document.get(field, choices[0]) in choices for field, choices in _CHOICES.items())
        and is_whole(document.get("quality", 1))
    )
