"""The cases of the follow-up desk as `followup.alerts` tells them. Pure: a fold of its events, in order within a store.

A case is opened by an alert and bears its id; alerts of the same customer are attached to it. What an event does not
say stays as it was said before. Where a person is forgotten, what was said by and of them goes from all cases at once.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from msgspec.structs import replace

from streams.domain.life import ACTIVE
from streams.events.alert import Alert
from streams.events.time import epoch_ms

_Response = tuple[str, str, str | None, str, str]
"""What makes a response that one: brand, store, source, response id and the UTC date of its submission."""

_ENDINGS: Final = frozenset({"resolved", "dismissed", "expired", "retracted"})


class Told(NamedTuple):
    """An event of a case and when it was written, in ms since the epoch."""

    at_ms: int
    event: Alert


@dataclass(slots=True, kw_only=True)
class Case:
    """A case as it stands after its last event. Instants are RFC 3339 in UTC, None for what has not been done.

    `alerts` holds by id what all events of each alert of the case say together, the case's own first.
    """

    case_id: str
    brand: str
    store: str
    status: str
    owner: str
    alerts: dict[str, Alert] = field(default_factory=dict)
    withdrawn: set[str] = field(default_factory=set)
    """Alerts of the case that were retracted."""
    acknowledged_at: str | None = None
    contacted_at: str | None = None
    ended_at: str | None = None
    breached: bool = False
    level: str | None = None
    """Of the last escalation."""
    dismissal: str | None = None
    """Why it was dismissed, if it was."""
    quality: int | None = None
    reopened: int = 0
    actions: set[str] = field(default_factory=set)
    """Ids of what people did to it."""
    events: int = 0
    story: list[Told] = field(default_factory=list)
    """Its events, where they were asked for."""

    @property
    def own(self) -> Alert:
        """The alert that opened it."""
        return self.alerts[self.case_id]

    @property
    def severity(self) -> str:
        """That of its most urgent alert, of those that were not retracted if there are any."""
        standing = [alert.severity for each, alert in self.alerts.items() if each not in self.withdrawn]
        return min(filter(None, standing or [alert.severity for alert in self.alerts.values()]), default="")

    @property
    def is_active(self) -> bool:
        """Whether somebody still has to do something about it."""
        return self.status in ACTIVE

    @property
    def waits(self) -> bool:
        """Whether the customer still is to be contacted."""
        return self.is_active and self.contacted_at is None

    @property
    def due_ms(self) -> int:
        """By when the customer is to be contacted, in ms since the epoch."""
        return 0 if self.own.due_at is None else epoch_ms(datetime.fromisoformat(self.own.due_at))

    def is_overdue(self, now_ms: int) -> bool:
        """Whether the customer should have been contacted by now, and was not."""
        return self.waits and self.due_ms <= now_ms


class Cases:
    """All cases that the events taken so far tell of. Alerts of releases that knew no cases are none."""

    def __init__(self, with_story: Callable[[str], bool] = lambda _: False) -> None:
        """Start with none; the events of a case are kept where `with_story` says so of its id."""
        self._with_story = with_story
        self._cases: dict[str, Case] = {}
        self._leads: dict[str, str] = {}
        """By alert the case that it is attached to."""
        self._responses: dict[_Response, list[str]] = {}
        """By response the alerts that it raised, where they have a case."""

    def __iter__(self) -> Iterator[Case]:
        return iter(self._cases.values())

    def get(self, alert_id: str) -> Case | None:
        """The case of an alert."""
        return self._cases.get(self._leads.get(alert_id, ""))

    def find(self, prefix: str) -> list[str]:
        """The alerts that have a case and whose ids begin so."""
        wanted = prefix.lower()
        return [alert_id for alert_id in self._leads if alert_id.startswith(wanted)]

    def take(self, at_ms: int, event: Alert) -> Case | None:
        """Take the next event; gives the case that it is of, None where it is of none, or of one not kept any more."""
        case_id = event.case_id
        if case_id is None or event.status is None:
            return None
        case = self._cases.get(case_id)
        if case is None:
            if event.kind != "raised" or event.alert_id != case_id:
                return None  # older than what the topic keeps
            case = Case(case_id=case_id, brand=event.brand, store=event.store, status=event.status, owner=event.owner)
            self._cases[case_id] = case
        self._note_alert(case, event)
        _move(case, event)
        if self._with_story(case_id):
            case.story.append(Told(at_ms, event))
        if event.reason == "forgotten":
            self._forget(event)
        return case

    def _note_alert(self, case: Case, event: Alert) -> None:
        alert_id = event.alert_id
        known = case.alerts.get(alert_id)
        case.alerts[alert_id] = event if known is None else _together(known, event)
        self._leads[alert_id] = case.case_id
        response = _response(event)
        if known is None and response is not None:
            self._responses.setdefault(response, []).append(alert_id)

    def _forget(self, event: Alert) -> None:
        response = _response(event)
        assert response is not None, "whoever is forgotten had answered"
        for alert_id in self._responses.get(response, ()):
            case = self._cases[self._leads[alert_id]]
            case.alerts[alert_id] = _without_words(case.alerts[alert_id])
            case.story = [_without_person(told, alert_id) for told in case.story]


def by_time_left(cases: Iterable[Case]) -> list[Case]:
    """In the order in which they are to be worked off: customers to be contacted by when, then the others alike."""
    return sorted(cases, key=lambda case: (not case.is_active, not case.waits, case.due_ms, case.case_id))


def _move(case: Case, event: Alert) -> None:
    """Let the case be as it is after an event."""
    assert event.status is not None
    was_active = case.is_active
    case.status, case.owner, case.events = event.status, event.owner or case.owner, case.events + 1
    if event.kind == "retracted":
        case.withdrawn.add(event.alert_id)
    if event.kind in {"acknowledged", "contacted"}:  # whoever calls has seen the case
        case.acknowledged_at = case.acknowledged_at or event.at
    if event.kind == "contacted":
        case.contacted_at = case.contacted_at or event.at
    if was_active and event.status in _ENDINGS:
        case.ended_at = event.at
    if event.kind == "reopened":
        case.reopened, case.ended_at, case.dismissal = case.reopened + 1, None, None
    if event.kind == "dismissed":
        case.dismissal = event.reason
    case.breached |= event.kind == "breached"
    if event.escalation is not None:
        case.level = event.escalation.level
    if event.action is not None:
        case.actions.add(event.action.action_id)
        case.quality = case.quality if event.action.quality is None else event.action.quality


def _response(event: Alert) -> _Response | None:
    if event.response_id is None or event.submitted_at is None:
        return None
    return event.brand, event.store, event.source, event.response_id, event.submitted_at[:10]


def _together(before: Alert, event: Alert) -> Alert:
    """An alert after one more event: of people and clocks an event says nothing that a response said.

    How urgent it calls itself is the whole case, for as long as the worst alert in it holds.
    """
    if event.response_id is None:
        return replace(
            before,
            sequence=event.sequence,
            status=event.status,
            owner=event.owner,
            held=event.held,
        )
    return replace(
        event,
        comment=before.comment if event.comment is None else event.comment,
        language=before.language if event.comment is None else event.language,
        customer_ref=before.customer_ref if event.customer_ref is None else event.customer_ref,
        link=before.link if event.link is None else event.link,
        reasons=event.reasons or before.reasons,
    )


def _without_words(alert: Alert) -> Alert:
    return replace(alert, comment=None, language=None, customer_ref=None, contactable=False, link=None)


def _without_person(told: Told, alert_id: str) -> Told:
    """An event without what a forgotten person said in that alert, and without what people noted about the case."""
    event = told.event
    if event.alert_id == alert_id:
        event = _without_words(event)
    if event.action is not None:
        event = replace(event, action=replace(event.action, note=None))
    return Told(told.at_ms, event)
