"""Records as a consumer gives them, made up."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from streams.demo.casebook import Casebook
from streams.demo.lives import AlertEvent, Audit
from streams.demo.observed import Observed
from streams.demo.records import Document

START_MS: Final = 1_790_000_000_000
HOUR_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeRecord:
    """What the demo looks at in a consumed record."""

    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int = 0
    timestamp: int = 0


def an_alert(event: AlertEvent) -> FakeRecord:
    """An event of an alert that a response brought, and that nothing else happened to."""
    brand, store, source, response_id = event.name
    kind, reason = (event.what, None) if event.what in {"raised", "enriched"} else ("retracted", event.what)
    return FakeRecord(
        value=orjson.dumps(
            an_event(
                kind,
                "retracted" if kind == "retracted" else "open",
                "/".join((*event.name, str(event.generation))),
                brand=brand,
                store=store,
                source=source or None,
                response_id=response_id,
                generation=event.generation,
                sequence=event.step,
                reason=reason,
                customer_ref=None,
            )
        )
    )


def an_event(kind: str, status: str, case_id: str = "c-1", **more: Any) -> Document:
    """An event of a case, as a subscriber reads it."""
    return {
        "alert_id": case_id,
        "case_id": case_id,
        "kind": kind,
        "status": status,
        "generation": 0,
        "sequence": 1,
        "brand": "B",
        "store": "S",
        "source": None,
        "response_id": None if kind not in {"raised", "retracted"} else "r1",
        "severity": "P2",
        "language": "fr",
        "contactable": True,
        "customer_ref": "customer 1" if kind == "raised" else None,
        "rule_version": 1,
        "submitted_at": rfc3339(START_MS),
        "due_at": rfc3339(START_MS + 48 * HOUR_MS),
        "at": rfc3339(START_MS + HOUR_MS),
        "changes": [],
        "reason": None,
        "action": None,
        "escalation": None,
        "alerts": [],
        **more,
    }


def an_action(kind: str, status: str, action_id: str = "a-1", **more: Any) -> Document:
    """An event of a person."""
    return an_event(kind, status, action={"action_id": action_id}, **more)


def a_clock(kind: str, level: str, status: str = "open", **more: Any) -> Document:
    """An event of a clock."""
    return an_event(kind, status, escalation={"level": level}, **more)


def rfc3339(at_ms: int) -> str:
    """An instant as it is written in events."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")


def a_casebook() -> Casebook:
    """A casebook of two brands with rules of their own: version 1 for all, version 2 for `Hours`, which counts them."""
    return Casebook(versions={"*": 1, "Hours": 2}, with_calendar=frozenset({"Hours"}))


def observing() -> Observed:
    """Somebody who has seen nothing yet."""
    return Observed(source="survey.responses", actions="followup.actions", casebook=a_casebook())


def an_audit(audit: Audit) -> FakeRecord:
    """What is written down of a person forgotten."""
    return FakeRecord(value=orjson.dumps(audit._asdict()))


def an_alarm(episode: int, *, kind: str = "raised") -> FakeRecord:
    """An alarm about a score."""
    return FakeRecord(value=orjson.dumps({"alarm_id": f"alarm-{episode}", "kind": kind, "rule": "drop"}))


def a_brand_score(brand: str, answers: int) -> FakeRecord:
    """The score of a brand with so many answers ever."""
    return FakeRecord(value=orjson.dumps({"brand": brand, "store": None, "windows": {"all": {"n": answers}}}))
