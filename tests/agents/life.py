"""What must become of alerts, worked out from the words of the specification alone: nothing of the product is imported.

Where the specification leaves room, these are the readings:

- What was told are the comment and the customer of the events that went out; what is known of consent, and of the wish
  to be contacted, is what was said last since the first alert of the response. Of what was said before it only is known
  whether there was a comment.
- The severity of a retraction is that of the alert just before, where the score is no detractor's any more.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from chaos.rules.desk import Desk, Occurred
from chaos.rules.lives import Lives, with_instants
from tests.agents.facts import (
    ANSWERS,
    BRAND,
    FORGETTING,
    Facts,
    Happening,
    Name,
    disposition,
    facts,
    instant,
    is_news,
    rfc3339,
)

NAMESPACE = uuid.UUID("6f2a4f0e-6c5b-5d0e-9a53-2f4c1f7b8e21")
ALERT_MAX_AGE_MS = 7 * 86_400_000

Vote = tuple[int, int]
"""A response that counts: its submission (ms) and its score."""


@dataclass(slots=True)
class _Alert:
    """The latest alert of a response, and what its subscribers know."""

    generation: int = -1
    is_open: bool = False
    comment: str | None = None
    customer: str | None = None
    consent: bool = False
    requested: bool = False


@dataclass(slots=True)
class _Response:
    events: list[Happening] = field(default_factory=list)
    muted: bool = False
    commented: bool = False
    alert: _Alert | None = None


@dataclass(slots=True)
class Life:
    """Takes events in the order of the log; `alerts` and `audits` are what must have been sent.

    Of alerts that is what records bring; `sequence` counts nothing else.
    """

    alerts: list[dict[str, Any]] = field(default_factory=list)
    audits: list[dict[str, Any]] = field(default_factory=list)
    dispositions: list[str] = field(default_factory=list)
    desks: dict[str, Desk] = field(default_factory=dict)
    _responses: dict[Name, _Response] = field(default_factory=dict)

    def take(self, event: Happening, offset: int) -> None:
        """The next record of the log."""
        response = self._responses.setdefault(event.name, _Response())
        before = facts(response.events)
        news = is_news(response.events, event)
        self.dispositions.append(disposition(response.events, event, news=news))
        response.events.append(event)
        if not news:
            return
        was_open = response.alert is not None and response.alert.is_open
        late = event.arrival_ms - event.submitted_ms > ALERT_MAX_AGE_MS
        if (late or event.imported) and not was_open and event.event in {*ANSWERS, "restored"}:
            response.muted = True
        if event.event not in FORGETTING and event.comment:
            response.commented = True
        told_before = len(self.alerts)
        self._follow(response, event, before)
        if event.event in FORGETTING:
            self._audit(event, before, offset, told=len(self.alerts) > told_before)

    def votes(self) -> dict[Name, Vote]:
        """All that counts."""
        found = {name: (response.events[0], facts(response.events)) for name, response in self._responses.items()}
        return {
            name: (first.submitted_ms, now.score)
            for name, (first, now) in found.items()
            if now.counts and now.score is not None
        }

    def _follow(self, response: _Response, event: Happening, before: Facts) -> None:
        """The state machine: raised, enriched, retracted, raised again."""
        now = facts(response.events)
        is_detractor = now.score is not None and now.score <= 6
        due = now.counts and is_detractor and not response.muted and not now.forgotten
        alert = response.alert
        kind, reason, changes = None, None, list[str]()
        if alert is not None and alert.is_open:
            changes = _changes(alert, event, before, now) if due else []
            kind = "retracted" if not due else "enriched" if changes else None
            reason = None if due else _reason(event)
        elif due:
            kind = "raised"
        elif alert is not None and now.forgotten and not before.forgotten:
            kind, reason = "retracted", "forgotten"
        elif alert is not None and not now.forgotten:
            _hear(alert, event)
        if kind is not None:
            alert = response.alert = response.alert or _Alert()
            _tell(alert, event, kind, reason)
        if alert is not None:
            told = self._told(response, event, before, now, kind=kind)
            if kind is not None:
                told[0] |= {"changes": changes, "reason": reason}
            self.alerts += told

    def _told(
        self, response: _Response, event: Happening, before: Facts, now: Facts, *, kind: str | None
    ) -> list[dict[str, Any]]:
        """What is said of the alert, and of the case that it is attached to."""
        alert = response.alert
        assert alert is not None
        assert now.score is not None
        occurred = Occurred(
            kind=kind,
            alert_id=self._alert_id(event, alert.generation),
            generation=alert.generation,
            score=now.score,
            at_ms=event.submitted_ms,
            arrival_ms=event.arrival_ms,
            comment=event.comment or None,
            customer=alert.customer,
            contactable=alert.customer is not None and alert.consent,
            requested=alert.requested,
            unexplained=not response.commented,
            former=tuple(self._alert_id(event, former) for former in range(alert.generation)),
            forgotten=now.forgotten,
        )
        told = self.desks.setdefault(event.store, Desk(BRAND, event.store)).take(occurred)
        personal = not now.forgotten
        if told:
            told[0] |= {
                "kind": kind,
                "response_id": event.response_id,
                "source": event.source,
                "previous_score": before.score if before.score != now.score else None,
                "comment": event.comment or None if personal else None,
                "customer_ref": event.customer_ref if personal else None,
                "store_nps": self._store_nps(event),
            }
        return [_in_words(document) for document in told]

    def _alert_id(self, event: Happening, generation: int) -> str:
        parts = BRAND, event.store, event.date, event.source or "", str(generation), event.response_id
        return str(uuid.uuid5(NAMESPACE, "|".join(parts)))

    def _store_nps(self, event: Happening) -> tuple[int, float | None]:
        """The answers and the NPS of the store's 30 days that end with the arrival, or with an answer dated ahead."""
        end = max(instant(event.arrival_ms).date(), instant(event.submitted_ms).date())
        votes = [vote for name, vote in self.votes().items() if name[0] == event.store]
        scores = [score for at_ms, score in votes if end - timedelta(days=29) <= instant(at_ms).date() <= end]
        points = sum(100 * (score >= 9) - 100 * (score <= 6) for score in scores)
        return len(scores), points / len(scores) if scores else None

    def _audit(self, event: Happening, before: Facts, offset: int, *, told: bool) -> None:
        had_vote = before.score is not None and not before.deleted
        gone = "removed" if event.event == "forget_all" else "kept"
        self.audits.append(
            {
                "audit_id": str(uuid.uuid5(NAMESPACE, f"audit|survey.responses|0|{offset}")),
                "action": event.event,
                "brand": BRAND,
                "store": event.store,
                "day": event.date,
                "at": rfc3339(event.arrival_ms),
                "partition": 0,
                "offset": offset,
                "vote": gone if had_vote else "none",
                "alert": "retracted" if told else "none",
                "schema_version": 1,
            }
        )


