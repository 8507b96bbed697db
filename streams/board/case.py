"""One case as the board knows it: its alerts, how it stands, and its whole story. Pure; time is in what it is given.

What is written here is read from `followup.alerts` alone. Of a case that was opened before what the board looks back on
the story begins with the first event that was read.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from msgspec.structs import replace

from streams.board.alerts import Place, Response, bare, response_of, together
from streams.domain.life import ACTIVE
from streams.events.alert import Alert, Escalation, Taken

EVENTS_MAX: Final = 1_000
"""Events of one case; of more the first one stays, and the oldest of the others go."""


class Happened(NamedTuple):
    """One event of a story, without what was said in a response: that is with the alert."""

    at: str
    kind: str
    alert_id: str
    sequence: int
    status: str | None
    score: int | None
    previous_score: int | None
    severity: str | None
    owner: str
    held: bool
    changes: tuple[str, ...]
    reason: str | None
    action: Taken | None
    escalation: Escalation | None
    alert_ids: tuple[str, ...]
    """Other alerts that it speaks of: the one that was attached."""


@dataclass(slots=True)
class Case:
    """A case after all its events so far."""

    case_id: str
    brand: str
    store: str
    submitted_at: str
    due_at: str
    due_ms: int
    status: str = "open"
    owner: str = ""
    held: bool = False
    contacted_at: str | None = None
    """When the customer was first reached."""
    changed_ms: int = 0
    forgotten: bool = False
    """A person in it is: no note is kept of it any more."""
    alerts: dict[str, Alert] = field(default_factory=dict)
    """By alert id, the one that opened the case among them, each as all its events together say."""
    events: list[Happened] = field(default_factory=list)

    @property
    def is_active(self) -> bool:
        """Whether somebody still has to do something."""
        return self.status in ACTIVE

    @property
    def waits(self) -> bool:
        """Whether the customer still waits to be contacted: its clock runs."""
        return self.is_active and self.contacted_at is None

    @property
    def lead(self) -> Alert:
        """The alert that opened the case; where that was not read, the first one that was."""
        return self.alerts.get(self.case_id) or next(iter(self.alerts.values()))

    @property
    def severity(self) -> str | None:
        """The most pressing of its alerts that hold; of the one that opened it where none does."""
        held = [alert.severity for alert in self.alerts.values() if alert.kind != "retracted" and alert.severity]
        return min(held, default=self.lead.severity)

    def is_overdue(self, now_ms: int) -> bool:
        """Whether the customer should have been contacted by now."""
        return self.waits and self.due_ms < now_ms

    def took(self, action_id: str) -> bool:
        """Whether an action is in the story."""
        return any(event.action is not None and event.action.action_id == action_id for event in self.events)

    def add(self, place: Place, event: Alert) -> bool:
        """Take the next event of one of its alerts; False for one that was taken already."""
        known = self.alerts.get(event.alert_id)
        if known is not None and event.sequence <= known.sequence:
            return False
        self.alerts[event.alert_id] = _silent(event) if known is None else together(known, event)
        self.status = event.status or self.status
        self.owner = event.owner or self.owner
        self.changed_ms = place.at_ms
        if event.alert_id == self.case_id:
            self.held = event.held
            if event.due_at is not None:
                self.due_at, self.due_ms = event.due_at, epoch_ms(event.due_at)
        happened = _happened(place, event)
        if self.forgotten:
            happened = without_note(happened)
        if self.contacted_at is None and "contacted" in {event.kind, event.status}:
            self.contacted_at = happened.at
        self.events.append(happened)
        if len(self.events) > EVENTS_MAX:
            del self.events[1]
        return True

    def forget(self, response: Response, at_ms: int) -> None:
        """Forget a person: what a response of theirs said, and all that was noted about the case."""
        for alert_id, alert in self.alerts.items():
            if response_of(alert) == response:
                self.alerts[alert_id] = bare(alert)
        self.events = [without_note(event) for event in self.events]
        self.forgotten = True
        self.changed_ms = at_ms


def opened_by(event: Alert) -> Case:
    """The case of an event that names one, without anything that happened in it so far."""
    assert event.case_id is not None
    assert event.submitted_at is not None
    assert event.due_at is not None
    return Case(event.case_id, event.brand, event.store, event.submitted_at, event.due_at, epoch_ms(event.due_at))


def without_note(event: Happened) -> Happened:
    """The event without what was noted."""
    if event.action is None or event.action.note is None:
        return event
    return event._replace(action=replace(event.action, note=None))


def epoch_ms(instant: str) -> int:
    """The ms since the epoch of an RFC 3339 text that was checked."""
    return round(datetime.fromisoformat(instant).timestamp() * 1000)


def _silent(event: Alert) -> Alert:
    """The first event of an alert, without what belongs into the story."""
    return replace(event, action=None, escalation=None, alerts=[])


def _happened(place: Place, event: Alert) -> Happened:
    return Happened(
        event.at or place.at,
        event.kind,
        event.alert_id,
        event.sequence,
        event.status,
        event.score,
        event.previous_score,
        event.severity,
        event.owner,
        event.held,
        tuple(event.changes),
        event.reason,
        event.action,
        event.escalation,
        tuple(listed.alert_id for listed in event.alerts),
    )
