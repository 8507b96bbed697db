"""Cases are opened when an alert is raised, in the same commit, and follow the corrections of its response.

An alert of a customer whose case at this store is still active is attached to that case: one customer, one call.
"""

from collections.abc import Container, Iterable
from typing import Final

from msgspec import Struct

from streams.agents.customers import place_of
from streams.agents.desk import Desk, course_of
from streams.domain.case import (
    CONTACTABLE,
    CRITICAL,
    DAY_MS,
    HELD,
    HOUR_MS,
    KEPT_MS,
    REASSIGNED,
    REPEAT,
    SEVERITY_NAMES,
    UNEXPLAINED,
    WITHDRAWN,
    Case,
    belated,
    pack_fresh,
    unpack_case,
)
from streams.domain.caseload import count_case, count_fresh
from streams.domain.follow import SEQUENCE_OF_CASES, AlertState, Step, is_used_up
from streams.domain.rules import Judgement
from streams.domain.score import DETRACTOR_MAX, Severity
from streams.domain.store import Store
from streams.domain.timers import first_due_ms, next_due_ms
from streams.domain.turnaround import codes_of

_ATTACHED_MAX: Final = 100
"""Alerts that are attached to one case: more of a customer are a name that stands for many, and open cases again."""
_SEVERITIES: Final[dict[Severity, int]] = {"P1": 1, "P2": 2, "P3": 3}


class Occurred(Struct, gc=False, frozen=True):
    """What a record says of a detractor's response, as far as the desk wants to know."""

    alert_id: str
    generation: int
    score: int
    submitted_ms: int
    arrival_ms: int
    comment: str | None
    customer: int
    """Hash of the customer reference, 0 for none."""
    contactable: bool
    requested: bool
    unexplained: bool


class Standing(Struct, gc=False, frozen=True):
    """How the case of an alert stands, for the event of the alert."""

    case_id: str
    status: str
    judgement: Judgement
    severity: Severity
    rule_version: int
    owner: str
    held: bool
    due_ms: int | None = None
    """Where the clocks are not the plain ones: when the customer is to be called back at the latest."""
    attached_to: Case | None = None
    """The case that has to be told that this alert was attached."""


def open_case(desk: Desk, store: Store, occurred: Occurred, former: Container[str] = ()) -> Standing:
    """Open a case for an alert that is raised, or attach it to the active one of its customer.

    `former`: the ids of the alerts that the response raised before.
    """
    ruled = desk.ledger.rulebook.of(store)
    rules = ruled.rules
    alert_id, customer, submitted_ms = occurred.alert_id, occurred.customer, occurred.submitted_ms
    themes = () if occurred.comment is None else rules.themes_in(occurred.comment)
    known, repeat = _known(desk, store, occurred, former) if customer else (None, False)
    judgement = rules.judge(
        occurred.score,
        no_reason=occurred.unexplained,
        requested=occurred.requested,
        themes=themes,
        vip=ruled.vip,
        repeat=repeat,
    )
    severity = _SEVERITIES[judgement.severity]
    interruptions = desk.interruptions
    hour, held = interruptions.ask(
        store, occurred.arrival_ms // HOUR_MS, rules.interruptions_per_hour, always=severity == 1
    )
    # Where a store is gone, the alert says itself whose the case is.
    flags = (CRITICAL if themes else 0) | (REPEAT if repeat else 0) | (REASSIGNED if ruled.gone else 0)
    flags |= _said_of(occurred) | (HELD if held else 0)
    row = pack_fresh(severity, flags, occurred.score, occurred.generation, submitted_ms, customer, hour)
    if held and interruptions.hold(store, hour, alert_id):
        row = belated(row)
    lead = clocks = None
    if known is None and rules.is_plain:
        _open_plain(desk, store, occurred, severity, row)
    else:
        clocks = None if rules.is_plain else rules.clocks(submitted_ms)
        lead = _open_other(desk, store, unpack_case(alert_id, row)._replace(clocks=clocks), known)
    case_id, status = (alert_id, "open") if lead is None else (lead.alert_id, lead.status)
    return Standing(
        case_id,
        status,
        judgement,
        judgement.severity,
        rules.version,
        ruled.owner,
        held,
        clocks and clocks.due_ms,
        lead,
    )


def _open_plain(desk: Desk, store: Store, occurred: Occurred, severity: int, row: bytes) -> None:
    """Open a case that has the plain clocks and is not attached to another: nearly every one."""
    alert_id, submitted_ms = occurred.alert_id, occurred.submitted_ms
    desk.file(store, alert_id, row)
    desk.clocks.add(first_due_ms(submitted_ms, severity), alert_id)
    if occurred.customer:
        desk.customers.add(place_of(store, occurred.customer), submitted_ms, alert_id)
    count_fresh(store, submitted_ms, contactable=occurred.contactable)


