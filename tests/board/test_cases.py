from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from streams.board.alerts import Place
from streams.board.case import EVENTS_MAX, Case
from streams.board.cases import Cases
from streams.domain.case import KEPT_MS
from streams.events.alert import Escalation, Listed
from tests.board.builders import NOON, Event, lived, opened

MS = round(NOON.timestamp() * 1000)
HOUR_MS = 3_600_000


def _of(*events: Event, cases_max: int = 100) -> Cases:
    cases = Cases(cases_max=cases_max)
    for event in events:
        cases.apply(*event)
    return cases


def _case(cases: Cases, alert_id: str) -> Case:
    case = cases.of_alert(alert_id)
    assert case is not None
    return case


def _listed(cases: Cases, **which: Any) -> list[str]:
    return [case.case_id for case in cases.page(now_ms=MS, **which).cases]


def _after(of: Event, number: int, kind: str, **changes: Any) -> Event:
    """A later event of an alert that its response brought."""
    silent: dict[str, Any] = dict.fromkeys(("comment", "language", "customer_ref", "link", "action"))
    event = replace(of[1], kind=kind, sequence=of[1].sequence + 1, **(silent | changes))
    return Place(MS + number * 1000, 0, number), event


def test_a_case_tells_its_whole_story_in_order() -> None:
    """Who did what, when, how and with what words, what a clock brought, and how the case stood after each."""
    first = opened(1, alert_id="a", comment="Une heure en caisse")
    late = lived(
        first,
        2,
        "escalated",
        "open",
        escalation=Escalation("warning", "2026-03-14T12:00:00.000Z"),
        owner="brand:Maison",
    )
    seen = lived(late, 3, "acknowledged", "acknowledged", actor="Mme Durand")
    called = lived(seen, 4, "contacted", "contacted", actor="Mme Durand", channel="call", note="Rappeler mardi")
    rated = lived(called, 5, "enriched", "contacted", actor="crm", quality=4, changes=["quality"])
    over = lived(rated, 6, "dismissed", "dismissed", actor="Mme Durand", reason="duplicate")

    cases = _of(first, late, seen, called, rated, over)

    case = _case(cases, "a")
    assert [
        ("raised", "open", None, None),
        ("escalated", "open", None, None),
        ("acknowledged", "acknowledged", "Mme Durand", None),
        ("contacted", "contacted", "Mme Durand", "call"),
        ("enriched", "contacted", "crm", None),
        ("dismissed", "dismissed", "Mme Durand", None),
    ] == [
        (event.kind, event.status, event.action and event.action.actor, event.action and event.action.channel)
        for event in case.events
    ]
    assert case.events[1].escalation == Escalation("warning", "2026-03-14T12:00:00.000Z")
    assert ["Rappeler mardi"] == [event.action.note for event in case.events if event.action and event.action.note]
    assert (4, "duplicate") == (rated[1].action and rated[1].action.quality, case.events[-1].reason)
    assert ("dismissed", "brand:Maison", "Une heure en caisse") == (case.status, case.owner, case.lead.comment)
    assert called[0].at == case.contacted_at


def test_open_cases_are_listed_by_time_left() -> None:
    """The longest overdue first, then the next one due; who was contacted already comes after all who wait."""
    hours = {"tomorrow": 24, "overdue": 50, "long overdue": 70, "soon": 47}
    events = [
        opened(n, alert_id=name, submitted_at=NOON - timedelta(hours=hours[name])) for n, name in enumerate(hours)
    ]
    called = opened(10, alert_id="called", submitted_at=NOON - timedelta(hours=90))
    cases = _of(*events, called, lived(called, 11, "contacted", "contacted", actor="x", channel="call"))

    page = cases.page(now_ms=MS)

    assert ["long overdue", "overdue", "soon", "tomorrow", "called"] == [case.case_id for case in page.cases]
    assert (5, 2) == (page.total, page.overdue)
    assert ["overdue", "soon"] == _listed(cases, offset=1, limit=2)


