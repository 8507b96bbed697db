"""Whatever customers, people and time do, in any order and with any crash: what always holds of the follow-up desk."""

from collections import Counter
from itertools import groupby
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.domain.case import CONTACTABLE, unpack_case
from streams.domain.life import DISMISSALS
from streams.events.action import Channel
from tests.agents.recounted import DAY_MS, HOUR_MS, Event, Recounted, cases_of, follow_up_of, in_digests
from tests.builders import ms
from tests.scenarios.stage import MODES, Mode, Stage
from tests.scenarios.story import DOINGS, Acts, Answers, Passes, Rules, Step, Story

MOST_AN_HOUR = 2
BEHIND_CASES = 61_440
"""Behind it are the numbers of alerts whose case is forgotten."""
_THOROUGH = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
_GAPS_S = (0, 0, 0, 60, 600, 1_800, 3_600, 5 * 3_600, 20 * 3_600, 40 * 3_600, 12 * 86_400)
_LATE_S = (0, 0, 0, 0, 3_600, 30 * 3_600, 60 * 3_600)
_READ_LATER_S = (0, 0, 0, 600, 3_600, 7_200)
_SCORES = (0, 2, 3, 4, 5, 5, 6, 6, 6, 6, 9)
_CORRECTIONS = ("updated", "updated", "updated", "deleted", "excluded", "restored", "forget_identity", "forget_all")
_MARKS = {"deleted", "excluded", "restored", "forget_identity", "forget_all"}


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A few customers of two stores, what they say and take back, and what is done about it."""
    document = {"interruptions_per_hour": MOST_AN_HOUR, "contact_s": draw(st.sampled_from([172_800, 36_000]))}
    steps: list[Step] = [Rules(at="0s", rules="*", version=1, document=document)]
    names: list[str] = []
    acts: list[Acts] = []
    at_s = arrived_s = draw(st.integers(0, 3_600))
    for number in range(draw(st.integers(1, 22))):
        # A second more each time: nothing is due in the instant of a step.
        at_s += draw(st.sampled_from(_GAPS_S)) + 1
        doing = draw(st.sampled_from(["answer", "answer", "correct", "act", "act", "act", "again", "pass"]))
        if doing == "answer" or not names:
            names.append(f"r{number}")
            arrived_s = max(arrived_s, at_s - draw(st.sampled_from(_READ_LATER_S)))
            steps.append(_answer(draw, names[-1], at_s, arrived_s))
        elif doing == "correct":
            arrived_s = at_s
            event = draw(st.sampled_from(_CORRECTIONS))
            score = None if event in _MARKS else draw(st.sampled_from(_SCORES))
            steps.append(Answers(at=f"{at_s}s", response=draw(st.sampled_from(names)), event=event, score=score))
        elif doing == "again" and acts:
            steps.append(_later(draw(st.sampled_from(acts)), at_s))
        elif doing in {"act", "again"}:
            alert = draw(st.sampled_from(names)) + draw(st.sampled_from(["", "", "", "#2"]))
            acts.append(_act(draw, alert, at_s, number))
            steps.append(acts[-1])
        else:
            steps.append(Passes(at=f"{at_s}s"))
    return Story(name="any", happens=steps, told=[])


def _answer(draw: st.DrawFn, name: str, at_s: int, arrived_s: int) -> Answers:
    submitted_s = arrived_s - draw(st.sampled_from(_LATE_S))
    return Answers(
        at=f"{at_s}s",
        arrived=f"{arrived_s}s",
        response=name,
        score=draw(st.sampled_from(_SCORES)),
        submitted=f"{'-' if submitted_s < 0 else ''}{abs(submitted_s)}s",
        customer=draw(st.sampled_from([None, "ada", "ada", "bob"])),
        consents=draw(st.booleans()),
        comment=draw(st.sampled_from([None, "slow", "I was injured"])),
        store=draw(st.sampled_from(["Lyon", "Lyon", "Lille"])),
    )


def _act(draw: st.DrawFn, alert: str, at_s: int, number: int) -> Acts:
    doing = draw(st.sampled_from(sorted(DOINGS)))
    return Acts(
        at=f"{at_s}s",
        doing=doing,
        alert=alert,
        id=f"a-{number}",
        happened=f"{at_s - draw(st.sampled_from([0, 0, min(at_s, 7_200)]))}s",
        channel=draw(st.sampled_from(get_args(Channel))) if doing == "contacted" else None,
        reason=draw(st.sampled_from(DISMISSALS)) if doing == "dismissed" else None,
        note="note" if doing == "noted" else None,
        quality=3 if doing == "rated" else None,
    )


def _later(act: Acts, at_s: int) -> Acts:
    return Acts(**{name: getattr(act, name) for name in Acts.__struct_fields__ if name != "at"}, at=f"{at_s}s")


def _raw(stage: Stage) -> list[Event]:
    return stage.desk.alerts()


def _cases(stage: Stage) -> dict[str, Recounted]:
    return cases_of(_raw(stage), stage.told_ms)


def _ended(story: Story) -> Stage:
    """A story, and then a hundred and forty days in which nobody does anything."""
    last = story.happens[-1].at.removesuffix("s")
    waits = Passes(at=f"{int(last) + 140 * 86_400}s")
    return Stage(Story(name="any", happens=[*story.happens, waits], told=[]), "straight").play()


@_THOROUGH
@given(stories(), st.sampled_from(MODES[1:]))
def test_crashes_change_no_event_and_no_figure(story: Story, mode: Mode) -> None:
    """Whoever takes over, from all rows or the last of each, and whatever was lost before it was committed."""
    straight, again = Stage(story, "straight").play(), Stage(story, mode).play()
    assert _sorted(_raw(straight)) == _sorted(_raw(again))
    assert straight.dead() == again.dead()
    for key in ("Nord|Lyon", "Nord|Lille", "Nord"):
        before, after = straight.score(key), again.score(key)
        assert (before and before["follow_up"]) == (after and after["follow_up"]), key


@_THOROUGH
@given(stories())
def test_every_case_lives_by_the_table_and_its_events_are_numbered(story: Story) -> None:
    """Each event says the status that its move leads to; each alert's events are 1 to n, in order; one case each."""
    stage = _ended(story)
    numbers = Counter[str]()
    for event in _raw(stage):
        last = numbers[event["alert_id"]]
        assert event["sequence"] in {last + 1, max(last, BEHIND_CASES) + 1 if last else 1}, event
        numbers[event["alert_id"]] = event["sequence"]
    for case in _cases(stage).values():
        assert not case.states()[-1].is_active
        assert {case.case_id} == {event["case_id"] for _, event in case.events}


