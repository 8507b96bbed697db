"""What time alone does to cases: clocks that fire, held alerts that are listed, cases that are handed on or forgotten.

Each case that something befalls is one row and its events, in the commit of the marker: whatever crashes, each clock
fires once. All of it comes after the alerts, some rows per commit at most, and not while a backlog is worked off.
"""

from streams.agents.desk import Desk
from streams.agents.telling import Happened, digest_event, life_event
from streams.domain.case import BELATED, HELD, HOUR_MS, KEPT_MS, REASSIGNED, WITHDRAWN, Case
from streams.domain.follow import is_used_up
from streams.domain.store import Store
from streams.domain.timers import clocks_of, due_at, fired, next_due_ms
from streams.events.alert import LISTED_MAX, Escalation
from streams.events.time import rfc3339_ms


class Clockwork:
    """The clocks of a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def due_in_s(self, now_s: float) -> float:
        """Seconds until something is due; not positive when overdue, infinite when nothing waits."""
        desk = self._desk
        if desk.to_reassign:
            return 0.0
        clock_s = desk.clocks.next_ms() / 1000
        digest_s = (min(desk.interruptions.to_list)[0] + 1) * 3600 if desk.interruptions.to_list else float("inf")
        return min(clock_s, digest_s) - now_s

    def advance(self, now_s: float, rows_max: int) -> int:
        """Let happen what is due, about `rows_max` rows of it; gives how many it was."""
        rows = self._fire(int(now_s * 1000), rows_max)
        rows += self._reassign(int(now_s * 1000), rows_max - rows)
        return rows + self._list_held(int(now_s * 1000) // HOUR_MS, rows_max - rows)

    def _fire(self, now_ms: int, rows_max: int) -> int:
        desk = self._desk
        rows = 0
        while rows < rows_max and (alert_id := desk.clocks.take(now_ms)) is not None:
            case = desk.case(alert_id)
            if case is None or next_due_ms(whole := desk.whole(case)) > now_ms:
                continue  # forgotten, or changed since: then there is a later entry
            if due_at(whole, now_ms):
                rows += 1
                self._fire_all(desk.filed[alert_id][0], case, now_ms)
            elif case.lead is None and desk.last_ms(case) + KEPT_MS > now_ms:
                desk.clocks.add(desk.last_ms(case) + KEPT_MS, alert_id)
            elif case.lead is None:  # an alert that is attached goes with its case
                rows += 1 + len(case.attached)
                desk.forget(alert_id)
        return rows

    def _fire_all(self, store: Store, before: Case, now_ms: int) -> None:
        """Let all clocks of a case fire that are due; a case that was nobody's for long may have missed some."""
        desk = self._desk
        ruled = desk.ledger.rulebook.of(store)
        case = before
        events: list[tuple[Case, Happened]] = []
        for due_ms, stage in due_at(desk.whole(before), now_ms):
            case = fired(case._replace(sequence=case.sequence + 1), stage)
            if stage == "expiry":
                case = case._replace(status="expired", ended_ms=due_ms)
                events.append((case, Happened("expired", due_ms)))
                continue
            kind = "breached" if stage == "breach" else "escalated"
            owner = ruled.owner_above if stage == "second" else None
            events.append((case, Happened(kind, due_ms, escalation=Escalation(stage, rfc3339_ms(due_ms)), owner=owner)))
        desk.put(store, before, case)
        for then, happened in events:
            desk.tell(store, life_event(desk, store, then, happened))

    def _reassign(self, now_ms: int, rows_max: int) -> int:
        """Tell the new owners of cases whose store closed or moved."""
        desk = self._desk
        rows = 0
        while rows < rows_max and desk.to_reassign:
            alert_id = desk.to_reassign.pop()
            filed, case = desk.filed.get(alert_id), desk.case(alert_id)
            if filed is None or case is None or not case.is_active or case.lead is not None or case.flags & REASSIGNED:
                continue
            if is_used_up(case.sequence):
                continue
            store = filed[0]
            level = desk.ledger.rulebook.of(store).gone
            if level is None:
                continue  # it is there again
            rows += 1
            after = case._replace(flags=case.flags | REASSIGNED, sequence=case.sequence + 1)
            desk.put(store, case, after)
            escalation = Escalation(level, rfc3339_ms(now_ms))
            desk.tell(store, life_event(desk, store, after, Happened("escalated", now_ms, escalation=escalation)))
        return rows

    def _list_held(self, hour: int, rows_max: int) -> int:
        """List the alerts that were held in hours that are over, the most urgent first."""
        desk = self._desk
        rows = 0
        for key in sorted(key for key in desk.interruptions.to_list if key[0] < hour):
            if rows >= rows_max:
                break
            store, alert_ids = desk.interruptions.to_list.pop(key)
            held = [case for case in map(desk.case, alert_ids) if case is not None]
            cases = [case for case in held if _waits(desk, case)]
            cases.sort(key=lambda case: (case.severity, clocks_of(case).due_ms, case.alert_id))
            end_ms = (key[0] + 1) * HOUR_MS
            for start in range(0, len(cases), LISTED_MAX):
                listed = cases[start : start + LISTED_MAX]
                desk.tell(store, digest_event(store, end_ms, listed, desk.ledger.rulebook.of(store).owner))
            key_row, row = desk.interruptions.listed(store, key[0])
            desk.ledger.dirty_rows[key_row] = row
            for case in held:
                desk.put(store, case, case._replace(fired=case.fired & ~BELATED))
            rows += 1 + sum(bool(case.fired & BELATED) for case in held)
        return rows


def _waits(desk: Desk, case: Case) -> bool:
    return case.flags & (HELD | WITHDRAWN) == HELD and desk.lead_of(case).status in {"open", "reopened"}