def test_the_desk_is_narrowed_by_brand_store_severity_and_owner() -> None:
    """Each filter by itself and all together; the count is of what matches."""
    cases = _of(
        opened(1, alert_id="a", brand="A", store="x", score=0, owner="Anne"),
        opened(2, alert_id="b", brand="A", store="y", score=6, owner="Anne"),
        opened(3, alert_id="c", brand="B", store="x", score=0, owner="Bruno"),
    )

    assert [["a", "b"], ["a", "c"], ["a", "c"], ["c"], ["a"]] == [
        sorted(_listed(cases, **which))
        for which in (
            {"brand": "A"},
            {"store": "x"},
            {"severity": "P1"},
            {"owner": "Bruno"},
            {"brand": "A", "severity": "P1", "owner": "Anne"},
        )
    ]
    assert 2 == cases.page(now_ms=MS, brand="A", limit=1).total


def test_a_case_that_ended_is_not_on_the_desk_until_it_is_reopened() -> None:
    """It can still be looked at, with its story."""
    first = opened(1, alert_id="a")
    called = lived(first, 2, "contacted", "contacted", actor="x", channel="visit")
    done = lived(called, 3, "resolved", "resolved", actor="x")
    cases = _of(first, called, done)

    assert ([], "resolved") == (_listed(cases), _case(cases, "a").status)

    cases.apply(*lived(done, 4, "reopened", "reopened", actor="x"))

    assert (["a"], 4) == (_listed(cases), len(_case(cases, "a").events))


def test_another_alert_of_the_customer_joins_the_case() -> None:
    """The case is found by either alert, is as pressing as the worst of them, and its clock stays that of the first."""
    first = opened(1, alert_id="a", score=6, submitted_at=NOON - timedelta(hours=5))
    second = opened(2, alert_id="b", score=1, case_id="a", response_id="r-2", comment="Encore")
    joined = lived(first, 3, "attached", "open", severity="P1", alerts=[Listed("b", "P1", second[1].due_at or "")])

    cases = _of(first, second, joined)

    case = _case(cases, "b")
    assert case is cases.of_alert("a")
    assert ("P1", first[1].due_at, 6) == (case.severity, case.due_at, case.lead.score)
    assert [("raised", "a", ()), ("raised", "b", ()), ("attached", "a", ("b",))] == [
        (event.kind, event.alert_id, event.alert_ids) for event in case.events
    ]

    cases.apply(*_after(second, 4, "retracted", reason="deleted", status="open"))

    # What the case said of itself while the second one held is not what the first one is.
    assert ("P3", "open") == (case.severity, case.status)


def test_what_was_taken_already_is_no_news() -> None:
    """Sequence numbers grow within an alert: what is read again changes nothing."""
    first = opened(1, alert_id="a")
    seen = lived(first, 2, "acknowledged", "acknowledged", actor="x")
    cases = _of(first, seen)

    assert [[], []] == [cases.apply(*first), cases.apply(*seen)]
    assert 2 == len(_case(cases, "a").events)


def test_a_forgotten_person_leaves_the_board_at_once() -> None:
    """What was said, by the customer and in notes, goes from every case of the response; the story without it stays."""
    first = opened(1, alert_id="a", link="https://crm.example/c-1")
    noted = lived(first, 2, "enriched", "open", actor="Mme Durand", note="M. Petit, 06 12 34", changes=["note"])
    ended = _after(noted, 3, "retracted", reason="not_detractor", status="retracted", response_id="r-1", source="till")
    again = opened(4, alert_id="b", generation=1)
    other = opened(5, alert_id="c", response_id="r-2")
    cases = _of(first, noted, ended, again, other)

    forgotten = _after(again, 6, "retracted", reason="forgotten", status="retracted")

    assert ["b", "a"] == cases.apply(*forgotten)
    for alert_id in ("a", "b"):
        case = _case(cases, alert_id)
        assert case.forgotten
        assert {(None, None, None, None)} == {
            (alert.comment, alert.language, alert.customer_ref, alert.link) for alert in case.alerts.values()
        }
        assert "Petit" not in repr(case)
    assert ["Mme Durand"] == [event.action.actor for event in _case(cases, "a").events if event.action]
    assert "Une heure en caisse" == _case(cases, "c").lead.comment


