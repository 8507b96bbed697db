"""The newest alerts: what happened to each is folded into one line. Pure; time is in what it is given.

An alert is raised, enriched, retracted; a response that falls again raises another one. What an event did not say stays
as it was said before. Where a person is forgotten, what was said of them goes from all alerts of the response at once.
What people and clocks do to its case changes how a line stands, and nothing that a response said: not how urgent it is.
"""

from bisect import insort
from dataclasses import dataclass
from typing import Final, NamedTuple

from msgspec.structs import replace

from streams.events.alert import Alert
from streams.events.time import rfc3339_ms

ALERTS_MAX: Final = 500
"""What a person may scroll through; older alerts are in the topic."""
RETRACTED_SHOWN_MS: Final = 3_600_000
"""How long an alert that was retracted is to be seen among the others, for those who have begun to act on it."""
LIFE: Final = frozenset(
    {
        "attached",
        "acknowledged",
        "contacted",
        "resolved",
        "dismissed",
        "reopened",
        "escalated",
        "breached",
        "expired",
    }
)
"""What people and clocks do to a case; a note or a rating of theirs is an `enriched`, with the action in it."""
KINDS: Final = frozenset({"raised", "enriched", "retracted"}) | LIFE

Response = tuple[str, str, str | None, str, str]
"""What makes a response that one: without the time of the day, as its identity is."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an event stands among all: by append time (ms since the epoch), then by its place in the topic."""

    at_ms: int
    partition: int
    offset: int

    @property
    def at(self) -> str:
        """The append time as RFC 3339."""
        return rfc3339_ms(self.at_ms)


class Followed(NamedTuple):
    """An alert as it stands: its place, when it last changed, and what all its events say together."""

    place: Place
    changed_ms: int
    alert: Alert
    forgotten: bool = False

    @property
    def is_retracted(self) -> bool:
        """Nobody is to be called back any longer."""
        return self.alert.kind == "retracted"


class Alerts:
    """The newest ALERTS_MAX alerts, by when they were raised."""

    def __init__(self) -> None:
        self._lines: dict[str, Followed] = {}
        self._order: list[tuple[Place, str]] = []

    def __len__(self) -> int:
        return len(self._lines)

    def clear(self) -> None:
        """Forget all of them."""
        self._lines.clear()
        self._order.clear()

    def apply(self, place: Place, event: Alert) -> list[Followed]:
        """Take an event, of a kind that is known; gives the alerts that are not what they were before."""
        changed = self._fold(place, event)
        if event.reason == "forgotten":
            changed = self._forget(place, event)
        for followed in changed:
            self._lines[followed.alert.alert_id] = followed
        return changed

    def newest(self, *, now_ms: int, brand: str | None, store: str | None, limit: int) -> list[Followed]:
        """The newest alerts, newest first, of one brand or store or of all; without those retracted a while ago."""
        found: list[Followed] = []
        for _, alert_id in reversed(self._order):
            if len(found) == limit:
                break
            followed = self._lines[alert_id]
            if followed.is_retracted and followed.changed_ms < now_ms - RETRACTED_SHOWN_MS:
                continue
            if brand in {None, followed.alert.brand} and store in {None, followed.alert.store}:
                found.append(followed)
        return found

    def _fold(self, place: Place, event: Alert) -> list[Followed]:
        known = self._lines.get(event.alert_id)
        if known is None:
            # Of an alert that is not known any more, an end is no news, nor what people do.
            is_news = event.kind != "retracted" and not is_of_life(event)
            return self._add(Followed(place, place.at_ms, event)) if is_news else []
        if event.sequence <= known.alert.sequence:
            return []
        return [known._replace(changed_ms=place.at_ms, alert=together(known.alert, event))]

    def _add(self, followed: Followed) -> list[Followed]:
        entry = followed.place, followed.alert.alert_id
        insort(self._order, entry)
        self._lines[followed.alert.alert_id] = followed
        if len(self._order) <= ALERTS_MAX:
            return [followed]
        oldest = self._order.pop(0)
        del self._lines[oldest[1]]
        return [] if oldest == entry else [followed]

    def _forget(self, place: Place, event: Alert) -> list[Followed]:
        response = response_of(event)
        changed = []
        for followed in self._lines.values():
            if response_of(followed.alert) == response and not followed.forgotten:
                last = event if followed.alert.alert_id == event.alert_id else followed.alert
                kept = bare(together(followed.alert, last))
                changed.append(followed._replace(changed_ms=place.at_ms, alert=kept, forgotten=True))
        return changed


def is_of_life(event: Alert) -> bool:
    """Whether people or clocks brought an event, and no response: it says nothing of one."""
    return event.response_id is None


def response_of(event: Alert) -> Response | None:
    """The response that an event is about; None for one that names none."""
    if event.response_id is None or event.submitted_at is None:
        return None
    return event.brand, event.store, event.source, event.response_id, event.submitted_at[:10]


def bare(alert: Alert) -> Alert:
    """An alert without anything that leads to its person."""
    return replace(alert, comment=None, language=None, customer_ref=None, contactable=False, link=None)


def together(before: Alert, event: Alert) -> Alert:
    """An alert after one more event, without what a person said who acted on it: that is in the story of its case."""
    if is_of_life(event):
        return replace(
            before,
            sequence=event.sequence,
            # Such an event tells of the whole case, which is as urgent as another alert is while that one holds.
            severity=event.severity if is_of_life(before) else before.severity,
            due_at=event.due_at,
            contactable=event.contactable,
            case_id=event.case_id,
            status=event.status,
            owner=event.owner,
            held=event.held,
            at=event.at,
        )
    return replace(
        event,
        comment=before.comment if event.comment is None else event.comment,
        language=before.language if event.comment is None else event.language,
        customer_ref=before.customer_ref if event.customer_ref is None else event.customer_ref,
        link=before.link if event.link is None else event.link,
        previous_score=before.previous_score if event.previous_score is None else event.previous_score,
        late=before.late,
    )
