"""The stories of the follow-up desk: each is told as its chapter has it, whatever crashes in between."""

from itertools import groupby, pairwise
from typing import Any

import jsonschema_rs
import msgspec
import pytest
import yaml

from streams.domain.life import STATUSES, TRANSITIONS
from tests.contracts.contracts import ALERT
from tests.scenarios.stage import MODES, Stage, topics_of
from tests.scenarios.story import Acts, Story, Told, read_stories, read_story

STORIES = read_stories()

_ALERT = jsonschema_rs.Draft202012Validator(ALERT.schema, validate_formats=True)
_PLAIN = {
    "status": "status",
    "severity": "severity",
    "owner": "owner",
    "rule": "rule_id",
    "version": "rule_version",
    "held": "held",
    "late": "late",
    "reasons": "reasons",
    "reason_missing": "reason_missing",
    "contactable": "contactable",
    "changes": "changes",
    "score": "score",
    "reason": "reason",
    "comment": "comment",
    "customer": "customer_ref",
}
"""What a line calls a field, and what the event does."""
_OF_ACTION = {"by": "actor", "channel": "channel", "note": "note", "quality": "quality"}


@pytest.mark.parametrize("story", STORIES, ids=[story.name for story in STORIES])
def test_a_story_is_told_as_it_is_written(story: Story) -> None:
    """All its events and no other, its figures and its dead letters; and the same again with crashes in between."""
    straight = Stage(story, "straight").play()
    assert [_line(straight, told) for told in story.told] == _seen(straight, story.told)
    _check_numbers(straight.events())
    assert [] == [str(error) for event in straight.events() for error in _ALERT.iter_errors(event)]
    assert story.dead == straight.dead()
    topics = topics_of(straight)
    assert story.sent_home == [*topics["followup.actions"], *topics["nps.stores"]]
    assert story.copied == len(topics["followup.rules"])
    _check_figures(straight, story)
    for mode in MODES[1:]:
        again = Stage(story, mode).play()
        assert _in_order(straight.events()) == _in_order(again.events()), mode
        assert _figures(straight) == _figures(again), mode
        assert straight.dead() == again.dead(), mode


def _line(stage: Stage, told: Told) -> dict[str, Any]:
    """What a line says an event has."""
    alert_id = told.alert if told.kind == "digest" else stage.alert_id(told.alert)
    line: dict[str, Any] = {"kind": told.kind, "alert": alert_id}
    for name in _named(told):
        value = getattr(told, name)
        if name in {"at", "due"}:
            value = stage.story.ms(value)
        elif name == "case":
            value = stage.alert_id(value)
        elif name == "alerts":
            value = sorted(map(stage.alert_id, value))
        line[name] = value
    return line


def _named(told: Told) -> list[str]:
    fields = [name for name in Told.__struct_fields__ if name not in {"kind", "alert"}]
    defaults = {"reason", "comment", "customer", "note"}
    return [name for name in fields if getattr(told, name) is not (msgspec.UNSET if name in defaults else None)]


def _seen(stage: Stage, told: list[Told]) -> list[dict[str, Any]]:
    """The events that were sent, with the fields that their lines name."""
    seen = []
    for number, event in enumerate(stage.events()):
        alert = event["store"] if event["kind"] == "digest" else event["alert_id"]
        line: dict[str, Any] = {"kind": event["kind"], "alert": alert}
        for name in _named(told[number]) if number < len(told) else ():
            line[name] = _field(stage.story, event, name)
        seen.append(line)
    return seen


def _field(story: Story, event: dict[str, Any], name: str) -> Any:
    alerts, escalation, action = event["alerts"], event["escalation"] or {}, event["action"] or {}
    if name in {"at", "due"}:
        text = event["at" if name == "at" else "due_at"]
        return text and story.ms(text)
    if name in _PLAIN:
        return event[_PLAIN[name]]
    return {
        "case": event["case_id"],
        "alerts": sorted(one["alert_id"] for one in alerts),
        "listed": len(alerts),
        "severities": [severity for severity, _ in groupby(one["severity"] for one in alerts)],
        "level": escalation.get("level"),
        **{name: action.get(field) for name, field in _OF_ACTION.items()},
    }[name]


