"""The follow-up desk of a shard: its cases, and all that follows when one changes: row, figures, clocks.

How cases are opened is in `opening`, what people do to them in `acting`, what time does in `clockwork`.

Rows: `c|brand|store|alert_id` a case; `h|brand|store` the last hour whose held alerts were listed in a digest.
"""

from collections.abc import Mapping
from typing import Protocol

from streams.agents.clocks import Clocks
from streams.agents.customers import Customers, place_of
from streams.agents.interruptions import Interruptions
from streams.agents.policy import Policy
from streams.agents.rulebook import Rulebook, StoreRules
from streams.domain.case import (
    BELATED,
    CONTACTABLE,
    DAY_MS,
    HELD,
    NEVER,
    REASSIGNED,
    Case,
    check_version,
    submitted_of,
    unpack_case,
    unpack_fresh,
)
from streams.domain.caseload import count_case, count_fresh
from streams.domain.store import Store
from streams.domain.timers import as_urgent_as, clocks_of, first_due_ms, has_fired, next_due_ms
from streams.domain.turnaround import Course, codes_of
from streams.engine.state import Output
from streams.events.alert import Alert, encode_alert


class Desked(Protocol):
    """The part of a ledger that the desk goes through."""

    shard: int
    policy: Policy
    dirty_rows: dict[bytes, bytes | None]
    rulebook: Rulebook

    def send(self, topic: str, partition: int, output: Output) -> None:
        """Send a record with the next commit."""

    def figures_changed(self, store: Store, day: int) -> None:
        """A score and a hand-over are due."""

    def new_store(self, brand: str, name: str) -> Store:
        """A store that belongs to this shard."""


Filed = tuple[Store, bytes]
"""A case as it is kept in memory: its store and its row, since most cases are not touched for days."""


