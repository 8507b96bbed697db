"""An independent recount: what every figure must be, from the committed records of `survey.responses` alone.

It shares nothing with what it checks: no module of the domain, the agents or the engine, integers in plain lists, one
dict per response, every window summed anew. Partition by partition and in order, as a shard reads; nothing that
happens to workers can show here.
"""

import math
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from aiokafka.partitioner import murmur2

from tests.kafka.judge import ANSWERS, judge, submitted_ms

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
DUE_MS = 48 * HOUR_MS
FUTURE_MS_MAX = 5 * 60_000
AGE_MS_MAX = 400 * DAY_MS
MUTE_MS = 7 * DAY_MS
WINDOW_DAYS = {"7d": 7, "30d": 30, "90d": 90, "365d": 365}
NAMESPACE = uuid.UUID("6f2a4f0e-6c5b-5d0e-9a53-2f4c1f7b8e21")

Bands = tuple[int, int, int]
"""Promoters, passives, detractors."""


def home(key: str, partitions: int) -> int:
    """The partition of a key, as Java's producers have it."""
    return int(murmur2(key.encode()) & 0x7FFFFFFF) % partitions


@dataclass(slots=True)
class _Response:
    """The three facts of a response, each with the version that set it, and what became of its alert."""

    at_ms: int
    score: int | None = None
    score_version: int = -1
    excluded: bool = False
    excluded_version: int = -1
    deleted: bool = False
    muted: bool = False
    raised: bool = False

    @property
    def vote(self) -> int | None:
        """The score that counts."""
        return None if self.excluded or self.deleted else self.score