@_THOROUGH
@given(stories())
def test_each_clock_fires_once_when_it_must_and_never_when_it_must_not(story: Story) -> None:
    """As soon as it is due and the case waits for somebody, with the instant that it was due; each case expires."""
    stage = _ended(story)
    document = next(step.document for step in story.happens if isinstance(step, Rules))
    contact_ms = document["contact_s"] * 1000
    for case in _cases(stage).values():
        start_ms = case.submitted_ms
        dues = {
            "acknowledge": start_ms + 4 * HOUR_MS,
            "warning": start_ms + contact_ms // 2,
            "breach": start_ms + contact_ms,
            "second": start_ms + contact_ms + contact_ms // 2,
        }
        for level, due_ms in dues.items():
            fired = [(at, e) for at, e in case.events if e["escalation"] and e["escalation"]["level"] == level]
            told = [(at_ms, stage.story.ms(event["at"])) for at_ms, event in fired]
            assert case.fires_ms(level, due_ms, stage.now_ms) == told, level
        expired = [at_ms for at_ms, event in case.events if event["kind"] == "expired"]
        assert case.expires_ms(stage.now_ms) == expired


@_THOROUGH
@given(stories())
def test_every_detractor_is_raised_held_or_not(story: Story) -> None:
    """Whoever is unhappy and was not taken back has an alert at the end, and nobody else has."""
    stage = Stage(story, "straight").play()
    scores: dict[str, int] = {}
    gone: dict[str, set[str]] = {}
    for step in story.happens:
        if not isinstance(step, Answers):
            continue
        marks = gone.setdefault(step.response, set())
        if step.event == "restored":
            marks.discard("excluded")
        elif step.event in _MARKS:
            marks.add(step.event)
        elif not marks & {"forget_all", "deleted"} and step.score is not None:
            scores[step.response] = step.score
    unhappy = {name for name, score in scores.items() if score <= 6 and not gone[name]}
    last = {e["response_id"]: e["kind"] for e in _raw(stage) if e["kind"] in {"raised", "retracted"}}
    muted = {name for name in unhappy if _is_muted(story, name)}
    assert unhappy - muted == {name for name, kind in last.items() if kind == "raised"} - muted


def _is_muted(story: Story, name: str) -> bool:
    """Whether something happened to a response more than a week after its submission: that may raise nothing."""
    steps = [step for step in story.happens if isinstance(step, Answers) and step.response == name]
    submitted_ms = story.ms(steps[0].submitted or steps[0].at)
    return any(story.ms(step.at) - submitted_ms > 7 * DAY_MS for step in steps)


