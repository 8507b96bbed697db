"""The lives of alerts and their cases as a topic tells them: what must be so of any of them, whoever brought it about.

Events come from records of responses, from people and from clocks. Those of one alert are numbered without a gap. What
clocks do depends on when somebody looked, within bounds: never twice, never for a case that somebody answered or that
is over, always with the instant that was due; and once everybody has caught up, nothing that is overdue is missing.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from chaos.rules.acting import TABLE
from chaos.rules.near import in_ms

Event = dict[str, Any]
"""An event of `followup.alerts`, its instants in ms since the epoch."""

HOUR_MS = 3_600_000
CLOCKS_MS = {"acknowledge": 4 * HOUR_MS, "warning": 24 * HOUR_MS, "breach": 48 * HOUR_MS, "second": 72 * HOUR_MS}
"""By level how long after submission it is due, where no rules and no calendar say otherwise."""
EXPIRY_MS = 30 * 24 * HOUR_MS
ACTIVE = ("open", "acknowledged", "contacted", "reopened")
_INSTANTS = ("submitted_at", "due_at", "at")
_OF_CLOCKS = ("escalated", "breached", "expired", "digest")
_OF_RECORDS = ("raised", "enriched", "retracted", "attached")


class Fault(NamedTuple):
    """What is wrong with an event: `lost`, `double` or `wrong`."""

    kind: Literal["lost", "double", "wrong"]
    text: str
    event: Event

    def __str__(self) -> str:
        return f"{self.event['kind']} {self.event['alert_id']}/{self.event['sequence']}: {self.text}"


@dataclass(slots=True)
class _Course:
    """How a case stands, by the events so far."""

    raised: Event
    status: str = "open"
    acknowledged: bool = False
    contacted: bool = False
    expiry_ms: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    alerts: dict[str, tuple[int, str]] = field(default_factory=dict)
    """By alert for which somebody is to be called when it was submitted, and how urgent it is."""

    @property
    def severity(self) -> str | None:
        """As the worst of the alerts; None where there is none: what becomes of it goes unheard."""
        return min((severity for _, severity in self.alerts.values()), default=None)

    @property
    def first_urgent_ms(self) -> int | None:
        """When the first P1 was submitted."""
        return min((at_ms for at_ms, severity in self.alerts.values() if severity == "P1"), default=None)


@dataclass(slots=True)
class Lives:
    """Takes the events of a topic, in order within a partition."""

    faults: list[Fault] = field(default_factory=list)
    _numbers: dict[str, set[int]] = field(default_factory=dict)
    _by_records: Counter[str] = field(default_factory=Counter)
    _courses: dict[str, _Course] = field(default_factory=dict)
    _held: dict[str, bool] = field(default_factory=dict)
    """By alert, as its last event says."""
    _listed: set[str] = field(default_factory=set)
    """Alerts that a digest has listed."""

    def take(self, event: Event) -> tuple[str, int] | None:
        """The next event; gives its alert and its number there among those that records brought, None for others."""
        numbers = self._numbers.setdefault(event["alert_id"], set())
        if event["sequence"] in numbers:
            self._fault("double", "is there before", event)
            return None
        if event["sequence"] != len(numbers) + 1:
            self._fault(
                "lost" if event["sequence"] > len(numbers) else "wrong", f"comes after {max(numbers, default=0)}", event
            )
        numbers.add(event["sequence"])
        if event["kind"] == "digest":
            self._look_at_digest(event)
        else:
            self._held[event["alert_id"]] = event["held"]
            self._follow(event)
        if not is_by_record(event):
            return None
        self._by_records[event["alert_id"]] += 1
        return event["alert_id"], self._by_records[event["alert_id"]]

    def overdue(self, as_of_ms: int) -> Iterator[Fault]:
        """The clocks that were due by an instant and say nothing, once everybody has caught up."""
        for course in self._courses.values():
            if course.status not in ACTIVE:
                continue
            due = {"expiry": course.expiry_ms}
            if not course.contacted:
                at_ms = course.raised["submitted_at"]
                due |= {level: at_ms + after_ms for level, after_ms in CLOCKS_MS.items()}
            urgent_ms = course.first_urgent_ms
            due.pop("acknowledge", None)
            if urgent_ms is not None and not course.acknowledged and not course.contacted:
                due["acknowledge"] = urgent_ms + CLOCKS_MS["acknowledge"]
            for level, due_ms in due.items():
                if due_ms <= as_of_ms and not course.fired[level]:
                    yield Fault("lost", f"its {level} was due at {due_ms} and says nothing", course.raised)

    def _fault(self, kind: Literal["lost", "double", "wrong"], text: str, event: Event) -> None:
        self.faults.append(Fault(kind, text, event))

    def _follow(self, event: Event) -> None:
        if event["kind"] == "raised" and event["case_id"] == event["alert_id"]:
            expiry_ms = event["submitted_at"] + EXPIRY_MS
            alerts = {event["alert_id"]: (event["submitted_at"], event["severity"])}
            self._courses[event["case_id"]] = _Course(event, expiry_ms=expiry_ms, alerts=alerts)
            return
        course = self._courses.get(event["case_id"])
        if course is None:
            self._fault("wrong", f"is of the case {event['case_id']}, which nobody opened", event)
            return
        if event["kind"] in _OF_CLOCKS:
            self._look_at_clock(course, event)
        elif event["action"] is not None and TABLE[course.status].get(_move(event)) != event["status"]:
            self._fault("wrong", f"was {course.status} and is {event['status']}", event)
        course.status = event["status"]
        course.contacted |= event["kind"] == "contacted"
        course.acknowledged |= event["kind"] in ("acknowledged", "contacted")
        if event["kind"] == "reopened":
            course.expiry_ms = max(course.expiry_ms, event["at"] + EXPIRY_MS)
            course.fired["expiry"] = 0
        if not is_by_record(event) or event["kind"] == "attached":
            if course.severity not in (None, event["severity"]):
                self._fault("wrong", f"says {event['severity']}, and its case is {course.severity}", event)
        elif event["kind"] == "retracted":
            course.alerts.pop(event["alert_id"], None)
        else:
            at_ms, _ = course.alerts.get(event["alert_id"], (event["submitted_at"], ""))
            course.alerts[event["alert_id"]] = at_ms, event["severity"]

    def _look_at_digest(self, event: Event) -> None:
        if not event["alerts"]:
            self._fault("wrong", "lists nothing", event)
        for listed in event["alerts"]:
            alert_id = listed["alert_id"]
            if alert_id in self._listed:
                self._fault("double", f"lists {alert_id} once more", event)
            if not self._held.get(alert_id, False):
                self._fault("wrong", f"lists {alert_id}, which is not held", event)
            self._listed.add(alert_id)

    def _look_at_clock(self, course: _Course, event: Event) -> None:
        level = "expiry" if event["kind"] == "expired" else event["escalation"]["level"]
        course.fired[level] += 1
        is_clock = level in ("expiry", *CLOCKS_MS)  # else it was handed on, which may happen again
        if is_clock and course.fired[level] > 1:
            self._fault("double", f"fires its {level} once more", event)
        if course.status not in ACTIVE:
            self._fault("wrong", f"fires its {level}, and was {course.status}", event)
        if event["alert_id"] != event["case_id"]:
            self._fault("wrong", "is of an alert that is attached to a case", event)
        if (event["kind"] == "breached") != (level == "breach"):
            self._fault("wrong", f"is no word for its {level}", event)
        if not is_clock:
            return
        due_ms = course.expiry_ms if level == "expiry" else course.raised["submitted_at"] + CLOCKS_MS[level]
        if level == "acknowledge" and course.first_urgent_ms is not None:
            due_ms = course.first_urgent_ms + CLOCKS_MS[level]
        if event["at"] != due_ms:
            self._fault("wrong", f"fires its {level} for {event['at']}, due was {due_ms}", event)
        if level != "expiry" and course.contacted:
            self._fault("wrong", f"fires its {level} though somebody called", event)
        if level == "acknowledge" and (course.acknowledged or event["severity"] != "P1"):
            self._fault("wrong", "fires though nobody was to look at it", event)


def _move(event: Event) -> str:
    """What somebody did."""
    return {"note": "noted", "quality": "rated"}[event["changes"][0]] if event["changes"] else str(event["kind"])


def is_by_record(event: Event) -> bool:
    """Whether a record of a response brought it; not what a person noted or rated."""
    return event["kind"] in _OF_RECORDS and event["action"] is None


def with_instants(document: dict[str, Any]) -> Event:
    """A document as it stands in the topic, with its instants, and those of what it lists, in ms since the epoch."""
    read: Event = {name: in_ms(value) if name in _INSTANTS and value else value for name, value in document.items()}
    if read.get("alerts"):
        read["alerts"] = [with_instants(listed) for listed in read["alerts"]]
    return read