@dataclass(slots=True)
class Recount:
    """What must have become of every record, and what must be known of every store and brand."""

    partitions: int
    dispositions: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Per partition, how many records ended how."""
    dead: dict[tuple[int, int], str] = field(default_factory=dict)
    """The reasons of the dead letters, by partition and offset."""
    rehomed: dict[tuple[int, int], int] = field(default_factory=dict)
    """The home of each record that came to another partition, by partition and offset."""
    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What each alert must say, by its id."""
    muted: int = 0
    stores: dict[tuple[str, str], Counter[tuple[int, int]]] = field(default_factory=lambda: defaultdict(Counter))
    """Votes that count per store, by hour since the epoch and score."""
    _responses: dict[tuple[str, str, int, str, str], _Response] = field(default_factory=dict)

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

    def windows(self, brand: str, store: str | None, as_of_ms: int) -> dict[str, Bands]:
        """The counts of all windows that end with the bucket which holds an instant; `store` None for the brand."""
        hour, day = as_of_ms // HOUR_MS, as_of_ms // DAY_MS
        bands: dict[str, list[int]] = {window: [0, 0, 0] for window in ("24h", *WINDOW_DAYS, "all")}
        stores = [key for key in self.stores if key[0] == brand] if store is None else [(brand, store)]
        for votes in map(self.stores.__getitem__, stores):
            for (at_hour, score), n in votes.items():
                band = 0 if score >= 9 else 1 if score >= 7 else 2
                bands["all"][band] += n
                if hour - 24 < at_hour <= hour:
                    bands["24h"][band] += n
                for window, days in WINDOW_DAYS.items():
                    if day - days < at_hour // 24 <= day:
                        bands[window][band] += n
        return {window: (counts[0], counts[1], counts[2]) for window, counts in bands.items()}

    def subjects(self) -> set[tuple[str, str | None]]:
        """Every store and brand that ever had an answer that counted."""
        return {*self.stores, *((brand, None) for brand, _ in self.stores)}

    def _usable(self, record: Any, document: dict[str, Any]) -> tuple[str, str]:
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
        return "", self._event(document, at_ms, arrival_ms)

    def _event(self, document: dict[str, Any], at_ms: int, arrival_ms: int) -> str:
        identity = (
            document["brand"],
            document["store"],
            at_ms // DAY_MS,
            document.get("source", ""),
            document["response_id"],
        )
        known = identity in self._responses
        response = self._responses.setdefault(identity, _Response(at_ms))
        before = response.vote
        stale = _apply(response, document, known=known)
        if stale:
            return stale
        if document["event"] in {*ANSWERS, "restored"} and not response.raised:
            response.muted |= arrival_ms - at_ms > MUTE_MS or document.get("imported", False)
        if response.vote != before:
            votes = self.stores[identity[:2]]
            for score, n in ((before, -1), (response.vote, 1)):
                if score is not None:
                    votes[response.at_ms // HOUR_MS, score] += n
            if response.vote is not None and response.vote <= 6 and not response.raised:
                self._detractor(identity, response, document, arrival_ms)
        return "correction" if known or document["event"] not in ANSWERS else "counted"

    def _detractor(
        self, identity: tuple[str, str, int, str, str], response: _Response, document: dict[str, Any], arrival_ms: int
    ) -> None:
        if response.muted:
            self.muted += 1
            return
        response.raised = True
        brand, store, day, source, response_id = identity
        date = _date(day)
        alert_id = str(uuid.uuid5(NAMESPACE, f"{brand}|{store}|{date}|{source}|0|{response_id}"))
        score = response.vote
        assert score is not None
        assert alert_id not in self.alerts
        counts = self.windows(brand, store, arrival_ms)["30d"]
        self.alerts[alert_id] = {
            "kind": "raised",
            "response_id": response_id,
            "source": source or None,
            "brand": brand,
            "store": store,
            "score": score,
            "severity": "P1" if score <= 2 else "P2" if score <= 4 else "P3",
            "submitted_ms": submitted_ms(document),
            "due_ms": submitted_ms(document) + DUE_MS,
            "late": arrival_ms > submitted_ms(document) + DUE_MS,
            "reason_missing": not document.get("comment"),
            "comment": document.get("comment") or None,
            "language": document.get("language"),
            "customer_ref": document.get("customer_ref"),
            "contactable": "customer_ref" in document and document.get("consent", {}).get("contact", False),
            "store_nps": {"n": sum(counts), **interval(counts)},
        }


def _apply(response: _Response, document: dict[str, Any], *, known: bool) -> str:
    """Let an event change its own fact, if it is newer there; else gives the disposition that this leaves it."""
    event, version = document["event"], document.get("version")
    if event in ANSWERS:
        return _answer(response, document["score"], version, is_first=event == "created")
    if event == "deleted":
        response.deleted = True
        return ""
    if version is None and known and response.excluded == (event == "excluded"):
        return "correction"
    if version is not None:
        if version <= response.excluded_version:
            return "correction"
        response.excluded_version = version
    response.excluded = event == "excluded"
    return ""


def _answer(response: _Response, score: int, version: int | None, *, is_first: bool) -> str:
    if version is None:
        if is_first and response.score is not None:
            return "duplicate"
    elif version <= response.score_version:
        return "duplicate" if version == response.score_version else "correction"
    else:
        response.score_version = version
    response.score = score
    return ""


def interval(counts: Bands) -> dict[str, float | None]:
    """NPS and its adjusted-Wald 95 % interval, in points: three answers more, a quarter of each outer band."""
    promoters, passives, detractors = counts
    n = promoters + passives + detractors
    if n == 0:
        return {"nps": None, "low": None, "high": None}
    share_up = (4 * promoters + 3) / (4 * (n + 3))
    share_down = (4 * detractors + 3) / (4 * (n + 3))
    centre = share_up - share_down
    half = 1.959964 * math.sqrt((share_up + share_down - centre**2) / (n + 3))
    return {
        "nps": 100 * (promoters - detractors) / n,
        "low": max(-100.0, 100 * (centre - half)),
        "high": min(100.0, 100 * (centre + half)),
    }


def recount(records: Iterable[Any], partitions: int) -> Recount:
    """Recount all committed records of `survey.responses`, in order within a partition."""
    result = Recount(partitions)
    for record in sorted(records, key=lambda each: (each.partition, each.offset)):
        result.take(record)
    return result


def _date(day: int) -> str:
    """The ISO date of a day since the epoch."""
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()