@_THOROUGH
@given(stories())
def test_a_few_an_hour_interrupt_and_the_others_stand_in_one_digest(story: Story) -> None:
    """P1s always do, and the others up to the limit; who is held and still waits when the hour is over is listed."""
    stage = Stage(story, "straight").play()
    stage_events = list(zip(stage.told_ms, _raw(stage), strict=True))
    raised = [(ms(event["at"]) // HOUR_MS, event) for _, event in stage_events if event["kind"] == "raised"]
    for _, told in groupby(sorted(raised, key=_place), key=_place):
        told_in_hour = [event for _, event in told]
        assert MOST_AN_HOUR >= sum(not event["held"] for event in told_in_hour if event["severity"] != "P1")
        if len(told_in_hour) <= MOST_AN_HOUR:
            assert not any(event["held"] for event in told_in_hour)
    assert not any(event["held"] for _, event in stage_events if event["severity"] == "P1")
    over_ms = stage.now_ms // HOUR_MS * HOUR_MS
    until = [one for one in stage_events if one[0] < over_ms]
    assert in_digests([event for _, event in until], [at_ms for at_ms, _ in until]) == _listed(stage)
    digests = [event["alert_id"] for event in _raw(stage) if event["kind"] == "digest"]
    assert len({*digests}) == len(digests)


def _place(one: tuple[int, Event]) -> tuple[str, int]:
    return one[1]["store"], one[0]


@_THOROUGH
@given(stories())
def test_who_is_held_follows_from_the_log_alone(story: Story) -> None:
    """The same answers and corrections, read as they come or in one go, with no digest in between."""
    story.happens = [step for step in story.happens if isinstance(step, Answers | Rules)]
    straight, later = Stage(story, "straight").play(), Stage(story, "straight")
    for step in story.happens:
        step.backlog = step.outage = True
    later.play()
    held = [[(e["alert_id"], e["held"]) for e in _raw(stage) if e["kind"] == "raised"] for stage in (straight, later)]
    assert held[0] == held[1]
    assert not _listed(later) - _listed(straight)


def _listed(stage: Stage) -> Counter[str]:
    return Counter(one["alert_id"] for event in _raw(stage) if event["kind"] == "digest" for one in event["alerts"])


@_THOROUGH
@given(stories(), st.sampled_from([0, 3, 50, 20 * 24, 29 * 24]))
def test_the_turnaround_is_a_recount_of_the_events(story: Story, later_h: int) -> None:
    """Of each store and of the brand, now and later."""
    last = int(story.happens[-1].at.removesuffix("s"))
    steps = [*story.happens, Passes(at=f"{last + later_h * 3_600}s")]
    stage = Stage(Story(name="any", happens=steps, told=[]), "straight").play()
    cases = _cases(stage).values()
    for key in ("Nord|Lyon", "Nord|Lille", "Nord"):
        score = stage.score(key)
        here = [case for case in cases if f"Nord|{case.own[0]['store']}" in {key, *_stores_of(key)}]
        if score is None:
            assert not here
            continue
        said = score["follow_up"]
        expected = follow_up_of(here, stage.now_ms)
        found: dict[str, Any] = {name: said[name] for name in expected}
        for name in ("acknowledge", "contact", "resolve"):
            found[name] = (said[name]["n"], said[name]["waiting"])
        assert expected == found, key


def _stores_of(key: str) -> set[str]:
    return {"Nord|Lyon", "Nord|Lille"} if key == "Nord" else set()


@_THOROUGH
@given(stories())
def test_an_action_that_is_repeated_changes_nothing(story: Story) -> None:
    """Everything that was done is sent once more at the end: no event, no row."""
    stage = Stage(story, "straight").play()
    told, rows = len(stage.told_ms), dict(stage.desk.ledger.desk.filed)
    done = {event["action"]["action_id"] for event in _raw(stage) if event["action"]}
    for step in story.happens:
        if isinstance(step, Acts) and step.id in done:
            stage.take(step)
    assert told == len(stage.told_ms)
    assert rows == stage.desk.ledger.desk.filed


@_THOROUGH
@given(stories())
def test_who_is_forgotten_has_left_no_trace(story: Story) -> None:
    """In no row of any case that an alert of theirs had: not in memory, and not in the changelog once compacted."""
    stage = Stage(story, "straight").play()
    forgotten = {
        step.response for step in story.happens if isinstance(step, Answers) and "forget" in (step.event or "")
    }
    ids = {e["alert_id"] for e in _raw(stage) if e["kind"] == "raised" and e["response_id"] in forgotten}
    last = {row.key: row.value for row in stage.desk.changelog}
    for alert_id in ids:
        rows = [value for key, value in last.items() if key.endswith(alert_id.encode()) and value is not None]
        assert rows
        for row in rows:
            case = unpack_case(alert_id, row)
            assert (0, 0) == (case.customer, case.flags & CONTACTABLE)


def test_a_recount_can_fail() -> None:
    """It is no echo of what it is compared with: a move too many, a clock too few and a figure that is off are seen."""
    story = Story(
        name="any",
        happens=[
            Answers(at="0s", response="r1", score=5),
            Acts(at="1h", doing="acknowledged", alert="r1"),
            Passes(at="50h"),
        ],
        told=[],
    )
    stage = Stage(story, "straight").play()
    (case,) = _cases(stage).values()
    breached = [at_ms for at_ms, event in case.events if event["kind"] == "breached"]
    assert [(at_ms, at_ms) for at_ms in breached] == case.fires_ms("breach", case.due_ms, stage.now_ms)
    case.events = [one for one in case.events if one[1]["kind"] != "breached"]
    assert [] != case.fires_ms("breach", case.due_ms, stage.now_ms)
    assert follow_up_of([case], stage.now_ms)["overdue"] == 0
    case.events.insert(0, case.events[1])
    with pytest.raises(AssertionError):
        case.states()


def _sorted(events: list[Event]) -> list[Event]:
    return sorted(events, key=lambda event: (event["alert_id"], event["sequence"]))
