"""What the follow-up desk must make of the alerts of one store's responses: how urgent, whose case, held or not.

Spelled out from the rules that are built in, with nothing of the product in it. Nobody acts here, and no case is as old
as 30 days: then all of it follows from the responses alone. What clocks do comes in between and is not counted here.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Said = dict[str, Any]

HOUR_MS = 3_600_000
DUE_MS = 48 * HOUR_MS
REPEAT_MS = 90 * 24 * HOUR_MS
INTERRUPTIONS = 10
"""So many alerts of a store interrupt somebody within an hour; the others but P1 are held."""
DETRACTOR_MAX = 6
THEMES = {"intoxication": "safety", "lawyer": "legal"}
"""Words that a load uses, each a sign of a critical theme; never negated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurred:
    """What an event of a response says of its alert, which `kind` of event it is for that, and what is known then."""

    kind: str | None
    """None where nobody is told of it."""
    alert_id: str
    generation: int
    score: int
    at_ms: int
    """The submission, as the record of this event has it."""
    arrival_ms: int
    comment: str | None
    customer: str | None
    contactable: bool
    requested: bool
    unexplained: bool
    former: tuple[str, ...] = ()
    """The alerts that the response raised before."""
    forgotten: bool = False
    """The person is: the cases of the former alerts do not lead to anybody any more."""


@dataclass(slots=True, eq=False)
class Case:
    """An alert that somebody is to follow up; attached to the case of another one where there is a `lead`."""

    alert_id: str
    generation: int
    at_ms: int
    severity: int = 3
    score: int = 0
    customer: str | None = None
    contactable: bool = False
    unexplained: bool = False
    critical: bool = False
    repeat: bool = False
    held: bool = False
    hour: int = 0
    """In which it interrupted, or was held."""
    withdrawn: bool = False
    is_active: bool = True
    sequence: int = 0
    """How often it was spoken of, clocks left out."""
    lead: "Case | None" = None
    attached: list["Case"] = field(default_factory=list)

    @property
    def of(self) -> "Case":
        """The alert whose case it is."""
        return self.lead or self

    @property
    def alerts(self) -> list["Case"]:
        """The alerts of the case for which somebody is to be called; its own where there is none."""
        return [one for one in (self, *self.attached) if not one.withdrawn] or [self]

    @property
    def urgency(self) -> int:
        """How urgent the case is: as the worst of its alerts."""
        return min(one.severity for one in self.alerts)

    @property
    def due_ms(self) -> int:
        """When the customer is to be called back at the latest."""
        return self.at_ms + DUE_MS

    @property
    def status(self) -> str:
        """What is to be said of the case."""
        return "open" if self.of.is_active else "retracted"


