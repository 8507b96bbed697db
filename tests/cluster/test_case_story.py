"""What the events of followup.alerts make of a case."""

from typing import Any

import pytest

from streams.cluster.case_story import Case, Cases, by_time_left
from streams.events.alert import Alert
from tests.cluster.case_events import DUE_MS, an_id, attached, did, lived, raised, rang

_HOUR_MS = 3_600_000


def the_cases(*events: Alert, with_story: bool = False) -> Cases:
    """The cases after these events, one written each second."""
    cases = Cases(lambda _: with_story)
    for number, event in enumerate(events):
        cases.take(number * 1000, event)
    return cases


def the_case(*events: Alert, with_story: bool = False) -> Case:
    """The only case after these events."""
    (case,) = the_cases(*events, with_story=with_story)
    return case


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], {"status": "open", "waits": True, "acknowledged_at": None, "contacted_at": None}),
        ([did("acknowledged", "acknowledged", at="T1")], {"acknowledged_at": "T1", "waits": True}),
        ([did("contacted", "contacted", at="T1")], {"acknowledged_at": "T1", "contacted_at": "T1", "waits": False}),
        (
            [did("contacted", "contacted", at="T1"), did("contacted", "contacted", at="T2")],
            {"contacted_at": "T1", "status": "contacted"},
        ),
        ([did("dismissed", "dismissed", reason="duplicate")], {"dismissal": "duplicate", "is_active": False}),
        (
            [did("dismissed", "dismissed", reason="duplicate"), did("reopened", "reopened")],
            {"dismissal": None, "reopened": 1, "is_active": True, "ended_at": None, "waits": True},
        ),
        ([did("enriched", "contacted", quality=4, changes=["quality"])], {"quality": 4}),
        ([rang("breached", "breach")], {"breached": True, "level": "breach", "status": "open"}),
        ([rang("escalated", "store_closed", owner="region:Sud")], {"owner": "region:Sud", "level": "store_closed"}),
        ([lived("expired", "expired", at="T9")], {"is_active": False, "ended_at": "T9"}),
    ],
)
def test_a_case_stands_as_its_events_say(events: list[Alert], expected: dict[str, Any]) -> None:
    """Milestones are those of the first time, an end holds until the case is reopened."""
    case = the_case(raised(), *events)
    assert expected == {name: getattr(case, name) for name in expected}


def test_an_event_of_a_person_takes_nothing_from_what_the_customer_said() -> None:
    """Life events say nothing of a response; what it said stands."""
    own = the_case(raised(), did("acknowledged", "acknowledged", note="seen"), rang("escalated", "warning")).own
    assert ("Trop d'attente", "c-1", 2) == (own.comment, own.customer_ref, own.score)


def test_what_comes_later_is_added() -> None:
    """A comment that comes later, and a score that changes; what is not said again stands."""
    later = raised(kind="enriched", sequence=2, comment=None, score=0, previous_score=2, customer_ref=None)
    own = the_case(raised(), later).own
    assert ("Trop d'attente", "c-1", 0) == (own.comment, own.customer_ref, own.score)


def test_an_alert_of_the_same_customer_is_part_of_the_case() -> None:
    """One case, found by either id; as urgent as the more urgent of the two that stands."""
    cases = the_cases(raised(), *attached(2))
    (case,) = cases
    assert {an_id(1), an_id(2)} == set(case.alerts)
    assert case is cases.get(an_id(2)) is cases.get(an_id(1))
    assert "P1" == case.severity
    cases.take(9, raised(kind="retracted", sequence=3, status="open", reason="not_detractor", score=9))
    assert ("P3", True) == (case.severity, case.is_active)
    cases.take(9, raised(2, kind="retracted", sequence=2, status="retracted", case_id=an_id(1), reason="deleted"))
    assert ("retracted", False) == (case.status, case.is_active)


