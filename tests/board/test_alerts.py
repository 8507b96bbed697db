import random
from typing import Any

from msgspec.structs import replace

from streams.board.alerts import ALERTS_MAX, RETRACTED_SHOWN_MS, Alerts, Followed, Place
from streams.events.alert import Alert
from tests.board.builders import NOON, an_alert, lived, opened, raised

MS = round(NOON.timestamp() * 1000)


def _apply(alerts: Alerts, at_s: int, event: Alert) -> list[Followed]:
    return alerts.apply(Place(MS + at_s * 1000, 0, at_s), event)


def _after(event: Alert, kind: str, sequence: int = 2, **changes: Any) -> Alert:
    """A later event of an alert: what it does not say is not there."""
    silent: dict[str, Any] = {"comment": None, "language": None, "customer_ref": None, "link": None}
    return replace(event, kind=kind, sequence=sequence, **(silent | changes))


def _newest(alerts: Alerts, *, now_s: int = 100, **which: Any) -> list[Followed]:
    return alerts.newest(now_ms=MS + now_s * 1000, limit=10, **({"brand": None, "store": None} | which))


def test_alerts_are_newest_first_however_they_were_read() -> None:
    """Partitions are read one after the other; the append time decides."""
    numbers = list(range(20))
    random.Random(1).shuffle(numbers)
    alerts = Alerts()
    for number in numbers:
        alerts.apply(*raised(number, alert_id=str(number)))

    assert [str(number) for number in range(19, 9, -1)] == [each.alert.alert_id for each in _newest(alerts)]


def test_alerts_are_of_a_brand_or_a_store() -> None:
    """A filter looks through all alerts that are held, not only the newest."""
    alerts = Alerts()
    for number, (brand, store) in enumerate([("A", "x"), ("B", "x"), ("A", "y"), ("B", "y")]):
        alerts.apply(*raised(number, alert_id=brand + store, brand=brand, store=store))

    assert ["Ay", "Ax"] == [each.alert.alert_id for each in _newest(alerts, brand="A")]
    assert ["Bx"] == [each.alert.alert_id for each in _newest(alerts, brand="B", store="x")]


def test_only_the_newest_alerts_are_held() -> None:
    """Beyond ALERTS_MAX the oldest goes; one that is older than all is not taken, and nothing is news twice."""
    alerts = Alerts()
    taken = [alerts.apply(*raised(number, alert_id=str(number))) for number in range(1, ALERTS_MAX + 11)]

    assert all(taken)
    assert ALERTS_MAX == len(alerts)
    assert [] == alerts.apply(*raised(0, alert_id="0"))
    assert [] == alerts.apply(*raised(ALERTS_MAX, alert_id=str(ALERTS_MAX)))
    assert "11" == alerts.newest(now_ms=MS, brand=None, store=None, limit=ALERTS_MAX)[-1].alert.alert_id


def test_the_events_of_an_alert_are_one_line() -> None:
    """A comment that came later joins the score, what an event does not say stays, and the line keeps its place."""
    alerts = Alerts()
    first = an_alert(alert_id="a", score=3, comment=None, customer_ref="c-1", link="https://crm.example/c-1")
    _apply(alerts, 1, first)
    _apply(alerts, 2, an_alert(alert_id="b"))

    (told,) = _apply(
        alerts, 3, _after(first, "enriched", score=5, previous_score=3, comment="No one at the till", language="en")
    )

    assert ["b", "a"] == [each.alert.alert_id for each in _newest(alerts)]
    assert ("No one at the till", "en", "c-1", "https://crm.example/c-1", 5, 3) == (
        told.alert.comment,
        told.alert.language,
        told.alert.customer_ref,
        told.alert.link,
        told.alert.score,
        told.alert.previous_score,
    )
    assert (MS + 1000, MS + 3000) == (told.place.at_ms, told.changed_ms)


def test_an_event_that_was_taken_already_is_no_news() -> None:
    """The sequence number of an alert only grows: what is read again changes nothing."""
    alerts = Alerts()
    first = an_alert(alert_id="a")
    late = _after(first, "enriched", 3, comment="late")
    _apply(alerts, 1, first)
    _apply(alerts, 3, late)

    assert [] == _apply(alerts, 4, _after(first, "enriched", 2, comment="early")) + _apply(alerts, 5, late)
    assert ["late"] == [each.alert.comment for each in _newest(alerts)]


def test_a_retracted_alert_is_seen_for_a_while_and_then_not() -> None:
    """Who has begun to act on it sees why it is off; an hour later the list is of those that are open."""
    alerts = Alerts()
    first = an_alert(alert_id="a", score=3)
    _apply(alerts, 1, first)
    (told,) = _apply(alerts, 2, _after(first, "retracted", score=9, previous_score=3, reason="not_detractor"))
    hour_s = RETRACTED_SHOWN_MS // 1000

    assert (True, "not_detractor", 9, 3) == (
        told.is_retracted,
        told.alert.reason,
        told.alert.score,
        told.alert.previous_score,
    )
    assert ([told], []) == (_newest(alerts, now_s=hour_s + 2), _newest(alerts, now_s=hour_s + 3))


