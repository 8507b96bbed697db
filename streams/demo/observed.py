"""What came out of the system, as a subscriber of its topics sees it who reads committed records only."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

import orjson

from streams.demo.ledger import DISPOSITIONS, Name
from streams.engine.marker import KEY as MARKER_KEY
from streams.engine.marker import Marker

LATENCIES_MAX = 100_000
"""The latest so many alerts make the percentiles; an hour of a usual run has a fifth of that."""


@dataclass(slots=True, kw_only=True)
class Observed:
    """Totals of the shards' markers, alerts and dead letters, and the brands' own counts. Fed record by record.

    `visible_ms` holds for each alert when it was first seen, in ms since the epoch, until its latency is known.
    """

    source: str
    totals: dict[int, dict[str, int]] = field(default_factory=dict)
    alert_ids: Counter[str] = field(default_factory=Counter)
    raised: Counter[Name] = field(default_factory=Counter)
    visible_ms: dict[Name, float] = field(default_factory=dict)
    latencies_ms: deque[float] = field(default_factory=lambda: deque(maxlen=LATENCIES_MAX))
    dead: Counter[str] = field(default_factory=Counter)
    answers: dict[str, int] = field(default_factory=dict)

    def see_state(self, record: Any) -> None:
        """Take the totals from a marker; other rows of the state are none of our business."""
        if record.key == MARKER_KEY and record.value:
            self.totals[record.partition] = Marker.decode(record.value).totals.get(self.source, {})

    def see_alert(self, record: Any, now_ms: float) -> None:
        """Take note of an alert that became visible now."""
        alert = orjson.loads(record.value)
        if alert["kind"] != "raised":
            return
        name = (alert["brand"], alert["store"], alert.get("source") or "", alert["response_id"])
        self.alert_ids[alert["alert_id"]] += 1
        self.raised[name] += 1
        if self.raised[name] == 1:
            self.visible_ms[name] = now_ms

    def see_dead_letter(self, record: Any) -> None:
        """Count a dead letter by the reason in its headers."""
        self.dead[dict(record.headers).get("nps.dlq.reason", b"").decode()] += 1

    def see_score(self, record: Any) -> None:
        """Take the number of all answers ever from the score of a brand."""
        score = orjson.loads(record.value) if record.value else {}
        if score and score["store"] is None:
            self.answers[score["brand"]] = score["windows"]["all"]["n"]

    def settle_latencies(self, appended_ms: dict[Name, int]) -> None:
        """Turn the alerts seen into latencies, as far as it is known when their responses were appended."""
        for name in self.visible_ms.keys() & appended_ms.keys():
            self.latencies_ms.append(max(0.0, self.visible_ms.pop(name) - appended_ms[name]))

    def dispositions(self) -> dict[str, int]:
        """The totals over all shards."""
        return {each: sum(totals.get(each, 0) for totals in self.totals.values()) for each in DISPOSITIONS}

    def taken(self) -> int:
        """Records taken from the responses that were sent there: copies made by re-homing are not counted twice."""
        dispositions = self.dispositions()
        return sum(dispositions.values()) - dispositions["rehomed"]


def percentile(values: list[float], share: float) -> float | None:
    """The smallest value that at least this share (0-1) of all values do not exceed; None without values."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 1).__int__() - 1)]
