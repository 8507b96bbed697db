"""Plays a story on a shard without Kafka: straight, or with a crash after every step."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Literal

import orjson

from streams.agents.actions import track_follow_ups
from streams.agents.adoption import adopt_rules, adopt_stores
from streams.domain.identity import alert_id
from streams.engine.shard import Handled
from tests.agents.desk import (
    ACTIONS,
    ACTIONS_DEAD,
    ALERTS,
    BRAND_TALLIES,
    RULES,
    STORES,
    Desk,
    a_policy,
    home_of,
)
from tests.builders import FakeRecord, response, rfc3339
from tests.scenarios.story import Acts, Answers, Facts, Passes, Rules, Step, Story, Writes, expand

BRAND = "Nord"
STORE = "Lyon"
NOBODYS = "00000000-0000-4000-8000-000000000000"
"""An alert that was never raised."""

Mode = Literal["straight", "restored", "compacted", "redone"]
"""`restored`, `compacted`: after each step, and each time a clock fires, the next owner takes over; `redone`: each step
is lost in a crash before it is committed, and done again."""
MODES: tuple[Mode, ...] = ("straight", "restored", "compacted", "redone")


@dataclass
class Stage:
    """A shard while a story is played on it."""

    story: Story
    mode: Mode
    now_ms: int = 0
    submitted_ms: dict[str, int] = field(default_factory=dict)
    """By name of a response."""
    places: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    """By name of a response its brand, store and source."""
    told_ms: list[int] = field(default_factory=list)
    """When each event was committed, as they are in `desk.alerts()`."""
    _offset: int = 0

    def __post_init__(self) -> None:
        partitions = self.story.partitions
        policy = a_policy(partitions=partitions, score_partitions=partitions)
        self.now_ms = self.story.ms(self.story.start)
        self.desk = Desk(home_of(BRAND, STORE, partitions), policy, now_s=self.now_ms / 1000)

    def play(self) -> "Stage":
        """Play all of it, and let the figures come out."""
        for step in self.story.happens:
            self._pass_until(self.story.ms(step.at), outage=step.outage)
            self.take(step)
        for _ in range(2):
            self._settle(self.now_ms + 61_000)
            self.desk.hear(*self.desk.sent(BRAND_TALLIES))
        self._settle(self.now_ms + 61_000)
        return self

    def alert_id(self, name: str) -> str:
        """The id of the alert that goes by a name; a digest's name is its own."""
        if name == "nobody":
            return NOBODYS
        response_id, _, number = name.partition("#")
        brand, store, source = self.places[response_id]
        day = self.submitted_ms[response_id] // 86_400_000
        return alert_id(brand, store, day, source, int(number or 1) - 1, response_id)

    def events(self) -> list[dict[str, Any]]:
        """All that was told, in its order; what clocks of the same instant tell, in the order of the alerts."""
        events = self.desk.alerts()
        raised = {event["alert_id"]: number for number, event in reversed([*enumerate(events)])}
        instants = groupby(enumerate(events), key=lambda one: _instant(*one))
        return [event for _, told in instants for _, event in sorted(told, key=lambda one: raised[one[1]["alert_id"]])]

    def score(self, key: str) -> dict[str, Any] | None:
        """The last score of a key, None where its last record is a tombstone."""
        values = [out.value for out in self.desk.sent("nps.scores") if out.key == key.encode()]
        last: dict[str, Any] | None = orjson.loads(values[-1]) if values and values[-1] else None
        return last

    def dead(self) -> list[str]:
        """Why which actions, rules and facts could not be used."""
        return [(dict(out.headers)["nps.dlq.reason"] or b"").decode() for out in self.desk.sent(ACTIONS_DEAD)]

    def _pass_until(self, at_ms: int, *, outage: bool) -> None:
        """Let time pass; but for an outage, the shard is there whenever something is due."""
        while not outage:
            due_s = self.desk.ledger._clockwork.due_in_s(0.0)
            if due_s > at_ms / 1000:
                break
            self.now_ms = max(round(due_s * 1000), self.now_ms)
            told = len(self.told_ms)
            self._settle_here()
            if len(self.told_ms) != told:
                self._crash()
        self.now_ms = at_ms

    def _settle(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self._settle_here()
        self._crash()

    def _settle_here(self) -> None:
        self.desk.settle((self.now_ms + 0.5) / 1000)  # half a ms: no rounding takes it back before what is due
        self.told_ms += [self.now_ms] * (len(self.desk.sent(ALERTS)) - len(self.told_ms))

    def _crash(self) -> None:
        if self.mode in {"restored", "compacted"}:
            self.desk = self.desk.crashed(self.now_ms / 1000, compacted=self.mode == "compacted")

    def take(self, step: Step) -> None:
        """Let a step happen now, and let its shard rest afterwards."""
        take, records = self._read(step)
        self._handle(take, records)
        if self.mode == "redone":
            self.desk = self.desk.crashed(self.now_ms / 1000)
            self._handle(take, records)
        if step.backlog:
            self.desk.commit(self.now_ms / 1000, behind=True)
            self._crash()
        else:
            self._settle(self.now_ms)

    def _handle(self, take: "Callable[[Any, list[FakeRecord]], Handled] | None", records: list[FakeRecord]) -> None:
        if take is None:
            self.desk.take_records(records)
            return
        handled = take(self.desk.shard, records)
        assert sum(handled.totals.values()) == handled.done == len(records)

    def _read(self, step: Step) -> tuple[Any, list[FakeRecord]]:
        """Who reads a step, None for the agent of the responses, and as which records."""
        match step:
            case Answers():
                names = expand(f"{step.response}1..{step.response}{step.times}") if step.times else [step.response]
                at_ms = self.now_ms if step.arrived is None else self.story.ms(step.arrived)
                return None, [self._record(self._response(step, name, at_ms), at_ms=at_ms) for name in names]
            case Acts():
                return track_follow_ups, [self._action(step, name) for name in expand(step.alert)]
            case Rules():
                document = {"brand": step.rules, "version": step.version, **step.document}
                value = None if step.gone else orjson.dumps(document)
                headers: list[tuple[str, bytes | None]] = (
                    [("nps.spread-from", f"{RULES}|7|0".encode())] if step.copy else []
                )
                return adopt_rules, [self._record(value, step.rules, headers)]
            case Facts():
                document = {"brand": BRAND, "store": step.facts, **step.document}
                key = f"{BRAND}|{step.facts}"
                return adopt_stores, [self._record(None if step.gone else orjson.dumps(document), key)]
            case Writes():
                readers = {"actions": track_follow_ups, "rules": adopt_rules, "stores": adopt_stores}
                value = None if step.value is None else step.value.encode()
                return readers[step.writes], [self._record(value, step.key)]
            case Passes():
                return None, []

    def _record(
        self,
        value: bytes | None,
        key: str = "",
        headers: list[tuple[str, bytes | None]] | None = None,
        at_ms: int | None = None,
    ) -> FakeRecord:
        self._offset += 1
        timestamp = self.now_ms if at_ms is None else at_ms
        return FakeRecord(
            offset=self._offset, timestamp=timestamp, key=key.encode() or None, value=value, headers=headers or []
        )

    def _response(self, step: Answers, name: str, arrived_ms: int) -> bytes:
        submitted_ms = arrived_ms if step.submitted is None else self.story.ms(step.submitted)
        submitted_ms = self.submitted_ms.setdefault(name, submitted_ms)
        first = (step.brand or BRAND, step.store or STORE, step.source or "")
        brand, store, source = self.places.setdefault(name, first)
        return response(
            submitted_ms,
            response_id=name,
            brand=brand,
            store=store,
            source=source or None,
            score=step.score,
            event=step.event,
            version=step.version,
            comment=step.comment,
            language=step.language,
            customer_ref=step.customer,
            consent=None if step.consents is None else {"contact": step.consents},
            contact_requested=step.wants_call,
            imported=step.imported,
        )

    def _action(self, step: Acts, alert: str) -> FakeRecord:
        brand, store, _ = self.places.get(alert.partition("#")[0], (BRAND, STORE, ""))
        document = {
            "action_id": step.id or f"a-{self._offset}",
            "alert_id": self.alert_id(alert),
            "brand": step.brand or brand,
            "store": step.store or store,
            "action": step.doing,
            "at": rfc3339(self.now_ms if step.happened is None else self.story.ms(step.happened)),
            "actor": step.by,
            "channel": step.channel,
            "reason": step.reason,
            "note": step.note,
            "quality": step.quality,
        }
        headers: list[tuple[str, bytes | None]] = []
        if step.rehomed:
            headers = [("nps.arrival", b"%d" % self.now_ms), ("nps.rehomed-from", f"{ACTIONS}|7|0".encode())]
        value = orjson.dumps({name: value for name, value in document.items() if value is not None})
        return self._record(value, f"{document['brand']}|{document['store']}", headers)


def _instant(number: int, event: dict[str, Any]) -> tuple[Any, ...]:
    """Alike for the events that clocks of one kind tell at one instant; nobody promises the order of their alerts."""
    by_clock = event["kind"] == "expired" or event["escalation"] is not None
    return (event["kind"], event["at"], str(event["escalation"])) if by_clock else (number,)


def topics_of(stage: Stage) -> dict[str, list[str]]:
    """The keys of what was sent to the inputs of the desk: strays, and copies."""
    return {topic: [(out.key or b"").decode() for out in stage.desk.sent(topic)] for topic in (ACTIONS, RULES, STORES)}