def by_default(occurred: Occurred, themes: list[str]) -> tuple[str, int]:
    """The rule that names an alert, and its severity."""
    if themes:
        return "critical-theme", 1
    if occurred.requested:
        return "callback", 1
    if occurred.score <= 2:
        return "very-low", 1
    return ("low", 2) if occurred.score <= 4 else ("detractor", 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """By which the desk of a store judges; clocks and themes are built in, and who comes again is more urgent."""

    owner: str
    version: int = 0
    judge: Callable[[Occurred, list[str]], tuple[str, int]] = by_default


class Desk:
    """The cases of one store."""

    def __init__(self, brand: str, store: str, rules: Rules | None = None) -> None:
        self.brand = brand
        self.store = store
        self.cases: dict[str, Case] = {}
        self.rules = rules or Rules(owner=f"brand:{brand}")
        self._common = {"brand": brand, "store": store, "owner": self.rules.owner, "action": None, "escalation": None}
        self._hour = 0
        self._interrupted = 0

    def take(self, occurred: Occurred) -> list[Said]:
        """What the next event of a response adds to the event of its alert; and the event of the case it joins."""
        case = self.cases.get(occurred.alert_id)
        if occurred.kind == "raised":
            case = self._open(occurred)
        assert case is not None
        themes = [theme for word, theme in THEMES.items() if word in (occurred.comment or "").lower()]
        rule, severity = self.rules.judge(occurred, themes)
        severity = max(1, severity - case.repeat)
        if case.critical:
            severity = min(severity, case.severity)
        if occurred.score <= DETRACTOR_MAX:
            case.severity = severity
        case.score, case.customer, case.contactable = occurred.score, occurred.customer, occurred.contactable
        case.unexplained = occurred.unexplained
        case.critical |= bool(themes)
        if occurred.kind == "raised":
            case.held = self._is_held(occurred.arrival_ms // HOUR_MS, case.severity)
            case.hour = self._hour
        self._interrupt(case)
        if occurred.kind == "retracted":
            _withdraw(case)
        self._interrupt(case.of)
        for alert_id in occurred.former if occurred.forgotten else ():
            self.cases[alert_id].customer = None
            self.cases[alert_id].contactable = False
        if occurred.kind is None:
            return []
        triggers = {"contact_requested": occurred.requested, "no_reason": occurred.unexplained}
        triggers |= {f"theme:{theme}": True for theme in themes} | {"repeat": case.repeat}
        said = {
            **self._spoken_of(case, occurred.at_ms, occurred.arrival_ms),
            "reasons": ["score", *(name for name, holds in triggers.items() if holds)],
            "rule_id": rule,
            "rule_version": self.rules.version,
            "alerts": [],
        }
        if occurred.kind == "raised" and case.lead is not None:
            return [said, self._attached(case, occurred.arrival_ms)]
        return [said]

    def _open(self, occurred: Occurred) -> Case:
        case = self.cases[occurred.alert_id] = Case(occurred.alert_id, occurred.generation, occurred.at_ms)
        before = [
            one
            for one in self.cases.values()
            if one is not case and one.lead is None and one.customer and one.customer == occurred.customer
            if occurred.at_ms - one.at_ms <= REPEAT_MS
        ]
        case.repeat = any(alert.alert_id not in occurred.former for one in before for alert in (one, *one.attached))
        if before:
            last = max(before, key=lambda one: (one.is_active, one.at_ms, one.alert_id))
            if last.is_active:
                case.lead = last
                last.attached.append(case)
        return case

    def _is_held(self, hour: int, severity: int) -> bool:
        if hour > self._hour:
            self._hour, self._interrupted = hour, 0
        held = self._interrupted >= INTERRUPTIONS and severity > 1
        self._interrupted += not held
        return held

    def _interrupt(self, case: Case) -> None:
        """Who was held interrupts after all as a P1, by what is attached, too."""
        if case.held and case.urgency == 1:
            case.held = False
            self._interrupted += case.hour == self._hour

    def _attached(self, case: Case, arrival_ms: int) -> Said:
        lead = case.of
        return {
            **self._spoken_of(lead, lead.at_ms, arrival_ms),
            "severity": f"P{lead.urgency}",
            **dict.fromkeys(("response_id", "source", "comment", "language", "customer_ref", "link", "store_nps")),
            **dict.fromkeys(("previous_score", "reason", "rule_id", "rule_version")),
            "kind": "attached",
            "reasons": [],
            "changes": [],
            "alerts": [
                {"alert_id": case.alert_id, "severity": f"P{case.severity}", "due_at": case.at_ms + DUE_MS},
            ],
        }

    def _spoken_of(self, case: Case, at_ms: int, arrival_ms: int) -> Said:
        """What every event says that a record brought; `at_ms` is the submission, as that record has it."""
        case.sequence += 1
        return {
            **self._common,
            "alert_id": case.alert_id,
            "generation": case.generation,
            "sequence": case.sequence,
            "score": case.score,
            "severity": f"P{case.severity}",
            "submitted_at": at_ms,
            "due_at": at_ms + DUE_MS,
            "late": arrival_ms > at_ms + DUE_MS,
            "reason_missing": case.unexplained,
            "contactable": case.contactable,
            "case_id": case.of.alert_id,
            "status": case.status,
            "held": case.held,
            "at": arrival_ms,
            "schema_version": 1,
        }


def _withdraw(case: Case) -> None:
    """An alert was retracted; a case ends with the last of its alerts."""
    case.withdrawn = True
    lead = case.of
    if all(one.withdrawn for one in (lead, *lead.attached)):
        lead.is_active = False