def _check_numbers(events: list[dict[str, Any]]) -> None:
    """The events of each alert are numbered from 1, without a gap, in order; anew behind 61440 without its case."""
    numbers: dict[str, int] = {}
    for event in events:
        last = numbers.get(event["alert_id"], 0)
        assert event["sequence"] in {last + 1, max(last, 61_440) + 1 if last else 1}, event
        numbers[event["alert_id"]] = event["sequence"]


def _check_figures(stage: Stage, story: Story) -> None:
    store, brand = stage.score("Nord|Lyon"), stage.score("Nord")
    if story.figures:
        assert store is not None
        assert story.figures == {name: store["follow_up"][name] for name in story.figures}
    if story.brand:
        assert brand is not None
        assert story.brand == {name: brand["follow_up"][name] for name in story.brand}
    if any(told.kind == "raised" for told in story.told):
        assert story.scored == (store is not None)


def _figures(stage: Stage) -> list[Any]:
    scores = [stage.score("Nord|Lyon"), stage.score("Nord")]
    return [score and score["follow_up"] for score in scores]


def _in_order(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of several alerts nothing is promised about whose event comes first."""
    return sorted(events, key=lambda event: (event["alert_id"], event["sequence"]))


def test_every_line_of_the_table_is_in_a_story() -> None:
    """Each status is moved, or refused to be, by each thing that a person can do."""
    doings = sorted(move for move in TRANSITIONS["contacted"] if move not in {"retracted", "expired"})
    found = {
        (before, step.doing)
        for story in STORIES
        if story.name.startswith("table: ")
        for before in [story.name.removeprefix("table: ").split()[0]]
        for step in story.happens
        if isinstance(step, Acts) and step.by != "before"
    }
    every = {(status, doing) for status in STATUSES for doing in {*doings, "acknowledged", "reopened"}}
    assert set() == every - found


@pytest.mark.parametrize(
    "line",
    [
        "happens: [{at: 0h, response: r1, scores: 3}]",
        "happens: [{at: 0h, acknowleged: r1}]",
        "happens: [{at: 0h, acknowledged: r1, channels: call}]",
        "happens: [{response: r1, score: 3}]",
        "happens: [{at: 0h, facts: Lyon, vip: true}]",
        "told: [{raised: r1, severty: P1}]",
        "told: [{risen: r1}]",
        "told: [{raised: r1, escalated: r1}]",
        "told: [{raised: r1, severity: P1, severity: P2}]",
        "figurs: {cases: 1}",
    ],
)
def test_a_misspelt_story_is_an_error(line: str) -> None:
    """It must not pass because nobody looked."""
    read_story("right", "happens: [{at: 0h, response: r1, score: 3}]\ntold: [{raised: r1, severity: P2}]")
    with pytest.raises((ValueError, yaml.YAMLError)):
        read_story("wrong", line)


def test_a_story_that_is_told_otherwise_fails() -> None:
    """Another field, an event too few, one too many, another order."""
    happens = "happens: [{at: 0h, response: r1, score: 3}, {at: 1h, acknowledged: r1}]\n"
    right = ["{raised: r1, severity: P2}", "{acknowledged: r1, by: marie}"]
    test_a_story_is_told_as_it_is_written(read_story("right", f"{happens}told: [{', '.join(right)}]"))
    wrong = [
        ["{raised: r1, severity: P3}", right[1]],
        [right[0], "{acknowledged: r1, by: paul}"],
        right[:1],
        [*right, right[1]],
        right[::-1],
    ]
    for told in wrong:
        with pytest.raises(AssertionError):
            test_a_story_is_told_as_it_is_written(read_story("wrong", f"{happens}told: [{', '.join(told)}]"))


def test_times_are_read_as_they_are_written() -> None:
    """From the start, before it, or as an instant."""
    story = read_story("times", "start: '2026-03-02T09:00:00+01:00'\nhappens: []\ntold: []")
    texts = "0h", "1d2h3m4s", "-90m", "2026-03-02T08:00:00Z"
    instants = [story.ms(text) - story.ms(story.start) for text in texts]
    assert [0, 93_784_000, -5_400_000, 0] == instants
    assert all(before != after for before, after in pairwise(instants[:3]))
