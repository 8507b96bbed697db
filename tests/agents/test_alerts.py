"""Alerts: who raises one, once, and what it says."""

import uuid
from typing import Any

import jsonschema_rs
import orjson
import pytest

from streams.events.alert import link_to
from tests.agents.desk import NOW_MS, NOW_S, Desk, a_policy, answers
from tests.builders import ms, response, rfc3339
from tests.contracts.contracts import ALERT

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
NAMESPACE = uuid.UUID("6f2a4f0e-6c5b-5d0e-9a53-2f4c1f7b8e21")


def _alerts_of(*values: bytes, at_ms: int = NOW_MS, **policy: Any) -> list[dict[str, Any]]:
    desk = Desk(policy=a_policy(**policy))
    desk.take(*values, at_ms=at_ms)
    desk.commit()
    return desk.alerts()


def _the_alert(submitted_ms: int = NOW_MS, at_ms: int = NOW_MS, **fields: Any) -> dict[str, Any]:
    (alert,) = _raised(_alerts_of(response(submitted_ms, **{"score": 4, **fields}), at_ms=at_ms))
    return alert


def _raised(alerts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Clocks of what is old have their events as well."""
    return [alert for alert in alerts if alert["kind"] == "raised"]


def _muted(desk: Desk) -> int:
    return desk.told["muted", "Nord"]


def test_an_alert_says_all_that_a_caller_needs() -> None:
    """Who, where, when it is due, why, how to reach the customer and how the store stands."""
    desk = Desk()
    desk.take(*answers(3, NOW_MS - DAY_MS))
    submitted_ms = NOW_MS - 5_000
    desk.take(
        response(
            submitted_ms,
            response_id="r-77",
            source="till-4",
            score=4,
            comment="Cold coffee, again",
            language="en",
            customer_ref="c/17 é",
            contact_requested=True,
            consent={"contact": True},
        )
    )
    desk.commit()
    (alert,) = desk.alerts()
    figures = alert.pop("store_nps")
    assert {
        "alert_id": str(uuid.uuid5(NAMESPACE, "Nord|Lyon|2026-03-01|till-4|0|r-77")),
        "kind": "raised",
        "generation": 0,
        "sequence": 1,
        "response_id": "r-77",
        "source": "till-4",
        "brand": "Nord",
        "store": "Lyon",
        "score": 4,
        "previous_score": None,
        "severity": "P1",
        "reasons": ["score", "contact_requested"],
        "submitted_at": rfc3339(submitted_ms),
        "due_at": rfc3339(submitted_ms + 48 * HOUR_MS),
        "late": False,
        "reason_missing": False,
        "comment": "Cold coffee, again",
        "language": "en",
        "customer_ref": "c/17 é",
        "contactable": True,
        "link": "https://crm.example/c/c%2F17%20%C3%A9",
        "changes": [],
        "reason": None,
        "case_id": alert["alert_id"],
        "status": "open",
        "rule_id": "callback",
        "rule_version": 0,
        "owner": "brand:Nord",
        "held": False,
        "at": rfc3339(NOW_MS),
        "action": None,
        "escalation": None,
        "alerts": [],
        "schema_version": 1,
    } == alert
    assert ("30d", 4, 50.0) == (figures["window"], figures["n"], figures["nps"])
    assert figures["low"] < 50.0 < figures["high"]


def test_an_alert_is_keyed_by_its_store_and_admitted_by_its_schema() -> None:
    """All that happens to the alerts of a store stays in order."""
    desk = Desk()
    desk.take(response(NOW_MS, score=0), response(NOW_MS, response_id="b", score=6, comment="é" * 500))
    desk.commit()
    assert {b"Nord|Lyon"} == {output.key for output in desk.sent("followup.alerts")}
    validator = jsonschema_rs.Draft202012Validator(ALERT.schema, validate_formats=True)
    assert [] == [str(error) for alert in desk.alerts() for error in validator.iter_errors(alert)]


@pytest.mark.parametrize(
    ("score", "severity"),
    [
        *zip(range(7), ["P1", "P1", "P1", "P2", "P2", "P3", "P3"], strict=True),
        *((score, None) for score in range(7, 11)),
    ],
)
def test_detractors_raise_alerts_by_their_score(score: int, severity: str | None) -> None:
    """0-2 are P1, 3-4 P2, 5-6 P3; nobody else raises one."""
    expected = [] if severity is None else [severity]
    assert expected == [alert["severity"] for alert in _alerts_of(response(NOW_MS, score=score))]


def test_no_comment_is_a_missing_reason() -> None:
    """Someone is to ask why; an empty comment is none."""
    assert [True, True, False] == [_the_alert(comment=comment)["reason_missing"] for comment in (None, "", " meh")]
    assert _the_alert(comment="")["comment"] is None


@pytest.mark.parametrize(
    ("customer", "consent", "contactable"),
    [
        ("c1", {"contact": True}, True),
        ("c1", {"contact": False}, False),
        ("c1", {"publish": True}, False),
        ("c1", None, False),
        (None, {"contact": True}, False),
        ("", {"contact": True}, False),
    ],
)
def test_contactable_is_a_customer_who_agreed(customer: str | None, consent: Any, contactable: bool) -> None:
    """Not to have said no is not to have agreed."""
    said = {"customer_ref": customer, "consent": consent}
    assert contactable == _the_alert(**said)["contactable"] == _the_alert(version=1, **said)["contactable"]


@pytest.mark.parametrize(
    ("customer", "template", "link"),
    [
        ("c/1?x=é", "https://crm/{customer_ref}/{customer_ref}", "https://crm/c%2F1%3Fx%3D%C3%A9/c%2F1%3Fx%3D%C3%A9"),
        ("{customer_ref}", "https://crm/{customer_ref}", "https://crm/%7Bcustomer_ref%7D"),
        ("c1", "https://crm/", "https://crm/"),
        (None, "https://crm/{customer_ref}", None),
        ("", "https://crm/{customer_ref}", None),
        ("c1", "", None),
    ],
)
def test_a_link_leads_to_the_customer(customer: str | None, template: str, link: str | None) -> None:
    """Percent-encoded, so that no reference can leave its place in the address."""
    assert link == link_to(customer, template)


@pytest.mark.parametrize(("age_ms", "late"), [(0, False), (48 * HOUR_MS, False), (48 * HOUR_MS + 1, True)])
def test_an_answer_that_arrives_after_it_was_due_is_late(age_ms: int, late: bool) -> None:
    """48 hours after submission; it is raised all the same."""
    assert late == _the_alert(NOW_MS - age_ms)["late"]


@pytest.mark.parametrize(("age_ms", "raised"), [(7 * DAY_MS, 1), (7 * DAY_MS + 1, 0)])
def test_an_answer_older_than_a_week_raises_nothing(age_ms: int, raised: int) -> None:
    """It is counted, and counted as muted."""
    desk = Desk()
    desk.take(response(NOW_MS - age_ms, score=0))
    desk.settle()
    assert (raised, 1 - raised) == (len(_raised(desk.alerts())), _muted(desk))
    assert 1 == desk.scores()["Nord|Lyon"]["windows"]["30d"]["detractors"]


def test_how_old_is_too_old_is_a_setting() -> None:
    """In seconds."""
    assert [] == _alerts_of(response(NOW_MS - 61_000, score=0), alert_max_age_s=60.0)


def test_imported_answers_raise_nothing() -> None:
    """`imported: false` says nothing special."""
    assert [] == _alerts_of(response(NOW_MS, score=0, imported=True))
    assert 1 == len(_alerts_of(response(NOW_MS, score=0, imported=False)))


def test_a_muted_answer_is_muted_for_good() -> None:
    """An update, a restoration or a restart does not wake it."""
    desk = Desk()
    desk.take(response(NOW_MS, score=9, imported=True))
    desk.commit()
    desk = desk.crashed()
    for change in ({"event": "updated", "score": 2}, {"event": "excluded"}, {"event": "restored", "score": None}):
        desk.take(response(NOW_MS, **change))
    desk.commit()
    assert [] == desk.alerts()


def test_a_promoter_who_becomes_a_detractor_raises_an_alert() -> None:
    """With what the newer event says."""
    (alert,) = _alerts_of(response(NOW_MS, score=9), response(NOW_MS, event="updated", score=2, comment="Broke"))
    assert (2, "Broke", 1) == (alert["score"], alert["comment"], alert["store_nps"]["n"])


def test_an_excluded_or_deleted_answer_raises_nothing() -> None:
    """Until it is restored."""
    desk = Desk()
    desk.take(response(NOW_MS, event="excluded", score=None), response(NOW_MS, score=2))
    desk.take(
        response(NOW_MS, response_id="b", event="deleted", score=None), response(NOW_MS, response_id="b", score=2)
    )
    desk.commit()
    assert [] == desk.alerts()
    desk.take(response(NOW_MS, event="restored", score=None))
    desk.commit()
    assert ["r-1"] == [alert["response_id"] for alert in desk.alerts()]


def test_an_update_that_comes_too_late_to_matter_raises_nothing() -> None:
    """Version 1 said 2, version 2 said 9, and arrived first."""
    assert [] == _alerts_of(response(NOW_MS, version=2, event="updated", score=9), response(NOW_MS, version=1, score=2))


def test_the_figures_of_an_alert_are_those_of_its_arrival() -> None:
    """Votes of the 30 days that end with the day of arrival, the answers before it in the log and itself."""
    desk = Desk()
    at_ms = ms("2026-03-01T00:02:00Z")
    desk.take(
        response(at_ms - 29 * DAY_MS, response_id="in"),
        response(at_ms - 30 * DAY_MS, response_id="out"),
        response(at_ms - 5 * 60_000, response_id="yesterday", score=3),
        response(at_ms, response_id="after"),
        at_ms=at_ms,
    )
    desk.commit()
    assert [2] == [alert["store_nps"]["n"] for alert in desk.alerts()]


@pytest.mark.parametrize("version", [None, 1])
def test_an_answer_dated_after_midnight_is_in_its_own_figures(version: int | None) -> None:
    """It arrived minutes before: its alert must not say that nobody answered."""
    midnight = ms("2026-03-02T00:00:00Z")
    alert = _the_alert(midnight + 120_000, at_ms=midnight - 60_000, version=version)
    assert (1, -100.0) == (alert["store_nps"]["n"], alert["store_nps"]["nps"])


def test_the_generation_of_the_id_tells_source_none_from_nothing_else() -> None:
    """No source is the empty text in the id and null in the alert."""
    alert = _the_alert()
    assert str(uuid.uuid5(NAMESPACE, "Nord|Lyon|2026-03-01||0|r-1")) == alert["alert_id"]
    assert alert["source"] is None


def test_the_same_log_raises_the_same_alerts_whenever_it_is_read() -> None:
    """Byte by byte: no clock is asked. What clocks do to their cases is another matter."""

    def read(*, batches: int, now_s: float) -> list[bytes | None]:
        desk = Desk(now_s=now_s)
        values = [response(NOW_MS, response_id=f"r-{n}", score=n % 11) for n in range(44)]
        for start in range(0, 44, batches):
            desk.take(*values[start : start + batches])
            desk.commit(now_s)
        return [out.value for out in desk.sent("followup.alerts") if orjson.loads(out.value or b"")["kind"] == "raised"]

    assert read(batches=1, now_s=NOW_S) == read(batches=44, now_s=NOW_S + 20 * 86_400)


def test_the_largest_response_makes_an_alert_that_fits() -> None:
    """A record of 64 KiB, all of it what an alert repeats."""
    comment = '"\\' * 15_000
    value = response(NOW_MS, score=0, comment=comment, customer_ref="é" * 1_000)
    assert 60_000 < len(value) <= 65_536
    (alert,) = _alerts_of(value)
    assert comment == alert["comment"]
    assert len(orjson.dumps(alert)) < 65_536 + 8_192
