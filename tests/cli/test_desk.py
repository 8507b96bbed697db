"""`nps alerts list`, `show` and the actions against a real broker, without a worker."""

import asyncio
import json
from typing import Any

import pytest

from streams.cluster.reading import read_topic
from streams.events.action import Action, decode_action
from streams.events.alert import Alert, encode_alert
from streams.settings import Settings
from streams.topology import ACTIONS
from tests.cli.conftest import Nps
from tests.cli.test_alerts import write
from tests.cluster.case_events import an_id, attached, did, raised, rang

pytestmark = pytest.mark.kafka

LONG_AGO = {"submitted_at": "2026-02-01T12:00:00.000Z", "due_at": "2026-02-03T12:00:00.000Z"}
AHEAD = {"submitted_at": "2099-02-01T12:00:00.000Z", "due_at": "2099-02-03T12:00:00.000Z"}


def tell(settings: Settings, *events: Alert) -> None:
    """Write events in one transaction."""
    asyncio.run(write(settings, *map(encode_alert, events)))


def actions(settings: Settings) -> list[Any]:
    """All records of followup.actions."""
    records: list[Any] = []
    asyncio.run(read_topic(settings, settings.topic(ACTIONS.name), records.append))
    return records


@pytest.fixture
def desk(deployment: Settings) -> Settings:
    """Five cases: one with time left, one overdue, one contacted, one dismissed, one with a second alert."""
    tell(
        deployment,
        raised(0xA1, **AHEAD),
        raised(0xB2, **LONG_AGO, store="Paris", severity="P2", owner="Zoé", comment=None, held=True),
        rang("breached", "breach", number=0xB2, **LONG_AGO, store="Paris", severity="P2", owner="Zoé", held=True),
        raised(0xC3, **AHEAD),
        did("contacted", "contacted", 0xC3, channel="call", **AHEAD),
        raised(0xD4, **LONG_AGO),
        did("dismissed", "dismissed", 0xD4, reason="duplicate", **LONG_AGO),
        raised(0xE5, **AHEAD | {"due_at": "2099-02-04T12:00:00.000Z"}),
        *attached(0xE6, 0xE5),
    )
    return deployment


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ([], [0xB2, 0xA1, 0xE5, 0xC3]),
        (["--all"], [0xB2, 0xA1, 0xE5, 0xC3, 0xD4]),
        (["--overdue"], [0xB2]),
        (["--severity", "P1"], [0xA1, 0xE5, 0xC3]),
        (["--owner", "Zoé"], [0xB2]),
        (["--brand", "Aurelia", "--store", "Paris"], [0xB2]),
        (["--brand", "Nobody"], []),
        (["--status", "dismissed"], [0xD4]),
    ],
)
def test_cases_are_listed_by_time_left(nps: Nps, desk: Settings, args: list[str], expected: list[int]) -> None:
    """Those that wait for somebody, unless asked for others; one document a line."""
    done = nps(desk, "alerts", "list", "--json", *args)
    assert (0, b"") == (done.returncode, done.stderr)
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    assert [an_id(number) for number in expected] == [document["case_id"] for document in documents]


def test_a_person_sees_what_to_do_first(nps: Nps, desk: Settings) -> None:
    """How bad, where, how long ago it was due, who is to act; that a case did not interrupt, and has more alerts."""
    lines = nps(desk, "alerts", "list").stdout.decode().splitlines()
    assert ["000000b2", "P2", "2"] == lines[1].split()[:3]
    for words in ("Aurelia | Paris", "open, held", " overdue", "Zoé", "no comment"):
        assert words in lines[1]
    assert "P1  2 and 1 more" in lines[3]
    assert "“Trop d'attente”" in lines[3]
    nothing = nps(desk, "alerts", "list", "--store", "Nowhere")
    assert (0, b"", b"No such case.\n") == (nothing.returncode, nothing.stdout, nothing.stderr)


