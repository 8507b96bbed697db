"""What happened to an alert, in words."""

import pytest

from streams.cli.alerts.listing import span, time_left
from streams.cli.alerts.words import describe, happened
from streams.cluster.case_story import Case, Cases
from streams.events.alert import Alert
from tests.cluster.case_events import DUE_MS, an_id, attached, did, lived, raised, rang

_HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (raised(), ""),
        (raised(held=True), "held for the digest"),
        (attached(2)[0], "attached to 00000001"),
        (attached(2)[1], "the same customer again: alert 00000002 is attached to 00000001"),
        (did("acknowledged", "acknowledged"), "acknowledged by Inès"),
        (did("contacted", "contacted", channel="call"), "contacted by telephone by Inès"),
        (did("contacted", "contacted", channel="visit"), "contacted in person by Inès"),
        (did("resolved", "resolved", actor="a\x1b[2Jb"), "resolved by a?[2Jb"),
        (
            did("dismissed", "dismissed", reason="not_reachable"),
            "dismissed by Inès: the customer cannot be reached",
        ),
        (did("reopened", "reopened"), "reopened by Inès"),
        (did("enriched", "open", note="x", changes=["note"]), "enriched: a note by Inès"),
        (
            did("enriched", "resolved", quality=2, changes=["quality"]),
            "enriched: the customer gave the reply 2 of 5 by Inès",
        ),
        (
            rang("escalated", "acknowledge"),
            "escalated: nobody acknowledged it in time, region:Rhône is to act",
        ),
        (rang("escalated", "warning"), "escalated: half of the time is gone, region:Rhône is to act"),
        (rang("breached", "breach"), "breached: the customer was not contacted in time, region:Rhône is to act"),
        (rang("escalated", "store_moved", owner="Lyon 2"), "escalated: the store moved, Lyon 2 is to act"),
        (lived("expired", "expired"), "expired: nobody ended it"),
        (
            raised(kind="digest", alerts=attached(2)[1].alerts * 12, response_id=None),
            "digest: 12 alerts held in the last hour, for region:Rhône",
        ),
        (lived("transferred", "transferred"), "transferred"),
    ],
)
def test_every_kind_of_event_is_said_in_words(event: Alert, words: str) -> None:
    """Who, what, how and why; a kind of a newer release by its name, and nothing that commands the terminal."""
    assert words == happened(event)


def test_a_life_event_has_its_note_and_calls_nobody_to_the_telephone() -> None:
    """What the customer said stands with the alert; a line about a person's deed has that person's words."""
    line = describe(did("contacted", "contacted", channel="call", note="voucher\nsent"), 0).plain
    assert "P1  2  Aurelia | Lyon  contacted by telephone by Inès  “voucher sent”" == line.partition("  ")[2]


def test_a_digest_is_of_no_score() -> None:
    """It stands in its column all the same."""
    digest = raised(kind="digest", score=None, severity=None, response_id=None, case_id=None, status=None)
    plain, other = (describe(event, 0).plain for event in (raised(), digest))
    assert plain.index("Aurelia") == other.index("Aurelia")


def the_case(*events: Alert) -> Case:
    """The case of the first alert after these events."""
    cases = Cases()
    for event in (raised(), *events):
        cases.take(0, event)
    case = cases.get(an_id(1))
    assert case is not None
    return case


@pytest.mark.parametrize(
    ("events", "now_ms", "words"),
    [
        ([], DUE_MS - 95 * 60_000, "95 min left"),
        ([], DUE_MS - 26 * _HOUR_MS - 1, "26 h left"),
        ([], DUE_MS, "0 min overdue"),
        ([did("acknowledged", "acknowledged")], DUE_MS + 50 * _HOUR_MS, "2 d 2 h overdue"),
        ([did("contacted", "contacted")], DUE_MS + 50 * _HOUR_MS, "contacted: to be resolved"),
        ([did("dismissed", "dismissed", reason="duplicate")], DUE_MS, "it is a duplicate"),
        ([lived("expired", "expired")], DUE_MS, ""),
    ],
)
def test_the_time_that_is_left_is_said_as_people_say_it(events: list[Alert], now_ms: int, words: str) -> None:
    """How long there still is, or how long ago it should have been; nothing where nobody waits."""
    assert words == time_left(the_case(*events), now_ms)


@pytest.mark.parametrize(
    ("span_ms", "words"),
    [(0, "0 min"), (2 * _HOUR_MS - 1, "119 min"), (2 * _HOUR_MS, "2 h"), (48 * _HOUR_MS - 1, "47 h")],
)
def test_spans_are_cut_not_rounded(span_ms: int, words: str) -> None:
    """Nobody is told of time that is not there."""
    assert words == span(span_ms)
