"""The cases as a subscriber sees them: a run that goes well, and each thing that may go wrong with it."""

from dataclasses import fields
from typing import Any

import pytest

from streams.demo.casebook import MAY, Casebook
from streams.demo.records import Document
from streams.domain.life import TRANSITIONS
from tests.demo.records import HOUR_MS, START_MS, a_casebook, a_clock, an_action, an_event, rfc3339

_DUE_MS = START_MS + 48 * HOUR_MS
_LATE = {"at": rfc3339(_DUE_MS)}
_WRONG = ("disallowed", "rung_again", "rung_early", "due_wrong", "ruled_otherwise", "doubled")


def _after(*events: Document, raised: bool = True) -> Casebook:
    book = a_casebook()
    for event in (an_event("raised", "open"), *events) if raised else events:
        book.see(event, START_MS)
    return book


def _wrong(book: Casebook) -> dict[str, int]:
    """What is wrong, by name."""
    found = {each.name: getattr(book, each.name) for each in fields(book) if each.name in _WRONG}
    found["unjoined"] = sum(map(abs, book.attached.values()))
    return {name: number for name, number in found.items() if number}


_ATTACHED = [
    an_event("raised", "open", alert_id="c-2"),
    an_event("attached", "open", alerts=[{"alert_id": "c-2"}]),
]
_GOOD: dict[str, list[Document]] = {
    "called and resolved": [
        an_action("acknowledged", "acknowledged"),
        an_action("enriched", "acknowledged", "a-2", changes=["note"]),
        an_action("contacted", "contacted", "a-3"),
        an_action("resolved", "resolved", "a-4"),
        an_action("enriched", "resolved", "a-5", changes=["quality"]),
    ],
    "forgotten until it is breached": [
        a_clock("escalated", "warning"),
        a_clock("breached", "breach", **_LATE),
        a_clock("escalated", "second"),
        an_action("contacted", "contacted"),
    ],
    "reopened": [
        an_action("dismissed", "dismissed"),
        an_action("reopened", "reopened", "a-2"),
        an_action("resolved", "resolved", "a-3"),
    ],
    "the same customer again": _ATTACHED,
    "one of two alerts retracted": [*_ATTACHED, an_event("retracted", "open", reason="not_detractor")],
    "the customer of a case that has ended": [
        an_action("dismissed", "dismissed"),
        an_event("raised", "open", "c-9"),
    ],
    "the customer of a person forgotten": [
        *_ATTACHED,
        an_event("retracted", "open", reason="forgotten"),
        an_event("raised", "open", "c-9"),
    ],
    "a brand that counts business hours": [
        an_event("raised", "open", "c-9", brand="Hours", rule_version=2, due_at=rfc3339(_DUE_MS + HOUR_MS))
    ],
    "a digest": [an_event("digest", "open", alert_id="d-1") | {"case_id": None, "status": None}],
}
_BAD: dict[str, tuple[list[Document], str]] = {
    "resolved at once": ([an_action("resolved", "resolved")], "disallowed"),
    "acknowledged twice": ([an_action("acknowledged", "acknowledged")] * 2, "disallowed"),
    "a status out of the blue": ([an_action("acknowledged", "contacted")], "disallowed"),
    "rated before anybody called": ([an_action("enriched", "open", changes=["quality"])], "disallowed"),
    "a note on what was retracted": (
        [an_event("retracted", "retracted", reason="deleted"), an_action("enriched", "retracted", changes=["note"])],
        "disallowed",
    ),
    "a clock that rings again": ([a_clock("escalated", "warning")] * 2, "rung_again"),
    "a breach too early": ([a_clock("breached", "breach", at=rfc3339(_DUE_MS - 1))], "rung_early"),
    "a breach after the call": (
        [an_action("contacted", "contacted"), a_clock("breached", "breach", "contacted", **_LATE)],
        "rung_early",
    ),
    "a breach after the end": (
        [an_action("dismissed", "dismissed"), a_clock("breached", "breach", "dismissed", **_LATE)],
        "rung_early",
    ),
    "due at another time": ([an_event("raised", "open", "c-9", customer_ref=None, due_at=rfc3339(0))], "due_wrong"),
    "judged by older rules": (
        [an_event("raised", "open", "c-9", customer_ref=None, rule_version=0)],
        "ruled_otherwise",
    ),
    "two open cases of one customer": ([an_event("raised", "open", "c-9")], "doubled"),
    "an alert that its case does not hear of": (_ATTACHED[:1], "unjoined"),
    "a case told of no alert": (_ATTACHED[1:], "unjoined"),
}


@pytest.mark.parametrize("story", _GOOD)
def test_nothing_is_wrong_with_what_may_happen(story: str) -> None:
    """However a case goes, if it is as it should be."""
    assert {} == _wrong(_after(*_GOOD[story]))


@pytest.mark.parametrize("story", _BAD)
def test_whatever_goes_wrong_is_noticed(story: str) -> None:
    """One event is enough, and nothing else is blamed."""
    events, what = _BAD[story]
    assert {what: 1} == _wrong(_after(*events))


def test_what_people_may_do_is_what_the_table_of_the_product_says() -> None:
    """The casebook has a table of its own; both are of the same mind."""
    names = {"noted": "note", "rated": "quality"}
    told = {(names.get(move, move), status) for status, moves in TRANSITIONS.items() for move in moves}
    people = {(what, status) for what, statuses in MAY.items() for status in statuses}
    assert people == {each for each in told if each[0] not in {"retracted", "expired"}}


@pytest.mark.parametrize(
    ("events", "now_ms", "overlooked"),
    [
        ([], _DUE_MS - 1, 0),
        ([], _DUE_MS, 1),
        ([a_clock("breached", "breach", **_LATE)], _DUE_MS, 0),
        ([an_action("contacted", "contacted")], _DUE_MS, 0),
        ([an_action("dismissed", "dismissed"), an_action("reopened", "reopened", "a-2")], _DUE_MS, 0),
        ([an_action("acknowledged", "acknowledged")], _DUE_MS, 1),
        ([an_event("retracted", "retracted", reason="deleted")], _DUE_MS, 0),
    ],
)
def test_a_case_that_is_due_and_not_breached_is_overlooked(
    events: list[Document], now_ms: int, overlooked: int
) -> None:
    """Unless somebody contacted the customer, or it had ended meanwhile."""
    assert overlooked == _after(*events).overlooked(now_ms)


@pytest.mark.parametrize(("at_ms", "in_time"), [(_DUE_MS, True), (_DUE_MS + 1, False)])
def test_in_time_is_by_when_it_was_done(at_ms: int, in_time: bool) -> None:
    """And only the first call counts."""
    later: dict[str, Any] = {"at": rfc3339(_DUE_MS + HOUR_MS)}
    book = _after(
        an_action("contacted", "contacted", at=rfc3339(at_ms)), an_action("contacted", "contacted", "a-2", **later)
    )
    assert in_time is book.cases["c-1"].in_time
