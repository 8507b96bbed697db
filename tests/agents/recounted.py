"""What cases must have come to, worked out from the events that were told of them, one by one."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from streams.domain.life import TRANSITIONS, Status
from tests.builders import ms

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
ACTIVE = {"open", "acknowledged", "contacted", "reopened"}

Event = dict[str, Any]


@dataclass(frozen=True)
class State:
    """How a case stands from one event to the next: since when it was told, and when it would expire (ms)."""

    told_ms: int
    status: Status
    urgent_ms: int | None
    """When the first P1 among its alerts was submitted; None while none is."""
    seen: bool
    called: bool
    expiry_ms: int

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE


@dataclass
class Recounted:
    """One case: its events with the time at which each was told, those of attached alerts included, in order."""

    case_id: str
    events: list[tuple[int, Event]] = field(default_factory=list)

    @property
    def own(self) -> list[Event]:
        """The events of the alert that opened it."""
        return [event for _, event in self.events if event["alert_id"] == self.case_id]

    @property
    def submitted_ms(self) -> int:
        return ms(self.own[0]["submitted_at"])

    @property
    def due_ms(self) -> int:
        return ms(self.own[0]["due_at"])

    def first_ms(self, *kinds: str) -> int | None:
        """When the first of these things was done."""
        return min((ms(event["at"]) for event in self.own if event["kind"] in kinds), default=None)

    def states(self) -> list[State]:
        """How it stood after each event that no clock but its expiry brought; every move must be in the table."""
        states: list[State] = []
        status: Status = "open"
        seen = called = False
        urgent: dict[str, tuple[int, str]] = {}
        expiry_ms = self.submitted_ms + 30 * DAY_MS
        for told_ms, event in self.events:
            status = self._moved(status, event)
            assert status == event["status"], event
            if event["kind"] in {"escalated", "breached"}:
                continue
            if event["kind"] == "retracted":
                urgent.pop(event["alert_id"], None)
            elif event["kind"] == "raised" or (event["kind"] == "enriched" and event["action"] is None):
                submitted_ms, _ = urgent.get(event["alert_id"], (ms(event["submitted_at"]), ""))
                urgent[event["alert_id"]] = submitted_ms, event["severity"]
            else:
                assert not urgent or min(severity for _, severity in urgent.values()) == event["severity"], event
            urgent_ms = min((at_ms for at_ms, severity in urgent.values() if severity == "P1"), default=None)
            if event["alert_id"] == self.case_id:
                seen = seen or event["kind"] in {"acknowledged", "contacted"}
                called = called or event["kind"] == "contacted"
                if event["kind"] == "reopened":
                    expiry_ms = max(expiry_ms, ms(event["at"]) + 30 * DAY_MS)
            states.append(State(told_ms, status, urgent_ms, seen, called, expiry_ms))
        return states

    def _moved(self, status: Status, event: Event) -> Status:
        """The status after an event, by the table."""
        move = event["kind"]
        if move in {"raised", "attached", "escalated", "breached"}:
            return status
        if move == "retracted" and event["status"] != "retracted":
            return status  # not the last of its alerts, or of a case that was over
        if move == "retracted" and status == "retracted":
            return status  # of a person who is forgotten afterwards
        if move == "enriched":
            move = {"note": "noted", "quality": "rated"}.get(event["changes"][0])
            if move is None:
                return status
        assert move in TRANSITIONS[status], (status, event)
        return TRANSITIONS[status][move]

    def fires_ms(self, level: str, due_ms: int, end_ms: int) -> list[tuple[int, int]]:
        """When a clock must have fired by the end, and for when: as soon as it is due and the case waits for somebody.

        To be acknowledged it is due so long after the first P1.
        """
        states = self.states()
        until = [*(state.told_ms for state in states[1:]), end_ms + 1]
        for state, next_ms in zip(states, until, strict=True):
            waits = state.is_active and not state.called
            of_state_ms = due_ms
            if level == "acknowledge":
                waits = waits and state.urgent_ms is not None and not state.seen
                of_state_ms += 0 if state.urgent_ms is None else state.urgent_ms - self.submitted_ms
            if waits and max(state.told_ms, of_state_ms) < next_ms:
                return [(max(state.told_ms, of_state_ms), of_state_ms)]
        return []

    def expires_ms(self, end_ms: int) -> list[int]:
        """When it must have expired by the end, each time that it was open for so long."""
        states = self.states()
        until = [*(state.told_ms for state in states[1:]), end_ms + 1]
        pairs = [
            (max(s.told_ms, s.expiry_ms), next_ms) for s, next_ms in zip(states, until, strict=True) if s.is_active
        ]
        return [at_ms for at_ms, next_ms in pairs if at_ms <= next_ms]


def cases_of(events: list[Event], told_ms: list[int]) -> dict[str, Recounted]:
    """All cases, by their id."""
    cases: dict[str, Recounted] = {}
    for at_ms, event in zip(told_ms, events, strict=True):
        if event["case_id"] is not None:
            case = cases.setdefault(event["case_id"], Recounted(event["case_id"]))
            case.events.append((at_ms, event))
    return cases


def follow_up_of(cases: list[Recounted], now_ms: int) -> dict[str, Any]:
    """The figures of cases at an instant, of those submitted on the last 30 UTC days."""
    counts = Counter[str]()
    dismissed = Counter[str]()
    for case in cases:
        last = case.states()[-1]
        if last.status == "retracted" or not now_ms // DAY_MS - 30 < case.submitted_ms // DAY_MS <= now_ms // DAY_MS:
            continue
        dismissed.update(_count(case, last, counts))
    names = "cases", "open", "overdue", "contactable", "in_time", "pending", "not_contactable", "reopened", "expired"
    return {name: counts[name] for name in names} | {
        "dismissed": dict(dismissed),
        "in_time_share": counts["in_time"] / counts["contactable"] if counts["contactable"] else None,
        **{name: (counts[name], counts[f"{name}?"]) for name in ("acknowledge", "contact", "resolve")},
    }


def _count(case: Recounted, last: State, counts: Counter[str]) -> list[str]:
    """Count one case; gives why it was dismissed, if it was."""
    corrections = [event for event in case.own if event["kind"] in {"raised", "enriched", "retracted"}]
    contactable = corrections[-1]["contactable"]
    called_ms = case.first_ms("contacted")
    seen_ms = case.first_ms("acknowledged", "contacted")
    overdue = any(e["kind"] == "breached" for e in case.own) and last.is_active and called_ms is None
    counts["cases"] += 1
    counts["open"] += last.is_active
    counts["overdue"] += overdue
    counts["contactable" if contactable else "not_contactable"] += 1
    counts["reopened"] += any(event["kind"] == "reopened" for event in case.own)
    counts["expired"] += last.status == "expired"
    counts["in_time"] += contactable and called_ms is not None and called_ms <= case.due_ms
    counts["pending"] += contactable and called_ms is None and last.is_active and not overdue
    resolved = last.status == "resolved"
    counts["acknowledge"] += seen_ms is not None or resolved
    counts["acknowledge?"] += seen_ms is None and last.is_active
    counts["contact"] += contactable and called_ms is not None
    counts["contact?"] += contactable and called_ms is None and last.is_active
    counts["resolve"] += resolved
    counts["resolve?"] += last.is_active
    return [e["reason"] for e in case.own if e["kind"] == "dismissed"][-1:] if last.status == "dismissed" else []


def in_digests(events: list[Event], told_ms: list[int]) -> Counter[str]:
    """How often each alert must be listed: once, if it is held and still waits when its hour of arrival is over.

    Or when it is raised, where that is later.
    """
    cases = cases_of(events, told_ms)
    listed = Counter[str]()
    for at_ms, event in zip(told_ms, events, strict=True):
        if event["kind"] != "raised" or not event["held"]:
            continue
        end_ms = max((ms(event["at"]) // HOUR_MS + 1) * HOUR_MS, at_ms + 1)
        case = cases[event["case_id"]]
        until = [one for one in case.events if one[0] < end_ms and one[1]["kind"] != "digest"]
        own = [one for _, one in until if one["alert_id"] == event["alert_id"]]
        withdrawn = any(one["kind"] == "retracted" for one in own)
        held = own[-1]["held"] if event["alert_id"] == case.case_id else not any(not one["held"] for one in own)
        if held and not withdrawn and until[-1][1]["status"] in {"open", "reopened"}:
            listed[event["alert_id"]] += 1
    return listed
