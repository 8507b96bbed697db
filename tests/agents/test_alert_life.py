"""The life of an alert, story by story: an answer in steps, an edited score, a deletion, a person to be forgotten."""

from typing import Any

import pytest

from streams.domain.follow import GENERATION_MAX, LEGACY, SEQUENCE_OF_CASES, unpack_alert
from streams.domain.page import Page
from tests.agents.desk import NOW_MS, NOW_S, Desk, Row, a_policy
from tests.builders import response

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def _after(*steps: dict[str, Any], at_ms: int = NOW_MS, **policy: Any) -> Desk:
    """A shard that has read these events of one response, each in a transaction, with a new owner after each."""
    desk = Desk(policy=a_policy(**policy))
    for step in steps:
        _read(desk, step, at_ms)
        desk = desk.crashed(compacted=True)
    return desk


def _read(desk: Desk, step: dict[str, Any], at_ms: int = NOW_MS) -> None:
    no_answer = step.get("event") in {"deleted", "excluded", "restored", "forget_identity", "forget_all"}
    desk.take(response(NOW_MS, **({"score": None} if no_answer else {}) | step), at_ms=at_ms)
    desk.commit()


def _said(desk: Desk) -> list[tuple[Any, ...]]:
    """Of each event the kind, the generation and the number, and what it says of itself."""
    return [
        (alert["kind"], alert["generation"], alert["sequence"], *alert["changes"], *filter(None, [alert["reason"]]))
        for alert in desk.alerts()
    ]


def test_an_answer_in_steps_is_one_alert_that_grows() -> None:
    """Score first, the comment minutes later, contact data on the next page; a page that brings nothing is silent."""
    desk = _after(
        {"score": 3},
        {"event": "updated", "score": 3, "comment": "Cold coffee"},
        {"event": "updated", "score": 3, "comment": "Cold coffee"},
        {"event": "updated", "score": 3, "customer_ref": "c-1", "consent": {"contact": True}},
        {"event": "finished", "score": 3, "comment": "Cold coffee", "customer_ref": "c-1"},
    )
    assert [("raised", 0, 1), ("enriched", 0, 2, "comment"), ("enriched", 0, 3, "contact")] == _said(desk)
    first, second, third = desk.alerts()
    assert 1 == len({alert["alert_id"] for alert in (first, second, third)})
    assert [True, False, False] == [alert["reason_missing"] for alert in (first, second, third)]
    assert [None, "Cold coffee", None] == [alert["comment"] for alert in (first, second, third)]
    assert [False, False, True] == [alert["contactable"] for alert in (first, second, third)]
    assert [None, None, "https://crm.example/c/c-1"] == [alert["link"] for alert in (first, second, third)]


def test_what_happens_in_one_batch_is_told_in_its_order() -> None:
    """First alerts are made some at once: what follows one of them does not overtake it, nor the ones between."""
    desk = Desk()
    steps: tuple[tuple[str, dict[str, str]], ...] = (
        ("a", {}),
        ("b", {}),
        ("a", {"event": "updated", "comment": "Cold coffee"}),
        ("c", {}),
    )
    desk.take(*(response(NOW_MS, response_id=which, score=3, **step) for which, step in steps))
    desk.commit()
    told = [(alert["kind"], alert["response_id"], alert["store_nps"]["n"]) for alert in desk.alerts()]
    assert [("raised", "a", 1), ("raised", "b", 2), ("enriched", "a", 2), ("raised", "c", 3)] == told


def test_an_edited_score_says_what_it_was() -> None:
    """And how bad it is now, for better or worse."""
    desk = _after({"score": 5}, {"event": "updated", "score": 1}, {"event": "updated", "score": 4})
    assert [("raised", 0, 1), ("enriched", 0, 2, "score"), ("enriched", 0, 3, "score")] == _said(desk)
    assert [(5, None, "P3"), (1, 5, "P1"), (4, 1, "P2")] == [
        (alert["score"], alert["previous_score"], alert["severity"]) for alert in desk.alerts()
    ]


