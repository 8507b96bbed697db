"""Events of `followup.alerts` as a worker writes them, made up: one customer of one store, unless told otherwise."""

from typing import Any
from uuid import UUID

from streams.events.alert import Alert, Escalation, Listed, StoreNps, Taken

SUBMITTED = "2026-03-01T12:00:00.000Z"
DUE = "2026-03-03T12:00:00.000Z"
DUE_MS = 1_772_539_200_000


def an_id(number: int) -> str:
    """The id of an alert."""
    return str(UUID(int=number << 96 | 0x5000 << 64 | 1 << 63))


def raised(number: int = 1, **overrides: Any) -> Alert:
    """An alert that opens a case of its own."""
    fields: dict[str, Any] = {
        "alert_id": an_id(number),
        "kind": "raised",
        "response_id": f"r-{number}",
        "source": "till",
        "brand": "Aurelia",
        "store": "Lyon",
        "score": 2,
        "severity": "P1",
        "reasons": ["score"],
        "submitted_at": SUBMITTED,
        "due_at": DUE,
        "late": False,
        "reason_missing": False,
        "comment": "Trop d'attente",
        "language": "fr",
        "customer_ref": f"c-{number}",
        "contactable": True,
        "link": None,
        "store_nps": StoreNps(window="30d", nps=50.0, low=20.0, high=70.0, n=30),
        "case_id": an_id(number),
        "status": "open",
        "rule_id": "very-low",
        "rule_version": 0,
        "owner": "region:Rhône",
        "at": "2026-03-01T12:00:01.000Z",
    }
    return Alert(**fields | overrides)


def lived(kind: str, status: str, number: int = 1, **overrides: Any) -> Alert:
    """An event of a person or of a clock: it says nothing that a response said."""
    silent: dict[str, Any] = dict.fromkeys(
        ("response_id", "source", "comment", "language", "customer_ref", "link", "store_nps")
    )
    fields = silent | {"kind": kind, "status": status, "sequence": 2, "reasons": [], "rule_id": None}
    return raised(number, **fields | {"rule_version": None, "at": "2026-03-01T13:00:00.000Z", **overrides})


def did(kind: str, status: str, number: int = 1, **overrides: Any) -> Alert:
    """An event of a person; the words of the action are among the overrides."""
    words = {name: overrides.pop(name, None) for name in ("channel", "note", "quality")}
    taken = Taken(overrides.pop("action_id", f"a-{kind}"), overrides.pop("actor", "Inès"), *words.values())
    return lived(kind, status, number, action=taken, **overrides)


def rang(kind: str, level: str, status: str = "open", number: int = 1, **overrides: Any) -> Alert:
    """An event of a clock, or of a store that closed or moved."""
    return lived(kind, status, number, escalation=Escalation(level, DUE), **overrides)


def attached(number: int, to: int = 1, **overrides: Any) -> list[Alert]:
    """What is said when an alert is attached to the case of another: by the alert, and by the case."""
    listed = [Listed(an_id(number), "P3", DUE)]
    return [
        raised(number, case_id=an_id(to), score=6, severity="P3", customer_ref=f"c-{to}", **overrides),
        lived("attached", "open", to, alerts=listed),
    ]
