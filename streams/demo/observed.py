"""What came out of the system, as a subscriber of its topics sees it who reads committed records only."""

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from streams.demo.casebook import Casebook
from streams.demo.ledger import DISPOSITIONS
from streams.demo.lives import AlertEvent, Audit
from streams.engine.marker import KEY as MARKER_KEY
from streams.engine.marker import Marker

LATENCIES_MAX = 100_000
"""The latest so many alerts make the percentiles; an hour of a usual run has a fifth of that."""


@dataclass(slots=True, kw_only=True)
class Observed:
    """Totals of the shards' markers, alert events, audit, alarms and dead letters, and the brands' own counts.

    It is fed record by record; topics are named as on the broker. `visible_ms` holds for each alert raised when it was
    first seen, in ms since the epoch, until its latency is known; `out_of_order` counts events of an alert that did not
    follow the one before, `repeated` those that came again or after a later one.
    """

    source: str
    """The topic of responses."""
    actions: str
    """That of what people do."""
    casebook: Casebook
    totals: dict[int, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    """By shard and topic the dispositions of its records."""
    adopted: set[tuple[int, bytes]] = field(default_factory=set)
    """By shard the keys of the rules and store facts in its state."""
    alerts: set[AlertEvent] = field(default_factory=set)
    """Those that responses brought."""
    said: Counter[str] = field(default_factory=Counter)
    """The different ones of each kind: raised, enriched, retracted, forgotten."""
    alert_ids: dict[str, int] = field(default_factory=dict)
    """The number of the last event of each alert."""
    steps: Counter[str] = field(default_factory=Counter)
    """How many events of each alert a response brought."""
    out_of_order: int = 0
    repeated: int = 0
    visible_ms: dict[AlertEvent, float] = field(default_factory=dict)
    latencies_ms: deque[float] = field(default_factory=lambda: deque(maxlen=LATENCIES_MAX))
    audits: Counter[Audit] = field(default_factory=Counter)
    alarms: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Alarms by rule, kind and id."""
    dead: Counter[str] = field(default_factory=Counter)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Dead letters of actions by reason and action id, empty where it has none."""
    answers: dict[str, int] = field(default_factory=dict)

    def see_state(self, record: Any) -> None:
        """Take the totals from a marker, and note what was adopted; other rows are none of our business."""
        if record.key == MARKER_KEY and record.value:
            self.totals[record.partition] = Marker.decode(record.value).totals
        elif record.key[:2] in {b"r|", b"s|"} and record.value:
            self.adopted.add((record.partition, record.key))

    def see_alert(self, record: Any, now_ms: float) -> None:
        """Take note of an event of an alert that became visible now."""
        alert = orjson.loads(record.value)
        last = self.alert_ids.get(alert["alert_id"], 0)
        self.out_of_order += alert["sequence"] != last + 1
        if alert["sequence"] <= last:
            self.repeated += 1
            return
        self.alert_ids[alert["alert_id"]] = alert["sequence"]
        self.casebook.see(alert, record.timestamp)
        if alert["response_id"] is None:
            return
        self.steps[alert["alert_id"]] += 1
        name = (alert["brand"], alert["store"], alert.get("source") or "", alert["response_id"])
        what = alert["reason"] or alert["kind"]
        event = AlertEvent(name, alert["generation"], self.steps[alert["alert_id"]], what)
        self.alerts.add(event)
        self.said[kind_of(event)] += 1
        if event.what == "raised":
            self.visible_ms[event] = now_ms

    def see_audit(self, record: Any) -> None:
        """Take note of an order to forget that was carried out."""
        audit = orjson.loads(record.value)
        self.audits[Audit(audit["action"], audit["vote"], audit["alert"])] += 1

    def see_alarm(self, record: Any) -> None:
        """Take note of an alarm about a score or a kiosk, raised or released."""
        alarm = orjson.loads(record.value)
        self.alarms[alarm["rule"], alarm["kind"], alarm["alarm_id"]] += 1

    def see_dead_letter(self, record: Any) -> None:
        """Count a dead letter by the reason in its headers."""
        self.dead[dict(record.headers).get("nps.dlq.reason", b"").decode()] += 1

    def see_refused(self, record: Any) -> None:
        """Count a dead letter of an action by its reason, and by its id where it can be read."""
        reason = dict(record.headers).get("nps.dlq.reason", b"").decode()
        try:
            action_id = orjson.loads(record.value or b"")["action_id"]
        except (ValueError, TypeError, KeyError):
            action_id = ""
        self.refused[reason, action_id] += 1

    def see_score(self, record: Any) -> None:
        """Take the number of all answers ever from the score of a brand."""
        score = orjson.loads(record.value) if record.value else {}
        if score and score["store"] is None:
            self.answers[score["brand"]] = score["windows"]["all"]["n"]

    def settle_latencies(self, appended_ms: Mapping[AlertEvent, int]) -> None:
        """Turn the alerts seen into latencies, as far as it is known when their responses were appended."""
        for event in self.visible_ms.keys() & appended_ms.keys():
            self.latencies_ms.append(max(0.0, self.visible_ms.pop(event) - appended_ms[event]))

    def raised_alarms(self) -> Counter[str]:
        """The alarms raised, by rule."""
        return Counter(rule for rule, kind, _ in self.alarms if kind == "raised")

    def dispositions(self, topic: str | None = None) -> dict[str, int]:
        """The totals over all shards, of the responses or of another topic."""
        of_topic = [totals.get(topic or self.source, {}) for totals in self.totals.values()]
        return {each: sum(totals.get(each, 0) for totals in of_topic) for each in DISPOSITIONS}

    def taken(self, topic: str | None = None) -> int:
        """Records taken of those that were sent there: copies made by re-homing are not counted twice."""
        dispositions = self.dispositions(topic)
        return sum(dispositions.values()) - dispositions["rehomed"]


def kind_of(event: AlertEvent) -> str:
    """Raised, enriched, retracted, or forgotten."""
    return event.what if event.what in {"raised", "enriched", "forgotten"} else "retracted"


def percentile(values: list[float], share: float) -> float | None:
    """The smallest value that at least this share (0-1) of all values do not exceed; None without values."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 1).__int__() - 1)]
