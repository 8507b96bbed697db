"""What the API says of cases, as JSON. Without the token nobody's words are told: no comment, no note, no actor.

A case in a list: `{case_id, brand, store, status, severity, score, owner, held, submitted_at, due_at, overdue, waits,
contacted_at, contactable, reason_missing, reasons, alert_count, changed_at, comment, language, forgotten, withheld}`,
with the first words of its comment. By itself it also has its whole `story`, oldest first, its `alerts` as `/v1/alerts`
has them, `moves`: what its table of moves allows now, each `{action, status, needs, choices}`, and `refusal`: the last
action that no worker would take, `{action_id, action, reason, at}`, or null.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, get_args

import msgspec
from msgspec.structs import replace

from streams.board import documents
from streams.board.case import Case, Happened
from streams.board.cases import Refusal
from streams.board.documents import Document
from streams.domain.life import DISMISSALS, TRANSITIONS
from streams.events.action import NEEDED, Channel, Doing
from streams.events.alert import Alert
from streams.events.time import rfc3339_ms

FIRST_WORDS: Final = 160
"""Characters of a comment in a list."""
CHOICES: Final[Mapping[str, tuple[Any, ...]]] = MappingProxyType(
    {"channel": get_args(Channel), "reason": DISMISSALS, "quality": (1, 2, 3, 4, 5)}
)


def listed(case: Case, *, now_ms: int, whole: bool) -> Document:
    """A case in a list."""
    lead = case.lead
    spoken = next((alert for alert in (lead, *case.alerts.values()) if alert.comment), None) if whole else None
    return {
        "case_id": case.case_id,
        "brand": case.brand,
        "store": case.store,
        "status": case.status,
        "severity": case.severity,
        "score": lead.score,
        "owner": case.owner,
        "held": case.held,
        "submitted_at": case.submitted_at,
        "due_at": case.due_at,
        "overdue": case.is_overdue(now_ms),
        "waits": case.waits,
        "contacted_at": case.contacted_at,
        "contactable": lead.contactable,
        "reason_missing": all(alert.reason_missing for alert in case.alerts.values()),
        "reasons": list(dict.fromkeys(reason for alert in case.alerts.values() for reason in alert.reasons)),
        "alert_count": len(case.alerts),
        "changed_at": rfc3339_ms(case.changed_ms),
        "comment": None if spoken is None or spoken.comment is None else _first_words(spoken.comment),
        "language": None if spoken is None else spoken.language,
        "forgotten": case.forgotten,
        "withheld": not whole,
    }


def whole_case(case: Case, refusal: Refusal | None, *, now_ms: int, whole: bool) -> Document:
    """A case with its alerts, its story, the moves that it allows now and the last one that was refused."""
    return listed(case, now_ms=now_ms, whole=whole) | {
        "alerts": [_alert(alert, whole=whole) for alert in case.alerts.values()],
        "story": [_happened(event, whole=whole) for event in case.events],
        "moves": moves(case.status),
        "refusal": None if refusal is None else _refused(refusal, whole=whole),
    }


def moves(status: str) -> list[Document]:
    """What the table of moves lets people do in a status, and what each of these actions cannot do without."""
    return [
        {"action": move, "status": to, "needs": NEEDED.get(move), "choices": CHOICES.get(NEEDED.get(move, ""))}
        for move, to in TRANSITIONS.get(status, {}).items()  # type: ignore[call-overload]
        if move in get_args(Doing)
    ]


def _alert(alert: Alert, *, whole: bool) -> Document:
    if not whole:
        alert = replace(alert, comment=None, language=None, customer_ref=None, link=None)
    return documents.alert_document(alert, whole=whole)


def _happened(event: Happened, *, whole: bool) -> Document:
    told: Document = msgspec.to_builtins(event._asdict())
    if event.action is not None and not whole:
        told["action"] |= {"action_id": None, "actor": None, "note": None}
    return told


def _refused(refusal: Refusal, *, whole: bool) -> Document:
    told: Document = {"action_id": refusal.action_id if whole else None, "action": refusal.action}
    return told | {"reason": refusal.reason, "at": rfc3339_ms(refusal.at_ms)}


def _first_words(comment: str) -> str:
    if len(comment) <= FIRST_WORDS:
        return comment
    return (
        comment[:FIRST_WORDS].rpartition(" ")[0] + "…" if " " in comment[:FIRST_WORDS] else comment[:FIRST_WORDS] + "…"
    )
