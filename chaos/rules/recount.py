"""An independent recount: what every figure must be, from the committed records of `survey.responses` alone.

It shares nothing with what it checks: no module of the domain, the agents or the engine, integers in plain lists, one
object per response, every window summed anew. Partition by partition and in order, as a shard reads; nothing that
happens to workers can show here.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from chaos.rules.desk import Desk, Occurred
from chaos.rules.figures import Histogram, figures, interval
from chaos.rules.judge import ANSWERS, judge, submitted_ms
from chaos.rules.place import home, origin
from chaos.rules.response import DETRACTOR_MAX, FORGETTING, Document, Response, Step

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
FUTURE_MS_MAX = 5 * 60_000
AGE_MS_MAX = 400 * DAY_MS
MUTE_MS = 7 * DAY_MS
WINDOW_HOURS = {"24h": 24, "7d": 7 * 24, "30d": 30 * 24, "90d": 90 * 24, "365d": 365 * 24}
YEAR_HOURS = 365 * 24
NAMESPACE = uuid.UUID("6f2a4f0e-6c5b-5d0e-9a53-2f4c1f7b8e21")

Identity = tuple[str, str, int, str, str]
"""Brand, store, day since the epoch, source, response id."""


@dataclass(slots=True)
class Recount:
    """What must have become of every record, and what must be known of every store and brand."""

    partitions: int
    topic: str
    """The name of `survey.responses` here."""
    desk_of: Callable[[str, str], Desk] = Desk
    """The desk of a brand's store, while it has no cases."""
    dispositions: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Per partition, how many records ended how."""
    dead: dict[tuple[int, int], str] = field(default_factory=dict)
    """The reasons of the dead letters, by partition and offset."""
    rehomed: dict[tuple[int, int], int] = field(default_factory=dict)
    """The home of each record that came to another partition, by partition and offset."""
    alerts: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    """What records bring about alerts, store by store and in order; `sequence` counts nothing else."""
    audits: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What must be said of persons forgotten, by the id of the record."""
    muted: int = 0
    stores: dict[tuple[str, str], Counter[tuple[int, int]]] = field(default_factory=lambda: defaultdict(Counter))
    """Votes that count per store, by hour since the epoch and score."""
    desks: dict[tuple[str, str], Desk] = field(default_factory=dict)
    """Per store the cases of its alerts."""
    _responses: dict[Identity, Response] = field(default_factory=dict)

    @property
    def kinds(self) -> Counter[str]:
        """How many alert events there must be, by kind, and by reason where they are retracted."""
        return Counter(event["reason"] or event["kind"] for events in self.alerts.values() for event in events)

    def take(self, record: Any) -> None:
        """The next record of its partition."""
        document = judge(record.value)
        disposition = "dead_letter"
        if isinstance(document, str):
            reason = document
        else:
            reason, disposition = self._usable(record, document)
        if disposition == "dead_letter":
            self.dead[record.partition, record.offset] = reason
        self.dispositions[record.partition][disposition] += 1

    def windows(self, brand: str, store: str | None, as_of_ms: int) -> dict[str, dict[str, Any]]:
        """What all windows say that end with the bucket which holds an instant; `store` None for the brand."""
        names = [key for key in self.stores if key[0] == brand] if store is None else [(brand, store)]
        votes: Counter[tuple[int, int]] = Counter()
        for name in names:
            votes.update(self.stores[name])
        windows = {}
        for window, hours in WINDOW_HOURS.items():
            end = as_of_ms // HOUR_MS + 1 if window == "24h" else (as_of_ms // DAY_MS + 1) * 24
            now, previous, year_ago = (
                _between(votes, end - back - hours, end - back) for back in (0, hours, YEAR_HOURS)
            )
            windows[window] = figures(now, previous, year_ago)
        return {**windows, "all": figures(_between(votes, 0, 1 << 32), None, None)}

    def subjects(self) -> set[tuple[str, str | None]]:
        """Every store and brand that ever had an answer that counted."""
        return {*self.stores, *((brand, None) for brand, _ in self.stores)}

    def _usable(self, record: Any, document: Document) -> tuple[str, str]:
        """The reason of a dead letter, or the disposition of anything else."""
        arrival_ms, is_rehomed = origin(record)
        at_ms = submitted_ms(document)
        if at_ms - arrival_ms > FUTURE_MS_MAX:
            return "timestamp_in_future", "dead_letter"
        if record.timestamp - at_ms > AGE_MS_MAX:
            return "too_old", "dead_letter"
        right = home(f"{document['brand']}|{document['store']}", self.partitions)
        if right != record.partition:
            if is_rehomed:
                return "wrong_partition", "dead_letter"
            self.rehomed[record.partition, record.offset] = right
            return "", "rehomed"
        return "", self._event(record, document, at_ms, arrival_ms)

    def _event(self, record: Any, document: Document, at_ms: int, arrival_ms: int) -> str:
        brand, store, response_id = document["brand"], document["store"], document["response_id"]
        identity = (brand, store, at_ms // DAY_MS, document.get("source", ""), response_id)
        known = identity in self._responses
        response = self._responses.setdefault(identity, Response(at_ms))
        was = replace(response)
        stale = response.apply(document, known=known, is_late=arrival_ms - at_ms > MUTE_MS)
        if stale:
            return stale
        if response.vote != was.vote:
            self._recount(identity, response, was.vote)
        step = response.follow(document, was)
        if response.last is not None:
            self._tell(identity, response, was, document, step, arrival_ms)
        if document["event"] in FORGETTING:
            self._audit(record, identity, document["event"], was, arrival_ms, alert=step)
        return "correction" if known or document["event"] not in ANSWERS else "counted"

    def _tell(
        self,
        identity: Identity,
        response: Response,
        was: Response,
        document: Document,
        step: Step | None,
        arrival_ms: int,
    ) -> None:
        """Let the case of an alert follow its response; note what must be said of it."""
        brand, store, day, source, response_id = identity
        assert response.last is not None
        assert response.score is not None
        *former, alert_id = (
            str(uuid.uuid5(NAMESPACE, f"{brand}|{store}|{_date(day)}|{source}|{generation}|{response_id}"))
            for generation in range(response.last.generation + 1)
        )
        at_ms = submitted_ms(document)
        occurred = Occurred(
            kind=None if step is None else step.kind,
            alert_id=alert_id,
            generation=response.last.generation,
            score=response.score,
            at_ms=at_ms,
            arrival_ms=arrival_ms,
            comment=document.get("comment"),
            customer=response.told.customer,
            contactable=response.told.contactable,
            requested=response.told.requested,
            unexplained=not response.commented,
            former=tuple(former),
            forgotten=step is not None and step.reason == "forgotten",
        )
        if (brand, store) not in self.desks:
            self.desks[brand, store] = self.desk_of(brand, store)
        events = self.desks[brand, store].take(occurred)
        if step is not None:
            n, nps = self._month(brand, store, max(arrival_ms, at_ms))
            events[0] |= _said(identity, response, was, document, step)
            events[0]["store_nps"] = {"window": "30d", "n": n, **nps}
        self.alerts[brand, store] += events

    def _recount(self, identity: Identity, response: Response, before: int | None) -> None:
        """Take the old vote out of its hour and put the new one there."""
        votes = self.stores[identity[:2]]
        for score, n in ((before, -1), (response.vote, 1)):
            if score is not None:
                votes[response.at_ms // HOUR_MS, score] += n
        self.muted += response.vote is not None and response.vote <= DETRACTOR_MAX and response.muted

    def _month(self, brand: str, store: str, at_ms: int) -> tuple[int, dict[str, float | None]]:
        """What an alert says of its store: the 30 days that end with the day of an instant."""
        end = (at_ms // DAY_MS + 1) * 24
        histogram = _between(self.stores[brand, store], end - WINDOW_HOURS["30d"], end)
        return sum(histogram), interval(histogram)

    def _audit(
        self, record: Any, identity: Identity, action: str, was: Response, arrival_ms: int, *, alert: Step | None
    ) -> None:
        """An order to forget changed something, and nothing of the person may show in what is written down of it."""
        brand, store, day, *_ = identity
        had_vote = was.score is not None and not was.deleted
        audit_id = str(uuid.uuid5(NAMESPACE, f"audit|{self.topic}|{record.partition}|{record.offset}"))
        self.audits[audit_id] = {
            "audit_id": audit_id,
            "action": action,
            "brand": brand,
            "store": store,
            "day": _date(day),
            "at": arrival_ms,
            "partition": record.partition,
            "offset": record.offset,
            "vote": "none" if not had_vote else "kept" if action == "forget_identity" else "removed",
            "alert": "none" if alert is None else "retracted",
            "schema_version": 1,
        }


def _said(identity: Identity, response: Response, was: Response, document: Document, step: Step) -> dict[str, Any]:
    """What an event says of the response, and what of it is new."""
    *_, source, response_id = identity
    before = response.score if was.score is None else was.score
    said = {} if step.reason == "forgotten" else document
    return {
        "kind": step.kind,
        "changes": step.changes,
        "reason": step.reason,
        "response_id": response_id,
        "source": source or None,
        "previous_score": before if before != response.score else None,
        "comment": said.get("comment") or None,
        "language": said.get("language"),
        "customer_ref": said.get("customer_ref"),
        "link": None,
    }


def _between(votes: Counter[tuple[int, int]], first: int, end: int) -> Histogram:
    """The votes from one hour to another, which is left out."""
    histogram = [0] * 11
    for (hour, score), n in votes.items():
        if first <= hour < end:
            histogram[score] += n
    return histogram


def recount(records: Iterable[Any], partitions: int, topic: str, desk_of: Callable[[str, str], Desk] = Desk) -> Recount:
    """Recount all committed records of `survey.responses`, in order within a partition."""
    result = Recount(partitions, topic, desk_of)
    for record in sorted(records, key=lambda each: (each.partition, each.offset)):
        result.take(record)
    return result


def _date(day: int) -> str:
    """The ISO date of a day since the epoch."""
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()