@pytest.mark.parametrize(
    ("step", "reason", "score", "previous", "n"),
    [
        ({"event": "updated", "score": 9}, "not_detractor", 9, 2, 1),
        ({"event": "deleted"}, "deleted", 2, None, 0),
        ({"event": "excluded"}, "excluded", 2, None, 0),
        ({"event": "forget_identity"}, "forgotten", 2, None, 1),
        ({"event": "forget_all"}, "forgotten", 2, None, 0),
    ],
    ids=["promoter", "deleted", "excluded", "identity", "all"],
)
def test_a_retraction_says_why(step: dict[str, Any], reason: str, score: int, previous: int | None, n: int) -> None:
    """Once, as bad as the alert was, with the figures after it."""
    desk = _after({"score": 2}, step, step)
    assert [("raised", 0, 1), ("retracted", 0, 2, reason)] == _said(desk)
    alert = desk.alerts()[1]
    assert (score, previous, "P1", n) == (
        alert["score"],
        alert["previous_score"],
        alert["severity"],
        alert["store_nps"]["n"],
    )


def test_who_falls_again_is_raised_under_the_next_generation() -> None:
    """Up and down, excluded and restored: each alert has an id of its own, and each event comes once."""
    desk = _after(
        {"score": 9},
        *({"event": "updated", "score": score} for score in (3, 10, 0)),
        {"event": "excluded"},
        {"event": "restored"},
        {"event": "updated", "score": 1},
    )
    assert [
        ("raised", 0, 1),
        ("retracted", 0, 2, "not_detractor"),
        ("raised", 1, 1),
        ("retracted", 1, 2, "excluded"),
        ("raised", 2, 1),
        ("enriched", 2, 2, "score"),
    ] == _said(desk)
    assert [3, 10, 0, 0, 0, 1] == [alert["score"] for alert in desk.alerts()]
    assert [9, 3, 10, None, None, 0] == [alert["previous_score"] for alert in desk.alerts()]
    assert 3 == len({alert["alert_id"] for alert in desk.alerts()})


def test_retracting_what_was_never_raised_does_nothing() -> None:
    """A promoter, an answer that was excluded before it came, a mark of somebody unknown."""
    stories: list[list[dict[str, Any]]] = [
        [{"score": 9}, {"event": "deleted"}],
        [{"event": "excluded"}, {"score": 2}, {"event": "deleted"}],
        [{"event": "forget_all"}, {"event": "deleted"}],
        [{"score": 10}, {"event": "updated", "score": 7}],
    ]
    for steps in stories:
        assert [] == _said(_after(*steps))


@pytest.mark.parametrize("first", [{"score": 2, "imported": True}, {"score": 9, "imported": True}])
def test_a_muted_response_stays_silent_in_all_of_this(first: dict[str, Any]) -> None:
    """Whatever happens to it, and whoever asks to forget it."""
    steps: list[dict[str, Any]] = [
        {"event": "updated", "score": 9},
        {"event": "updated", "score": 1, "comment": "Broke"},
        {"event": "excluded"},
        {"event": "restored"},
        {"event": "forget_identity"},
        {"event": "forget_all"},
    ]
    desk = _after(first, *steps)
    assert [] == _said(desk)


def test_an_open_alert_is_followed_however_late() -> None:
    """Muting is for who was not told yet: a fortnight later the alert is still enriched and retracted."""
    desk = _after({"score": 3})
    _read(desk, {"event": "updated", "score": 2}, NOW_MS + 14 * DAY_MS)
    _read(desk, {"event": "updated", "score": 8}, NOW_MS + 14 * DAY_MS)
    assert [("raised", 0, 1), ("enriched", 0, 2, "score"), ("retracted", 0, 3, "not_detractor")] == _said(desk)


@pytest.mark.parametrize("step", [{"event": "updated", "score": 1}, {"event": "restored"}])
@pytest.mark.parametrize(("age_ms", "raised"), [(7 * DAY_MS, 2), (7 * DAY_MS + 1, 1)])
def test_who_falls_again_too_late_is_muted(step: dict[str, Any], age_ms: int, raised: int) -> None:
    """For good: nobody is called back about an answer of last week."""
    desk = _after({"score": 3}, {"event": "excluded"} if step["event"] == "restored" else {"event": "updated"})
    _read(desk, step, NOW_MS + age_ms)
    _read(desk, {"event": "updated", "score": 0}, NOW_MS + age_ms)
    assert raised == [kind for kind, *_ in _said(desk)].count("raised")


