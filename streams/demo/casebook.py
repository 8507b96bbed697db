"""The cases as a subscriber of `followup.alerts` sees them, and whether what befell them is what should have.

It is a reading of its own: it imports nothing that decides about cases, so that both can be wrong but not alike. What
may happen to a case in which status stands here once more.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from streams.demo.facts import CALL_WITHIN_MS, EVERY_BRAND
from streams.demo.records import Document

_ACTIVE: Final = frozenset({"open", "acknowledged", "contacted", "reopened"})
_ENDED: Final = frozenset({"resolved", "dismissed", "expired"})
MAY: Final[Mapping[str, frozenset[str]]] = {
    "acknowledged": frozenset({"open", "reopened"}),
    "contacted": _ACTIVE,
    "resolved": _ACTIVE - {"open"},
    "dismissed": _ACTIVE,
    "reopened": _ENDED,
    "note": _ACTIVE | _ENDED,
    "quality": frozenset({"contacted", "reopened", "resolved"}),
}
"""By what people do the statuses in which they may. A note and a rating leave a case as it is."""


@dataclass(slots=True, kw_only=True)
class Case:
    """A case, as its events tell. Times in ms since the epoch, None for what has not happened."""

    store: tuple[str, str]
    status: str
    customer: str | None
    submitted_ms: int
    due_ms: int
    raised_ms: int
    """When its first alert was written."""
    contacted_ms: int | None = None
    breached: bool = False
    was_ended: bool = False
    """Somebody, or a correction, ended it before it was breached."""
    was_retracted: bool = False
    levels: set[str] = field(default_factory=set)

    @property
    def is_active(self) -> bool:
        """Whether somebody still has to do something about it."""
        return self.status in _ACTIVE

    @property
    def in_time(self) -> bool:
        """Whether the customer was contacted in time."""
        return self.contacted_ms is not None and self.contacted_ms <= self.due_ms


@dataclass(slots=True, kw_only=True)
class Casebook:
    """Takes events in the order of their partitions. `versions` are those of the rules that hold, by brand.

    Brands `with_calendar` count business hours: when their cases are due is taken from the alert.
    """

    versions: Mapping[str, int]
    with_calendar: frozenset[str]
    cases: dict[str, Case] = field(default_factory=dict)
    taken: Counter[str] = field(default_factory=Counter)
    """How often each action came true, by its id."""
    kinds: Counter[str] = field(default_factory=Counter)
    attached: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Alerts that joined the case of another, with its id: +1 as they say so, -1 as the case says so."""
    disallowed: int = 0
    """Events of people that the status before them does not allow, or after which it is not what it should be."""
    rung_again: int = 0
    """Clocks that fired more than once."""
    rung_early: int = 0
    """Breaches before the case was due, or after the customer was contacted or the case had ended."""
    due_wrong: int = 0
    ruled_otherwise: int = 0
    """Alerts that name other rules than those that hold."""
    doubled: int = 0
    """Cases opened for a customer who had an active one at the store."""
    _customers: dict[tuple[tuple[str, str], str], str] = field(default_factory=dict)

    def see(self, event: Document, written_ms: int) -> None:
        """The next event."""
        self.kinds[event["kind"]] += 1
        case_id = event["case_id"]
        if event["kind"] == "raised":
            self._raised(case_id, event, written_ms)
        case = self.cases.get(case_id)
        if case is None:
            return
        if event["kind"] == "attached":
            for one in event["alerts"]:
                self.attached[one["alert_id"], case_id] -= 1
        elif event["action"] is not None:
            self._done(case, event)
        elif event["kind"] in {"breached", "escalated"}:
            self._rung(case, event)
        elif event["alert_id"] == case_id:
            self._said(case, event)
        case.status = event["status"]
        case.was_ended |= not case.is_active and not case.breached
        case.was_retracted |= case.status in {"retracted", "expired"}

    def overlooked(self, now_ms: int) -> int:
        """How many cases are due by now, were neither contacted nor ended, and are not breached."""
        return sum(
            case.due_ms <= now_ms and case.contacted_ms is None and not case.was_ended and not case.breached
            for case in self.cases.values()
        )

    def _raised(self, case_id: str, event: Document, written_ms: int) -> None:
        brand = event["brand"]
        self.ruled_otherwise += event["rule_version"] != self.versions.get(brand, self.versions[EVERY_BRAND])
        submitted_ms, due_ms = ms_of(event["submitted_at"]), ms_of(event["due_at"])
        if brand not in self.with_calendar:
            self.due_wrong += due_ms != submitted_ms + CALL_WITHIN_MS
        if event["alert_id"] != case_id:
            self.attached[event["alert_id"], case_id] += 1
            return
        store, customer = (brand, event["store"]), event["customer_ref"]
        self.doubled += customer is not None and self._has_active(store, customer)
        self.cases[case_id] = Case(
            store=store,
            status="open",
            customer=customer,
            submitted_ms=submitted_ms,
            due_ms=due_ms,
            raised_ms=written_ms,
        )
        if customer is not None:
            self._customers[store, customer] = case_id

    def _has_active(self, store: tuple[str, str], customer: str) -> bool:
        known = self.cases.get(self._customers.get((store, customer), ""))
        return known is not None and known.is_active and known.customer == customer

    def _said(self, case: Case, event: Document) -> None:
        """A correction of the response behind a case: contact data may have come, or a person is forgotten."""
        if event["reason"] == "forgotten":
            case.customer = None
        elif event["customer_ref"] is not None:
            case.customer = event["customer_ref"]
            self._customers[case.store, event["customer_ref"]] = event["case_id"]

    def _done(self, case: Case, event: Document) -> None:
        self.taken[event["action"]["action_id"]] += 1
        changes = event["changes"]
        what = changes[0] if event["kind"] == "enriched" and changes else event["kind"]
        after = case.status if what in {"note", "quality"} else what
        self.disallowed += case.status not in MAY.get(what, ()) or event["status"] != after
        if what == "contacted" and case.contacted_ms is None:
            case.contacted_ms = ms_of(event["at"])

    def _rung(self, case: Case, event: Document) -> None:
        level = event["escalation"]["level"]
        self.rung_again += level in case.levels
        case.levels.add(level)
        if event["kind"] == "breached":
            self.rung_early += ms_of(event["at"]) != case.due_ms or case.contacted_ms is not None or not case.is_active
            case.breached = True


def ms_of(text: Any) -> int:
    """The ms since the epoch of an instant in an event."""
    return round(datetime.fromisoformat(text).timestamp() * 1000)