def test_no_note_is_kept_of_a_case_whose_person_is_forgotten() -> None:
    """A note that somebody writes afterwards is not kept either."""
    first = opened(1, alert_id="a")
    done = lived(first, 2, "dismissed", "dismissed", actor="x", reason="other")
    gone = _after(done, 3, "retracted", reason="forgotten", status="dismissed", response_id="r-1", source="till")
    late = lived(gone, 4, "enriched", "dismissed", actor="x", note="M. Petit a rappelé", changes=["note"])
    cases = _of(first, done, gone, late)

    assert "Petit" not in repr(_case(cases, "a"))
    assert 4 == len(_case(cases, "a").events)


def test_beyond_the_bound_the_case_that_ended_first_goes() -> None:
    """Open cases stay as long as one that ended is there; then the first opened goes."""
    events = [opened(n, alert_id=f"{n}") for n in range(4)]
    ended = [
        lived(events[n], 10 + k, "dismissed", "dismissed", actor="x", reason="other") for k, n in enumerate((2, 1))
    ]
    cases = _of(*events, *ended, cases_max=4)

    left = []
    for n in range(4, 7):
        cases.apply(*opened(20 + n, alert_id=f"{n}"))
        left.append([alert_id for alert_id in map(str, range(7)) if cases.of_alert(alert_id) is not None])

    assert [["0", "1", "3", "4"], ["0", "3", "4", "5"], ["3", "4", "5", "6"]] == left
    assert 4 == len(cases)


def test_what_ended_is_held_no_longer_than_its_topic_keeps_it() -> None:
    """90 days after the last that was heard of it a case goes, with all that was said in it."""
    first = opened(1, alert_id="a")
    done = lived(first, 2, "dismissed", "dismissed", actor="x", reason="other")
    cases = _of(first, done)
    days_later = KEPT_MS // 1000

    cases.apply(*opened(days_later + 1, alert_id="b"))
    before = cases.of_alert("a")
    cases.apply(*opened(days_later + 3, alert_id="c"))

    assert (True, None) == (before is not None, cases.of_alert("a"))


def test_a_long_story_keeps_its_beginning_and_its_end() -> None:
    """Of more than EVENTS_MAX events the first one stays, and the oldest of the others go."""
    event = opened(0, alert_id="a")
    cases = _of(event)
    for n in range(1, EVENTS_MAX + 11):
        event = lived(event, n, "enriched", "open", actor="x", note="called again", changes=["note"])
        cases.apply(*event)

    numbers = [each.sequence for each in _case(cases, "a").events]
    assert (EVENTS_MAX, 1, 13, EVENTS_MAX + 11) == (len(numbers), numbers[0], numbers[1], numbers[-1])


def test_a_case_whose_beginning_was_not_read_is_known_by_what_came_later() -> None:
    """A life event says how urgent it is and since when; what the customer said is not known. An end is no news."""
    first = opened(1, alert_id="a", score=2)
    seen = lived(first, 2, "acknowledged", "acknowledged", actor="x")
    ended = lived(opened(3, alert_id="b"), 4, "expired", "expired")

    cases = _of(seen, ended)

    case = _case(cases, "a")
    assert ("P1", 2, None, first[1].due_at) == (case.severity, case.lead.score, case.lead.comment, case.due_at)
    assert (["a"], None) == (_listed(cases), cases.of_alert("b"))


def test_a_kind_of_a_later_release_is_let_through() -> None:
    """It has its place in the story, and its status counts."""
    first = opened(1, alert_id="a")
    cases = _of(first, lived(first, 2, "delegated", "acknowledged", actor="x"))

    case = _case(cases, "a")
    assert (["raised", "delegated"], "acknowledged") == ([event.kind for event in case.events], case.status)


def test_an_alert_of_an_earlier_release_has_no_case() -> None:
    """It names none."""
    cases = _of(opened(1, alert_id="a", case_id=None))

    assert (0, None) == (len(cases), cases.of_alert("a"))


def test_a_cleared_desk_knows_nothing() -> None:
    """Before the topics are read anew everything is forgotten."""
    first = opened(1, alert_id="a")
    cases = _of(first, lived(first, 2, "dismissed", "dismissed", actor="x", reason="other"), opened(3, alert_id="b"))

    cases.clear()

    assert (0, None, None) == (len(cases), cases.of_alert("a"), cases.of_alert("b"))
    assert ["a"] == cases.apply(*first)