def test_a_consent_that_was_withdrawn_stays_withdrawn() -> None:
    """With the answer that retracted the alert, or while none was open: the next alert must not invite a call."""
    first = {"score": 3, "customer_ref": "c-1", "consent": {"contact": True}, "contact_requested": True}
    withdrawn = {"event": "updated", "score": 9, "consent": {"contact": False}, "contact_requested": False}
    between: dict[str, Any] = {"event": "updated", "score": 10}
    for desk in (
        _after(first, withdrawn, {"event": "updated", "score": 3}),
        _after(first, between, withdrawn, {"event": "updated", "score": 3}),
    ):
        assert [True, False] == [alert["contactable"] for alert in desk.alerts() if alert["kind"] == "raised"]
        assert ["score", "no_reason"] == desk.alerts()[-1]["reasons"]


def test_a_comment_is_known_whatever_brought_it() -> None:
    """Before there was an alert, or with a mark: nobody is to ask for a reason that is there."""
    promoter, fall = {"score": 9, "comment": "Nice"}, {"event": "updated", "score": 3}
    assert [False] == [alert["reason_missing"] for alert in _after(promoter, fall).alerts()]
    desk = _after({"score": 3}, {"event": "excluded", "comment": "Cold"}, {"event": "restored", "version": None})
    assert [True, False, False] == [alert["reason_missing"] for alert in desk.alerts()]


def test_a_repeated_answer_tells_nothing_whatever_it_says() -> None:
    """A duplicate and an answer that came too late to matter are no news: neither are their comments."""
    desk = _after({"score": 3}, {"score": 1, "comment": "Again"})
    assert [("raised", 0, 1)] == _said(desk)
    versioned = _after({"score": 3, "version": 4}, *({"score": 1, "version": n, "comment": "Again"} for n in (4, 2)))
    assert [("raised", 0, 1)] == _said(versioned)


def test_the_metrics_are_told_what_became_of_alerts() -> None:
    """By kind, beside those that were raised."""
    desk = _after(
        {"score": 3},
        {"event": "updated", "score": 2},
        {"event": "updated", "score": 9},
        {"event": "updated", "score": 6},
        {"event": "forget_all"},
    )
    told = {name: n for name, n in desk.told.items() if name[0].startswith("alert")}
    assert {
        ("alerts", "Nord", "P2"): 1,
        ("alerts", "Nord", "P3"): 1,
        ("alert_changes", "Nord", "enriched"): 1,
        ("alert_changes", "Nord", "retracted"): 2,
    } == told


def test_an_alert_of_the_first_release_is_followed() -> None:
    """Its page kept only that it was raised: it is open, of generation 0, and what comes next is told."""
    desk = Desk()
    desk.take(response(NOW_MS, score=3), response(NOW_MS, response_id="r-2", score=9))
    desk.commit()
    ((key, row),) = desk.pages().items()
    desk.changelog.append(Row(desk.changelog[-1].offset + 1, key, b"\x01" + row[1 : 3 + 16 * 2]))
    desk.written.clear()
    desk = desk.crashed(compacted=True)
    (page,) = desk.ledger.brands["Nord"].stores["Lyon"].pages.values()
    assert isinstance(page, bytes)
    assert 1 == page[0]
    for step in ({"event": "updated", "score": 3, "comment": "Cold"}, {"event": "deleted"}):
        _read(desk, step)
    assert [("enriched", 0, 2, "comment"), ("retracted", 0, 3, "deleted")] == _said(desk)
    assert unpack_alert(LEGACY).generation == desk.alerts()[0]["generation"]


def test_alerts_end_after_their_last_generation() -> None:
    """The last one lives its life; then the response is silent, counts on, and its page is written all the same."""
    desk = Desk()
    desk.take(response(NOW_MS, score=3))
    (page,) = desk.ledger.brands["Nord"].stores["Lyon"].pages.values()
    assert isinstance(page, Page)
    ((identity, vote),) = page.votes.items()
    page.put(identity, vote, page.alerts[identity]._replace(generation=GENERATION_MAX - 1))
    for score in (9, 3, 9, 3, 9, 2):
        _read(desk, {"event": "updated", "score": score})
    desk.settle(NOW_S + 2)
    assert [
        ("raised", 0, 1),
        ("retracted", GENERATION_MAX - 1, SEQUENCE_OF_CASES + 1, "not_detractor"),  # it has no case
        ("raised", GENERATION_MAX, 1),
        ("retracted", GENERATION_MAX, 2, "not_detractor"),
    ] == _said(desk)
    assert 1 == desk.scores()["Nord|Lyon"]["windows"]["30d"]["detractors"]
    assert desk.pages() == desk.crashed().pages()