def test_a_case_is_no_more_urgent_than_the_alerts_that_hold() -> None:
    """What it said of itself while the worse one held is not what the alert that opened it is."""
    cases = the_cases(
        raised(score=6, severity="P3"), raised(2, case_id=an_id(1)), lived("attached", "open", severity="P1")
    )
    (case,) = cases
    assert "P1" == case.severity
    cases.take(9, raised(2, kind="retracted", sequence=2, case_id=an_id(1), reason="deleted"))
    assert "P3" == case.severity


def test_ids_are_found_by_how_they_begin() -> None:
    """In upper case, too; nothing where no alert has such an id."""
    cases = the_cases(raised(0xABC1), raised(0xABC2))
    assert [an_id(0xABC1)] == cases.find("0000ABC1")
    assert {an_id(0xABC1), an_id(0xABC2)} == set(cases.find("0000abc"))
    assert [] == cases.find("f")


def test_cases_are_worked_off_by_the_time_that_is_left() -> None:
    """First who is to be contacted, the most overdue one on top; then who was; last what has ended."""
    cases = the_cases(
        raised(1),
        raised(2, due_at="2026-03-03T11:00:00.000Z"),
        raised(3, due_at="2026-03-01T11:00:00.000Z"),
        did("contacted", "contacted", 3),
        raised(4, due_at="2026-03-01T11:00:00.000Z"),
        did("dismissed", "dismissed", 4, reason="other"),
    )
    assert [an_id(number) for number in (2, 1, 3, 4)] == [case.case_id for case in by_time_left(cases)]


@pytest.mark.parametrize(("now_ms", "overdue"), [(DUE_MS - 1, False), (DUE_MS, True)])
def test_a_case_is_overdue_from_the_instant_that_it_is_due(now_ms: int, overdue: bool) -> None:
    """Until the customer is contacted, or it has ended."""
    assert overdue is the_case(raised()).is_overdue(now_ms)
    for event in (did("contacted", "contacted"), did("dismissed", "dismissed", reason="other")):
        assert not the_case(raised(), event).is_overdue(DUE_MS + 99 * _HOUR_MS)


def test_a_forgotten_person_leaves_the_cases_of_all_alerts_of_the_response() -> None:
    """The comment, the reference and what people noted go, from the story too, also where an alert was retracted."""
    fallen = raised(2, response_id="r-1", generation=1)
    events = (
        raised(),
        did("enriched", "open", note="Madame Dupont called", changes=["note"]),
        raised(kind="retracted", sequence=3, status="retracted", reason="not_detractor"),
        fallen,
        raised(
            2, response_id="r-1", generation=1, kind="retracted", sequence=2, status="retracted", reason="forgotten"
        ),
        raised(3),
    )
    cases = the_cases(*events, with_story=True)
    for number in (1, 2):
        case = cases.get(an_id(number))
        assert case is not None
        assert (None, None) == (case.own.comment, case.own.customer_ref)
        for told in case.story:
            assert (None, None, None) == (told.event.comment, told.event.customer_ref, told.event.language)
            assert told.event.action is None or told.event.action.note is None
    other = cases.get(an_id(3))
    assert other is not None
    assert "Trop d'attente" == other.own.comment


def test_what_belongs_to_no_case_is_none() -> None:
    """Alerts of releases without cases, digests, and the rest of a case whose beginning is not kept any more."""
    digest = raised(9, kind="digest", case_id=None, status=None, response_id=None)
    assert [] == [*the_cases(raised(case_id=None, status=None), digest, did("resolved", "resolved", 5))]


def test_a_status_of_a_newer_release_is_no_reason_to_act() -> None:
    """Whoever does not know it does not know what to do."""
    case = the_case(raised(), did("transferred", "transferred"))
    assert (False, False) == (case.is_active, case.is_overdue(DUE_MS + 1))


def test_stories_are_kept_where_they_are_asked_for() -> None:
    """In the order of the events; the number of events is known of all."""
    events = (raised(), did("acknowledged", "acknowledged"), rang("escalated", "warning", "acknowledged"))
    told = the_case(*events, with_story=True).story
    assert [(number * 1000, event) for number, event in enumerate(events)] == told
    assert (3, []) == (the_case(*events).events, the_case(*events).story)
