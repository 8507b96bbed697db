"""An independent recount: what every figure must be, from the committed records of `survey.responses` alone.

It shares nothing with what it checks: no module of the domain, the agents or the engine, integers in plain lists, one
object per response, every window summed anew. Partition by partition and in order, as a shard reads; nothing that
happens to workers can show here.
"""

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from aiokafka.partitioner import murmur2

from chaos.rules.figures import Histogram, figures, interval
from chaos.rules.judge import ANSWERS, judge, submitted_ms
from chaos.rules.response import DETRACTOR_MAX, FORGETTING, Document, Response, Step

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
DUE_MS = 48 * HOUR_MS
FUTURE_MS_MAX = 5 * 60_000
AGE_MS_MAX = 400 * DAY_MS
MUTE_MS = 7 * DAY_MS
WINDOW_HOURS = {"24h": 24, "7d": 7 * 24, "30d": 30 * 24, "90d": 90 * 24, "365d": 365 * 24}
YEAR_HOURS = 365 * 24
NAMESPACE = uuid.UUID("6f2a4f0e-6c5b-5d0e-9a53-2f4c1f7b8e21")

Identity = tuple[str, str, int, str, str]
"""Brand, store, day since the epoch, source, response id."""


def home(key: str, partitions: int) -> int:
    """The partition of a key, as Java's producers have it."""
    return int(murmur2(key.encode()) & 0x7FFFFFFF) % partitions


@dataclass(slots=True)
class Recount:
    """What must have become of every record, and what must be known of every store and brand."""

    partitions: int
    topic: str
    """The name of `survey.responses` here."""
    dispositions: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Per partition, how many records ended how."""
    dead: dict[tuple[int, int], str] = field(default_factory=dict)
    """The reasons of the dead letters, by partition and offset."""
    rehomed: dict[tuple[int, int], int] = field(default_factory=dict)
    """The home of each record that came to another partition, by partition and offset."""
    alerts: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    """What must be said of alerts, store by store and in order."""
    audits: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What must be said of persons forgotten, by the id of the record."""
    muted: int = 0
    stores: dict[tuple[str, str], Counter[tuple[int, int]]] = field(default_factory=lambda: defaultdict(Counter))
    """Votes that count per store, by hour since the epoch and score."""
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
        headers = Counter(name for name, _ in record.headers)
        is_rehomed = headers["nps.rehomed-from"] == 1 and headers["nps.arrival"] == 1
        arrival_ms = record.timestamp
        if is_rehomed:
            arrival_ms = min(arrival_ms, int(dict(record.headers)["nps.arrival"]))
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
        if step is not None:
            said = _alert(identity, response, was, document, step)
            n, nps = self._month(brand, store, max(arrival_ms, at_ms))
            late = arrival_ms > at_ms + DUE_MS
            self.alerts[brand, store].append({**said, "late": late, "store_nps": {"window": "30d", "n": n, **nps}})
        if document["event"] in FORGETTING:
            self._audit(record, identity, document["event"], was, arrival_ms, alert=step)
        return "correction" if known or document["event"] not in ANSWERS else "counted"

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


def _alert(identity: Identity, response: Response, was: Response, document: Document, step: Step) -> dict[str, Any]:
    """What one event says of an alert, but for what depends on its arrival; instants in ms."""
    brand, store, day, source, response_id = identity
    at_ms = submitted_ms(document)
    score = response.score
    assert score is not None
    before = score if was.score is None else was.score
    severe = score if score <= DETRACTOR_MAX else min(before, DETRACTOR_MAX)
    said = {} if step.reason == "forgotten" else document
    return {
        "alert_id": str(
            uuid.uuid5(NAMESPACE, f"{brand}|{store}|{_date(day)}|{source}|{step.generation}|{response_id}")
        ),
        **asdict(step),
        "response_id": response_id,
        "source": source or None,
        "brand": brand,
        "store": store,
        "score": score,
        "previous_score": before if before != score else None,
        "severity": "P1" if severe <= 2 else "P2" if severe <= 4 else "P3",
        "reasons": ["score", "contact_requested"] if response.told.requested else ["score"],
        "submitted_at": at_ms,
        "due_at": at_ms + DUE_MS,
        "reason_missing": not response.commented,
        "comment": said.get("comment") or None,
        "language": said.get("language"),
        "customer_ref": said.get("customer_ref"),
        "contactable": response.told.contactable,
        "link": None,
        "schema_version": 1,
    }


def _between(votes: Counter[tuple[int, int]], first: int, end: int) -> Histogram:
    """The votes from one hour to another, which is left out."""
    histogram = [0] * 11
    for (hour, score), n in votes.items():
        if first <= hour < end:
            histogram[score] += n
    return histogram


def recount(records: Iterable[Any], partitions: int, topic: str) -> Recount:
    """Recount all committed records of `survey.responses`, in order within a partition."""
    result = Recount(partitions, topic)
    for record in sorted(records, key=lambda each: (each.partition, each.offset)):
        result.take(record)
    return result


def _date(day: int) -> str:
    """The ISO date of a day since the epoch."""
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()
