"""How the unhappy are answered: what a score must say of the cases of a store or a brand, counted one by one.

Medians and p90 are left out: they are estimates with a method of their own, and tested as such.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from chaos.rules.acting import Acted
from chaos.rules.desk import Case

DAY_MS = 86_400_000
WINDOW_DAYS = 30
ACTIVE = ("open", "acknowledged", "contacted", "reopened")
_ESTIMATED = ("median_s", "p90_s")


def follow_up(cases: Iterable[Case], acted: Mapping[str, Acted], as_of_ms: int) -> dict[str, Any]:
    """The figures at an instant, of the cases among these alerts and what people did about them."""
    last_day = as_of_ms // DAY_MS
    found = [
        (case, acted.get(case.alert_id, Acted()))
        for case in cases
        if case.lead is None and case.is_active and last_day - WINDOW_DAYS < case.at_ms // DAY_MS <= last_day
    ]
    contactable = [(case, what) for case, what in found if case.contactable]
    in_time = sum(what.contacted_ms is not None and what.contacted_ms <= case.due_ms for case, what in contactable)
    overdue = [(case, what) for case, what in found if _is_overdue(case, what, as_of_ms)]
    late = sum(
        (what.contacted_ms is not None and what.contacted_ms > case.due_ms)
        or (what.contacted_ms is None and (what.status not in ACTIVE or _is_overdue(case, what, as_of_ms)))
        for case, what in contactable
    )
    everybody = [what for _, what in found]
    return {
        "window": "30d",
        "cases": len(found),
        "open": sum(what.status in ACTIVE for what in everybody),
        "overdue": len(overdue),
        "contactable": len(contactable),
        "in_time": in_time,
        "pending": len(contactable) - in_time - late,
        "in_time_share": in_time / len(contactable) if contactable else None,
        "not_contactable": len(found) - len(contactable),
        "reopened": sum(what.reopened > 0 for what in everybody),
        "expired": 0,
        "dismissed": dict(Counter(str(what.dismissed) for what in everybody if what.status == "dismissed")),
        "acknowledge": _wait(everybody, lambda what: what.acknowledged_ms is not None or what.status == "resolved"),
        "contact": _wait([what for _, what in contactable], lambda what: what.contacted_ms is not None),
        "resolve": _wait(everybody, lambda what: what.status == "resolved"),
    }


def without_estimates(document: dict[str, Any]) -> dict[str, Any]:
    """The figures of a score as they are counted here."""
    return {
        name: without_estimates(value) if isinstance(value, dict) else value
        for name, value in document.items()
        if name not in _ESTIMATED
    }


def _is_overdue(case: Case, what: Acted, as_of_ms: int) -> bool:
    return case.due_ms <= as_of_ms and what.contacted_ms is None and what.status in ACTIVE


def _wait(everybody: list[Acted], is_done: Any) -> dict[str, int]:
    done = sum(is_done(what) for what in everybody)
    waiting = sum(not is_done(what) and what.status in ACTIVE for what in everybody)
    return {"n": done, "waiting": waiting}