class Desk:
    """The cases of a shard."""

    def __init__(self, ledger: Desked) -> None:
        self.ledger = ledger
        self.interruptions = Interruptions()
        self.filed: dict[str, Filed] = {}
        """By alert id every case, and every alert that is attached to one."""
        self.clocks = Clocks()
        self.to_reassign: list[str] = []
        """Cases of stores that closed or moved, whose new owner is to be told."""
        self.customers = Customers(self.case)

    def restore(self, kind: str, parts: list[str], value: bytes | None) -> tuple[Store | tuple[str, str, int], ...]:
        """Take a row: of a case (`c`) or of a digest (`h`). Raises NewerRow.

        Gives whose figures the row is about: the store, and its brand's day.
        """
        store = self.ledger.new_store(parts[0], parts[1])
        if kind == "h":
            self.interruptions.restore(store, value)
            return ()
        if value is None:
            self.filed.pop(parts[2], None)
            return ()
        check_version(value)
        self.filed[parts[2]] = (store, value)
        return store, (parts[0], "", submitted_of(value) // DAY_MS)

    def restored(self) -> None:
        """All rows are in: see who waits for what."""
        for alert_id, (store, row) in self.filed.items():
            if not self._restored_fresh(store, alert_id, row):
                self._restored(store, unpack_case(alert_id, row))
            if self.ledger.rulebook.of(store).gone is not None:
                self.to_reassign.append(alert_id)

    def _restored_fresh(self, store: Store, alert_id: str, row: bytes) -> bool:
        """As `_restored`, for a case to which nothing has happened: nearly all of them; False for any other."""
        fresh = unpack_fresh(row)
        if fresh is None:
            return False
        if fresh.customer:
            self.customers.add(place_of(store, fresh.customer), fresh.submitted_ms, alert_id)
        self.clocks.add(first_due_ms(fresh.submitted_ms, fresh.severity), alert_id)
        count_fresh(store, fresh.submitted_ms, contactable=bool(fresh.flags & CONTACTABLE))
        self.interruptions.count_again(store, alert_id, fresh.hour, held=bool(fresh.flags & HELD))
        return True

    def _restored(self, store: Store, case: Case) -> None:
        if case.lead is None:
            self.clocks.add(next_due_ms(self.whole(case)), case.alert_id)
            count_case(store, case.submitted_ms // DAY_MS, (), codes_of(course_of(case)))
        self.remember(store, case)
        held, belated = bool(case.flags & HELD), bool(case.fired & BELATED)
        self.interruptions.count_again(store, case.alert_id, case.hour, held=held, belated=belated)

    def case(self, alert_id: str) -> Case | None:
        """The case of an alert, or the alert that is attached to one; None for one that is not known here."""
        filed = self.filed.get(alert_id)
        return None if filed is None else unpack_case(alert_id, filed[1])

    def lead_of(self, case: Case) -> Case:
        """The case that an alert belongs to."""
        if case.lead is None:
            return case
        lead = self.case(case.lead)
        assert lead is not None, "no case is forgotten before the alerts that are attached to it"
        return lead

    def file(self, store: Store, alert_id: str, row: bytes) -> None:
        """Keep a row, in memory and with the next commit."""
        self.filed[alert_id] = (store, row)
        self.ledger.dirty_rows[_key(store, alert_id)] = row

    def remember(self, store: Store, case: Case) -> None:
        """Note whose case it is."""
        if case.customer and case.lead is None:
            self.customers.add(place_of(store, case.customer), case.submitted_ms, case.alert_id)

    def attached_to(self, case: Case) -> list[Case]:
        """The alerts that are attached to a case."""
        return [one for one in map(self.case, case.attached) if one is not None]

    def last_ms(self, case: Case) -> int:
        """When the last alert of a case was submitted, attached ones included."""
        return max(one.submitted_ms for one in (case, *self.attached_to(case)))

    def whole(self, case: Case) -> Case:
        """A case as urgent as the alerts that are attached to it make it: what its clocks go by, not what is kept."""
        return as_urgent_as(case, self.attached_to(case)) if case.attached else case

    def put(self, store: Store, before: Case, after: Case) -> None:
        """Keep a case that changed, with all that follows."""
        if before == after:
            return
        self.file(store, after.alert_id, after.pack())
        if after.lead is not None:
            self.clocks.add(next_due_ms(self.whole(self.lead_of(after))), after.lead)
            return
        due_ms = next_due_ms(self.whole(after))
        if due_ms != next_due_ms(self.whole(before)):
            self.clocks.add(due_ms, after.alert_id)
        if before.customer != after.customer:
            self.customers.remove(place_of(store, before.customer), after.alert_id)
            self.remember(store, after)
        old, new = codes_of(course_of(before)), codes_of(course_of(after))
        if old != new:
            day = after.submitted_ms // DAY_MS
            if count_case(store, day, old, new):
                self.ledger.figures_changed(store, day)

    def forget(self, alert_id: str) -> None:
        """Forget a case that is over for long, and the alerts that are attached to it."""
        store, row = self.filed[alert_id]
        case = unpack_case(alert_id, row)
        for one in (alert_id, *case.attached):
            if self.filed.pop(one, None) is not None:
                self.ledger.dirty_rows[_key(store, one)] = None
        self.customers.remove(place_of(store, case.customer), alert_id)

    def tell(self, store: Store, alert: Alert) -> None:
        """Send an event of a case with the next commit."""
        policy = self.ledger.policy
        self.ledger.send(policy.alerts, self.ledger.shard, Output(store.key, encode_alert(alert)))
        policy.counts.alert_changes(alert.brand, alert.kind, 1)

    def ruled_anew(self, before: Mapping[Store, StoreRules]) -> None:
        """Stores are decided by otherwise than `before`: the active cases of those that are gone go to somebody else.

        Again each time that this is another one. That a case was handed on already holds for the former one.
        """
        of = self.ledger.rulebook.of
        changed = {store for store, was in before.items() if _whose(was) != _whose(of(store))}
        concerned = [alert_id for alert_id, (store, _) in self.filed.items() if store in changed] if changed else []
        for alert_id in concerned:
            case = self.case(alert_id)
            if case is not None and case.is_active and case.lead is None:
                self.put(self.filed[alert_id][0], case, case._replace(flags=case.flags & ~REASSIGNED))
        self.to_reassign += concerned


def _whose(ruled: StoreRules) -> tuple[str, str] | None:
    """Whose the cases of a store are because it closed or moved; None while it is there."""
    return None if ruled.gone is None else (ruled.gone, ruled.owner)


def course_of(case: Case) -> Course:
    """What the figures want to know of a case."""
    return Course(
        submitted_ms=case.submitted_ms,
        contactable=bool(case.flags & CONTACTABLE),
        due_ms=clocks_of(case).due_ms,
        acknowledged_ms=case.acknowledged_ms,
        contacted_ms=case.contacted_ms,
        resolved_ms=case.resolved_ms,
        ended_ms=case.ended_ms,
        dismissed_reason=case.dismissal,
        reopened=case.reopened,
        breached_open=has_fired(case, "breach") and case.is_active and case.contacted_ms == NEVER,
        status=case.status,
    )


def _key(store: Store, alert_id: str) -> bytes:
    return b"c|" + store.key + b"|" + alert_id.encode()