def test_a_case_is_shown_with_its_story(nps: Nps, desk: Settings) -> None:
    """The beginning of the id of any of its alerts is enough; the story is in order, and says what can be done now."""
    shown = nps(desk, "alerts", "show", "000000e6", TZ="UTC")
    assert (0, b"") == (shown.returncode, shown.stderr)
    text = shown.stdout.decode()
    for words in (an_id(0xE5), "P1, a score of 2 (rule very-low, version 0)", "2099-02-04 12:00", "c-229"):
        assert words in text
    raises, joins, told = (
        text.index(words) for words in ("raised ", "attached to 000000e5", "the same customer again")
    )
    assert raises < joins < told
    assert "Now possible: nps alerts ack | contact | dismiss | note" in text
    document = json.loads(nps(desk, "alerts", "show", "000000E5", "--json").stdout)
    assert [an_id(0xE5), an_id(0xE6)] == document["alerts"]
    assert ["raised", "raised", "attached"] == [event["kind"] for event in document["story"]]


@pytest.mark.parametrize("command", [["show"], ["ack"]])
def test_an_id_of_none_or_several_is_said(nps: Nps, desk: Settings, command: list[str]) -> None:
    """It is not guessed which one is meant."""
    status = 1 if command == ["show"] else 2
    none, several = (nps(desk, "alerts", *command, begun) for begun in ("beef", "000000e"))
    assert (status, status) == (none.returncode, several.returncode)
    assert b"Error: no case has an alert whose id begins with 'beef'" in none.stderr
    assert f"{an_id(0xE5)}, {an_id(0xE6)}" in several.stderr.decode()
    assert [] == actions(desk)


def test_an_action_is_written_as_it_was_typed(nps: Nps, desk: Settings) -> None:
    """Under the key of the store; without a worker there is no answer, which is said with how to repeat it."""
    words = ["--channel", "visit", "--actor", "Inès", "--note", "été", "--at", "2026-03-01T13:00:00+01:00"]
    done = nps(desk, "alerts", "contact", "000000a1", *words, "--action-id", "k-1", "--wait", "0.2")
    assert 2 == done.returncode
    assert b"no worker has answered yet" in done.stderr
    assert b"--action-id k-1" in done.stderr
    (record,) = actions(desk)
    action = decode_action(record.value)
    assert isinstance(action, Action)
    assert b"Aurelia|Lyon" == record.key
    assert (an_id(0xA1), "contacted", "Inès") == (action.alert_id, action.action, action.actor)
    assert ("k-1", "visit", "été", "2026-03-01T13:00:00+01:00") == (
        action.action_id,
        action.channel,
        action.note,
        action.at.isoformat(),
    )


def test_what_the_case_does_not_allow_is_not_sent(nps: Nps, desk: Settings) -> None:
    """It is said what it allows instead; exit status 1."""
    done = nps(desk, "alerts", "resolve", "000000a1")
    expected = "000000a1 (Aurelia | Lyon) is open: what it allows now is ack, contact, dismiss, note.\n"
    assert (1, expected) == (done.returncode, done.stderr.decode())
    answer = json.loads(nps(desk, "alerts", "ack", "000000d4", "--json").stdout)
    assert ("refused", "illegal_transition", "dismissed") == (answer["outcome"], answer["reason"], answer["status"])
    assert [] == actions(desk)


def test_an_action_of_an_id_that_was_taken_is_done_already(nps: Nps, desk: Settings) -> None:
    """Repeating it is no error, whatever became of the case since."""
    done = nps(desk, "alerts", "contact", "000000c3", "--channel", "call", "--action-id", "a-contacted")
    assert (0, b"") == (done.returncode, done.stderr)
    assert b"was taken already; the case is contacted" in done.stdout
    assert [] == actions(desk)


@pytest.mark.parametrize(
    "args",
    [
        ["contact", "a"],
        ["dismiss", "a", "--reason", "bored"],
        ["rate", "a", "--quality", "6"],
        ["note", "a", "--note", ""],
        ["ack", "a", "--at", "2026-03-01T13:00:00"],
        ["ack", "a", "--at", "2099-03-01T13:00:00Z"],
        ["ack", "a", "--actor", "x" * 257],
    ],
)
def test_what_no_worker_would_take_is_refused_where_it_is_typed(nps: Nps, settings: Settings, args: list[str]) -> None:
    """Exit status 2, and Kafka is not even asked."""
    done = nps(settings, "alerts", *args)
    assert (2, b"") == (done.returncode, done.stdout)
    assert b"Error: " in done.stderr
