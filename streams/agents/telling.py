"""The events of a case that no response brought: what people did, what a clock brought about, what was attached."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from streams.agents.desk import Desk
from streams.domain.case import CONTACTABLE, HELD, SEVERITY_NAMES, UNEXPLAINED, Case
from streams.domain.identity import uuid_of
from streams.domain.store import Store
from streams.domain.timers import clocks_of
from streams.events.alert import Alert, Escalation, Listed, Taken
from streams.events.time import rfc3339_ms

_NOTHING: Final[list[str]] = []


class Happened(NamedTuple):
    """What happened to a case: when (ms since the epoch), and what there is to say of it."""

    kind: str
    at_ms: int
    action: Taken | None = None
    escalation: Escalation | None = None
    changes: list[str] = _NOTHING
    reason: str | None = None
    alerts: Sequence[Case] = ()
    owner: str | None = None
    """Who is to act, where it is not the store's owner."""


def life_event(desk: Desk, store: Store, case: Case, happened: Happened) -> Alert:
    """An event of a case as it stands after it, as urgent as the worst of its alerts.

    Nothing in it is anybody's words but what the action says.
    """
    due_ms = clocks_of(case).due_ms
    return Alert(
        alert_id=case.alert_id,
        kind=happened.kind,
        generation=case.generation,
        sequence=case.sequence,
        response_id=None,
        source=None,
        brand=store.brand_name,
        store=store.name,
        score=case.score,
        severity=SEVERITY_NAMES[desk.whole(case).severity],
        reasons=_NOTHING,
        submitted_at=rfc3339_ms(case.submitted_ms),
        due_at=rfc3339_ms(due_ms),
        late=happened.at_ms > due_ms,
        reason_missing=bool(case.flags & UNEXPLAINED),
        comment=None,
        language=None,
        customer_ref=None,
        contactable=bool(case.flags & CONTACTABLE),
        link=None,
        store_nps=None,
        changes=happened.changes,
        reason=happened.reason,
        case_id=case.case_id,
        status=desk.lead_of(case).status,
        owner=happened.owner or desk.ledger.rulebook.of(store).owner,
        held=bool(case.flags & HELD),
        at=rfc3339_ms(happened.at_ms),
        action=happened.action,
        escalation=happened.escalation,
        alerts=[_listed(one) for one in happened.alerts],
    )


def attached_event(desk: Desk, store: Store, lead: Case, alert: Case, at_ms: int) -> Alert:
    """Another alert of the same customer was attached to a case."""
    return life_event(desk, store, lead, Happened("attached", at_ms, alerts=[alert]))


def digest_event(store: Store, hour_end_ms: int, alerts: Sequence[Case], owner: str) -> Alert:
    """Alerts of an hour that were held, those of them that still wait for somebody.

    No alert is listed twice, so the first one tells this digest from the others of its hour.
    """
    at = rfc3339_ms(hour_end_ms)
    return Alert(
        alert_id=uuid_of(f"digest|{store.brand_name}|{store.name}|{at}|{alerts[0].alert_id}"),
        kind="digest",
        response_id=None,
        source=None,
        brand=store.brand_name,
        store=store.name,
        score=None,
        severity=None,
        reasons=_NOTHING,
        submitted_at=None,
        due_at=None,
        late=False,
        reason_missing=False,
        comment=None,
        language=None,
        customer_ref=None,
        contactable=False,
        link=None,
        store_nps=None,
        case_id=None,
        status=None,
        owner=owner,
        held=True,
        at=at,
        alerts=[_listed(one) for one in alerts],
    )


def _listed(case: Case) -> Listed:
    return Listed(case.alert_id, SEVERITY_NAMES[case.severity], rfc3339_ms(clocks_of(case).due_ms))