def test_the_end_of_an_alert_that_is_not_known_is_no_news() -> None:
    """A board reads the end of the topic; what was raised before that is not shown, so neither is its end."""
    alerts = Alerts()

    assert [] == _apply(alerts, 1, _after(an_alert(alert_id="old"), "retracted", reason="deleted"))
    assert 0 == len(alerts)


def test_what_was_raised_before_the_part_that_is_read_is_shown_by_what_came_later() -> None:
    """An alert of which only a later event is known is open all the same."""
    alerts = Alerts()
    _apply(alerts, 1, _after(an_alert(alert_id="old"), "enriched", 4, comment="now with a reason"))

    assert ["now with a reason"] == [each.alert.comment for each in _newest(alerts)]


def test_a_person_who_is_forgotten_is_erased_from_all_alerts_of_the_response() -> None:
    """Comment, customer and link go at once, from this alert and from those of earlier generations, and only there."""
    alerts = Alerts()
    link = "https://crm.example/c-1"
    first, second = (an_alert(alert_id=name, generation=number, link=link) for number, name in enumerate("ab"))
    other_day = an_alert(alert_id="other day", submitted_at=NOON.replace(day=13))
    other_response = an_alert(alert_id="other response", response_id="r-2")
    for at_s, event in enumerate((first, _after(first, "retracted", reason="excluded"), second, other_day)):
        _apply(alerts, at_s, event)
    _apply(alerts, 9, other_response)

    told = _apply(alerts, 10, _after(second, "retracted", reason="forgotten"))

    assert {"a": "excluded", "b": "forgotten"} == {each.alert.alert_id: each.alert.reason for each in told}
    held = {each.alert.alert_id: each for each in _newest(alerts)}
    for name in "ab":
        alert = held[name].alert
        assert (None, None, None, None, False) == (
            alert.comment,
            alert.language,
            alert.customer_ref,
            alert.link,
            alert.contactable,
        )
        assert held[name].forgotten
    assert ["c-1", "c-1"] == [held[name].alert.customer_ref for name in ("other day", "other response")]


def test_a_person_may_be_forgotten_after_the_alert_was_retracted() -> None:
    """What a retracted alert says of a person goes as well, and once it is gone there is nothing to tell."""
    alerts = Alerts()
    first = an_alert(alert_id="a")
    _apply(alerts, 1, first)
    _apply(alerts, 2, _after(first, "retracted", reason="not_detractor", score=8, previous_score=3))
    forget = _after(first, "retracted", 3, reason="forgotten", score=8)

    (told,) = _apply(alerts, 3, forget)

    assert (None, "forgotten", 3) == (told.alert.comment, told.alert.reason, told.alert.previous_score)
    assert [] == _apply(alerts, 4, forget)


def test_a_person_is_forgotten_by_an_order_that_belongs_to_an_alert_which_is_not_known() -> None:
    """The other alerts of the response are erased although this one was never read."""
    alerts = Alerts()
    _apply(alerts, 1, an_alert(alert_id="a", generation=0))

    told = _apply(alerts, 2, _after(an_alert(alert_id="b", generation=1), "retracted", reason="forgotten"))

    assert [("a", None)] == [(each.alert.alert_id, each.alert.comment) for each in told]


def test_alerts_stand_by_time_then_partition_then_offset() -> None:
    """Two alerts of one millisecond keep one order on every board."""
    assert Place(MS, 0, 9) < Place(MS, 1, 2) < Place(MS, 1, 3) < Place(MS + 1, 0, 0)


def test_what_people_and_clocks_do_changes_how_a_line_stands_and_not_what_it_says() -> None:
    """Status and owner are of the last event; how urgent it is and what was said stays, and no note is in the line."""
    alerts = Alerts()
    first = opened(1, alert_id="a", score=5)
    seen = lived(first, 2, "acknowledged", "acknowledged", actor="Mme Durand", owner="Anne", severity="P1")
    noted = lived(seen, 3, "enriched", "acknowledged", actor="Mme Durand", note="rappeler", changes=["note"])
    assert first[1].severity != seen[1].severity
    for place, event in (first, seen, noted):
        assert alerts.apply(place, event)

    (told,) = _newest(alerts)

    assert ("raised", "acknowledged", "Anne", first[1].severity, 3) == (
        told.alert.kind,
        told.alert.status,
        told.alert.owner,
        told.alert.severity,
        told.alert.sequence,
    )
    assert ("Une heure en caisse", "c-1", "r-1", first[1].store_nps) == (
        told.alert.comment,
        told.alert.customer_ref,
        told.alert.response_id,
        told.alert.store_nps,
    )
    assert "rappeler" not in repr(told)
    assert "Durand" not in repr(told)


def test_what_people_do_to_an_alert_that_is_not_known_any_more_is_no_news() -> None:
    """Its line would have nothing to say."""
    seen = lived(opened(1, alert_id="a"), 2, "acknowledged", "acknowledged", actor="x")
    alerts = Alerts()

    assert [] == alerts.apply(*seen)
    assert 0 == len(alerts)
