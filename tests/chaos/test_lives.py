"""What must be so of the lives of alerts, told from the topic alone: what is wrong with them is named."""

from typing import Any

from chaos.rules.lives import Lives

AT_MS = 1_772_442_000_000


def _event(kind: str, alert_id: str, sequence: int, **more: Any) -> dict[str, Any]:
    event = {"kind": kind, "alert_id": alert_id, "sequence": sequence, "case_id": alert_id, "status": "open"}
    plain = {"severity": "P3", "held": False, "submitted_at": AT_MS, "at": AT_MS, "action": None, "alerts": []}
    return {**event, **plain, "escalation": None, "changes": [], **more}


def _faults(*events: dict[str, Any]) -> list[tuple[str, str]]:
    lives = Lives()
    for event in events:
        lives.take(event)
    return [(fault.kind, fault.event["alert_id"]) for fault in lives.faults]


def test_a_case_may_be_handed_on_again_and_no_clock_fires_twice() -> None:
    """Each time that its store is somebody else's, while somebody still has to do something."""
    raised = _event("raised", "a", 1)
    closed, moved, again = (
        _event("escalated", "a", number, escalation={"level": level})
        for number, level in enumerate(["store_closed", "store_moved", "store_closed"], 2)
    )
    assert [] == _faults(raised, closed, moved, again)
    warned = [_event("escalated", "a", n, escalation={"level": "warning"}, at=AT_MS + 86_400_000) for n in (2, 3)]
    assert [("double", "a")] == _faults(raised, *warned)


def _digest(name: str, *alert_ids: str) -> dict[str, Any]:
    return _event("digest", name, 1, case_id=None, status=None, alerts=[{"alert_id": each} for each in alert_ids])


def test_a_held_alert_is_listed_once_and_no_other() -> None:
    """Not again in a further digest of its hour, not where it interrupted, and no digest says nothing."""
    held, other = _event("raised", "a", 1, held=True), _event("raised", "b", 1)
    assert [] == _faults(held, other, _digest("d", "a"))
    assert [("double", "e")] == _faults(held, other, _digest("d", "a"), _digest("e", "a"))
    assert [("wrong", "d")] == _faults(held, other, _digest("d", "a", "b"))
    assert [("wrong", "d")] == _faults(held, _event("enriched", "a", 2, severity="P1"), _digest("d", "a"))
    assert [("wrong", "d")] == _faults(held, _digest("d"))