def follow_case(desk: Desk, store: Store, occurred: Occurred, state: AlertState, step: Step | None) -> Standing:
    """Let the case of an alert follow a correction of its response; `state` is the alert's after the correction.

    An alert that was raised before there were cases, or whose case is forgotten, stands for itself.
    """
    case = desk.case(occurred.alert_id)
    ruled = desk.ledger.rulebook.of(store)
    themes = () if occurred.comment is None else ruled.rules.themes_in(occurred.comment)
    judgement = ruled.rules.judge(
        min(occurred.score, DETRACTOR_MAX),
        no_reason=occurred.unexplained,
        requested=occurred.requested,
        themes=themes,
        vip=ruled.vip,
        repeat=case is not None and bool(case.flags & REPEAT),
    )
    if case is None:
        status = "open" if state.is_open else "retracted"
        return Standing(
            occurred.alert_id, status, judgement, judgement.severity, ruled.rules.version, ruled.owner, held=False
        )
    severity = _severity_after(case, occurred, judgement)
    flags = case.flags & ~(CONTACTABLE | UNEXPLAINED) | _said_of(occurred) | (CRITICAL if themes else 0)
    after = case._replace(
        score=occurred.score, severity=severity, flags=flags, sequence=state.sequence, customer=state.customer
    )
    after = _interrupt(desk, store, after)
    if step is not None and step.kind == "retracted":
        after = _withdraw(desk, store, after, occurred.arrival_ms)
    desk.put(store, case, after)
    if after.lead is not None:
        lead = desk.lead_of(after)
        desk.put(store, lead, _interrupt(desk, store, lead))
    return Standing(
        after.case_id,
        desk.lead_of(after).status,
        judgement,
        SEVERITY_NAMES[severity],
        ruled.rules.version,
        ruled.owner,
        bool(after.flags & HELD),
        after.clocks and after.clocks.due_ms,
    )


def _said_of(occurred: Occurred) -> int:
    """The flags that say what is known of a customer and of their reasons."""
    return (CONTACTABLE if occurred.contactable else 0) | (UNEXPLAINED if occurred.unexplained else 0)


def _severity_after(case: Case, occurred: Occurred, judgement: Judgement) -> int:
    """How severe an alert is after a correction of its response."""
    if occurred.score > DETRACTOR_MAX:
        return case.severity
    severity = _SEVERITIES[judgement.severity]
    # What was said of safety stands, also where this record does not say it again.
    return min(severity, case.severity) if case.flags & CRITICAL else severity


def _interrupt(desk: Desk, store: Store, case: Case) -> Case:
    """The case, which interrupts somebody after all if it was held and is a P1 by now, by what is attached, too."""
    if not case.flags & HELD or desk.whole(case).severity > 1:
        return case
    desk.interruptions.release(store, case.hour, case.alert_id)
    return case._replace(flags=case.flags & ~HELD)


def last_number(desk: Desk, alert_id: str, sequence: int) -> int:
    """The number of the last event of an alert, of which records of its response know `sequence`.

    People and clocks have had events of it, too; how many is not known once its case is forgotten.
    """
    case = desk.case(alert_id)
    return max(sequence, SEQUENCE_OF_CASES) if case is None else case.sequence


def forget_customer(desk: Desk, store: Store, alert_ids: Iterable[str]) -> None:
    """Let nothing in the cases of a response's former alerts lead to its customer any more."""
    for alert_id in alert_ids:
        case = desk.case(alert_id)
        if case is not None:
            desk.put(store, case, case._replace(customer=0, flags=case.flags & ~CONTACTABLE))


def _known(desk: Desk, store: Store, occurred: Occurred, former: Container[str]) -> tuple[Case | None, bool]:
    """The active case that an alert of a customer is attached to, and whether they had one here not too long ago.

    Of another response: who edits an answer up and down again has not complained twice.
    """
    lead, repeat = None, False
    since_ms = occurred.submitted_ms - KEPT_MS
    for case in desk.customers.latest(place_of(store, occurred.customer)):
        alerts = (case, *desk.attached_to(case))
        repeat = repeat or any(one.submitted_ms >= since_ms and one.alert_id not in former for one in alerts)
        if lead is None and _takes_more(case):
            lead = case
    return lead, repeat


def _takes_more(case: Case) -> bool:
    return case.is_active and len(case.attached) < _ATTACHED_MAX and not is_used_up(case.sequence)


def _open_other(desk: Desk, store: Store, case: Case, known: Case | None) -> Case | None:
    """Open a case with clocks of its own, or attach it to the known one of its customer, which is given back then."""
    if known is not None:
        case = case._replace(lead=known.alert_id)
        desk.file(store, case.alert_id, case.pack())
        lead = known._replace(attached=(*known.attached, case.alert_id), sequence=known.sequence + 1)
        lead = _interrupt(desk, store, lead)
        desk.put(store, known, lead)
        return lead
    desk.file(store, case.alert_id, case.pack())
    desk.remember(store, case)
    count_case(store, case.submitted_ms // DAY_MS, (), codes_of(course_of(case)))
    desk.clocks.add(next_due_ms(case), case.alert_id)
    return None


def _withdraw(desk: Desk, store: Store, case: Case, at_ms: int) -> Case:
    """The case once its alert, or one attached to it, was retracted: it ends with the last of them."""
    case = case._replace(flags=case.flags | WITHDRAWN)
    lead = case if case.lead is None else desk.lead_of(case)
    others = {lead.alert_id, *lead.attached} - {case.alert_id}
    if not lead.is_active or not all(_is_withdrawn(desk, one) for one in others):
        return case
    if case.lead is None:
        return case._replace(status="retracted", ended_ms=at_ms)
    desk.put(store, lead, lead._replace(status="retracted", ended_ms=at_ms))
    return case


def _is_withdrawn(desk: Desk, alert_id: str) -> bool:
    case = desk.case(alert_id)
    return case is None or bool(case.flags & WITHDRAWN)