def live(happened: Iterable[Happening]) -> Life:
    """What becomes of these events in this order."""
    life = Life()
    for offset, event in enumerate(happened):
        life.take(event, offset)
    return life


def of_records(alerts: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of the events of alerts those that records brought, numbered without those of clocks; all are as they may be."""
    lives = Lives()
    told = []
    for alert in alerts:
        name = lives.take(with_instants(alert))
        if name is not None:
            told.append({**alert, "sequence": name[1]})
    assert not lives.faults, [*map(str, lives.faults)]
    return told


def _reason(event: Happening) -> str:
    """Why an open alert is retracted: one event changes one fact."""
    if event.event in FORGETTING:
        return "forgotten"
    return event.event if event.event in {"deleted", "excluded"} else "not_detractor"


def _changes(alert: _Alert, event: Happening, before: Facts, now: Facts) -> list[str]:
    changes = []
    if before.score != now.score:
        changes.append("score")
    if event.comment and event.comment != alert.comment:
        changes.append("comment")
    named = event.customer_ref and event.customer_ref != alert.customer
    if named or event.consent not in {None, alert.consent} or event.requested not in {None, alert.requested}:
        changes.append("contact")
    return changes


def _hear(alert: _Alert, event: Happening) -> None:
    alert.consent = alert.consent if event.consent is None else event.consent
    alert.requested = alert.requested if event.requested is None else event.requested


def _tell(alert: _Alert, event: Happening, kind: str, reason: str | None) -> None:
    """An event of an alert is told: its subscribers know what it says."""
    alert.generation += kind == "raised"
    alert.is_open = kind != "retracted"
    if reason == "forgotten":
        alert.comment = alert.customer = None
        alert.consent = alert.requested = False
        return
    _hear(alert, event)
    alert.comment = event.comment or alert.comment
    alert.customer = event.customer_ref or alert.customer


def _in_words(document: dict[str, Any]) -> dict[str, Any]:
    """A document as it is published, with instants in RFC 3339; without what no history here says anything of."""
    told = {
        name: rfc3339(value) if name in ("submitted_at", "due_at", "at") else value
        for name, value in document.items()
        if name not in ("schema_version", "link", "language")
    }
    return told | {"alerts": [_in_words(listed) for listed in document.get("alerts", [])]} if "kind" in told else told
