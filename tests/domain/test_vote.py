"""What an event does to a vote: the rules of the facts, one by one and in any order."""

from collections.abc import Sequence
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.domain.tally import ONE
from streams.domain.vote import (
    COMMENTED,
    COUNTS,
    DELETED,
    EXCLUDED,
    FORGOTTEN,
    KIOSK,
    MINUTE_MASK,
    MINUTE_SHIFT,
    MUTED,
    NO_ANSWER,
    OFFSET_MAX,
    OFFSET_SHIFT,
    RAISED,
    SCORE_MASK,
    Decision,
    Event,
    Versions,
    decide,
    new_vote,
    wants_alert,
)
from tests.strategies import EVENTS, SCORES

ANSWERS = ("created", "updated", "finished")
MARKS: tuple[Event, ...] = ("deleted", "excluded", "restored", "forget_identity", "forget_all")


class Said(NamedTuple):
    """An event of one response, in short."""

    event: Event
    version: int | None = None
    score: int = NO_ANSWER


def _decisions(*events: Said) -> list[Decision]:
    """What each of these events does, in this order, the first at offset 17."""
    decisions: list[Decision] = []
    vote: int | None = None
    versions: Versions | None = None
    for offset, (event, version, score) in enumerate(events, 17):
        decision = decide(vote, versions, event=event, version=version, score=score, minute=600, offset=offset)
        vote, versions = decision.vote, decision.versions
        decisions.append(decision)
    return decisions


def _after(*events: Said) -> Decision:
    """What the last of these events does."""
    return _decisions(*events)[-1]


def _dispositions(*events: Said) -> list[str]:
    return [decision.disposition for decision in _decisions(*events)]


def _facts(vote: int) -> tuple[int, bool, bool]:
    return vote & SCORE_MASK, bool(vote & EXCLUDED), bool(vote & DELETED)


def _offset(vote: int) -> int:
    return vote >> OFFSET_SHIFT


def _is_forgotten(vote: int) -> bool:
    return bool(vote & FORGOTTEN)


@pytest.mark.parametrize("event", ANSWERS)
@pytest.mark.parametrize("version", [None, 0, 7])
def test_the_first_answer_of_an_unknown_response_counts_it(event: Event, version: int | None) -> None:
    """`updated` and `finished` of an unknown response are its creation."""
    after = _after(Said(event, version, 4))
    assert ("counted", ONE[4]) == (after.disposition, COUNTS[after.vote & 0xFF])
    assert (None if version is None else Versions(answer=version)) == after.versions


@pytest.mark.parametrize("event", MARKS)
@pytest.mark.parametrize("version", [None, 3])
def test_a_mark_on_an_unknown_response_stays_and_counts_nothing(event: Event, version: int | None) -> None:
    """It is a correction, and waits for the answer."""
    after = _after(Said(event, version))
    assert ("correction", 0) == (after.disposition, COUNTS[after.vote & 0xFF])
    assert (NO_ANSWER, event == "excluded", event in {"deleted", "forget_all"}) == _facts(after.vote)
    assert (event in {"forget_identity", "forget_all"}) == _is_forgotten(after.vote)


@pytest.mark.parametrize("event", ANSWERS)
def test_an_answer_fills_a_mark_as_a_correction(event: Event) -> None:
    """Under a deletion or an exclusion it counts nothing; under a restoration it does, and where only a person went."""
    marks: dict[Event, int] = {
        "deleted": 0,
        "excluded": 0,
        "forget_all": 0,
        "restored": ONE[9],
        "forget_identity": ONE[9],
    }
    for mark, counted in marks.items():
        after = _after(Said(mark), Said(event, None, 9))
        assert ("correction", 9, counted) == (after.disposition, _facts(after.vote)[0], COUNTS[after.vote & 0xFF])


def test_without_versions_a_second_created_is_a_duplicate_whatever_its_body() -> None:
    """The first answer stays."""
    after = _after(Said("created", None, 9), Said("created", None, 2))
    assert ("duplicate", 9, 17) == (after.disposition, _facts(after.vote)[0], _offset(after.vote))


def test_without_versions_created_after_updated_is_a_duplicate() -> None:
    """There is an answer already."""
    assert ["counted", "duplicate"] == _dispositions(Said("updated", None, 3), Said("created", None, 9))


def test_without_versions_the_last_update_to_arrive_is_the_answer() -> None:
    """Updated and finished replace it, and each is a correction."""
    events = Said("created", None, 9), Said("updated", None, 3), Said("finished", None, 7)
    assert ["counted", "correction", "correction"] == _dispositions(*events)
    assert (7, False, False) == _facts(_after(*events).vote)


def test_without_versions_exclusion_follows_arrival() -> None:
    """Excluded, restored, excluded: the last one holds."""
    answer, out, back = Said("created", None, 9), Said("excluded"), Said("restored")
    assert 0 == COUNTS[_after(answer, out).vote & 0xFF]
    assert ONE[9] == COUNTS[_after(answer, out, back).vote & 0xFF]
    assert 0 == COUNTS[_after(answer, out, back, out).vote & 0xFF]


@pytest.mark.parametrize("version", [None, 9])
@pytest.mark.parametrize("event", [*ANSWERS, *MARKS])
@pytest.mark.parametrize("deletion", ["deleted", "forget_all"])
def test_nothing_brings_a_deleted_response_back(deletion: Event, event: Event, version: int | None) -> None:
    """A deletion is final, by version as well, whoever ordered it."""
    deleted_in = None if version is None else 1
    after = _after(
        Said("created", deleted_in, 9), Said(deletion, deleted_in), Said(event, version, 10), Said("restored", version)
    )
    assert 0 == COUNTS[after.vote & 0xFF]
    assert after.vote & DELETED


@pytest.mark.parametrize("version", [None, 9])
@pytest.mark.parametrize("event", [*ANSWERS, *MARKS])
@pytest.mark.parametrize("order", ["forget_identity", "forget_all"])
def test_nothing_brings_a_forgotten_person_back(order: Event, event: Event, version: int | None) -> None:
    """Whatever comes later leads nowhere: no offset, before and after."""
    ordered_in = None if version is None else 1
    forgotten = Said("created", ordered_in, 9), Said(order, ordered_in)
    for after in (_after(*forgotten), _after(*forgotten, Said(event, version, 4))):
        assert _is_forgotten(after.vote)
        assert 0 == _offset(after.vote)


def test_a_forgotten_identity_leaves_the_vote() -> None:
    """It counts on, and an answer still changes it: only the links to the person are gone."""
    created, forgotten = Said("created", None, 9), Said("forget_identity")
    assert ONE[9] == COUNTS[_after(created, forgotten).vote & 0xFF]
    assert ONE[3] == COUNTS[_after(created, forgotten, Said("updated", None, 3)).vote & 0xFF]
    assert 0 == COUNTS[_after(created, forgotten, Said("excluded")).vote & 0xFF]


@pytest.mark.parametrize("version", [None, 0, 2, 9])
def test_forgetting_holds_whatever_its_version(version: int | None) -> None:
    """An order that names an older version than the answer is an order all the same."""
    after = _after(Said("created", 5, 9), Said("updated", 7, 8), Said("forget_all", version))
    assert (8, False, True) == _facts(after.vote)
    assert _is_forgotten(after.vote)


def test_forgetting_twice_changes_nothing() -> None:
    """The second order finds nothing; all of it after the identity alone finds the vote."""
    once = _after(Said("created", None, 9), Said("forget_all"))
    for again in (Said("forget_all"), Said("forget_identity"), Said("deleted")):
        assert (once.vote, once.versions, "correction") == _after(Said("created", None, 9), Said("forget_all"), again)
    more = _after(Said("created", None, 9), Said("forget_identity"), Said("forget_all"))
    assert (9, False, True) == _facts(more.vote)


def test_an_answer_under_an_exclusion_is_kept_up_to_date() -> None:
    """An event changes its own fact alone: restored, the newest answer counts."""
    after = _after(Said("created", None, 9), Said("excluded"), Said("updated", None, 2), Said("restored"))
    assert ONE[2] == COUNTS[after.vote & 0xFF]


def test_the_same_version_again_is_a_duplicate_and_an_older_one_a_correction() -> None:
    """Neither changes the vote."""
    events = Said("created", 5, 9), Said("created", 5, 9), Said("updated", 5, 1), Said("updated", 4, 1)
    assert ["counted", "duplicate", "duplicate", "correction"] == _dispositions(*events)
    assert _after(events[0]).vote == _after(*events).vote


def test_an_exclusion_that_comes_too_late_changes_nothing() -> None:
    """Version 3 was restored already when the exclusion of version 2 arrives."""
    events = Said("created", 1, 9), Said("restored", 3), Said("excluded", 2)
    assert ["counted", "correction", "correction"] == _dispositions(*events)
    assert ONE[9] == COUNTS[_after(*events).vote & 0xFF]


def test_of_two_marks_of_one_version_the_first_counts() -> None:
    """As with answers: what carries a version that is known came twice, whatever it says."""
    for marks, counted in ((("excluded", "restored"), 0), (("restored", "excluded"), ONE[9])):
        first, second = (Said(event, 3) for event in marks)  # type: ignore[arg-type]
        events = Said("created", 1, 9), first, second
        assert ["counted", "correction", "correction"] == _dispositions(*events)
        assert counted == COUNTS[_after(*events).vote & 0xFF]


def test_versions_of_one_fact_say_nothing_about_another() -> None:
    """An answer of version 1 is not older than an exclusion of version 8: they are two facts."""
    after = _after(Said("excluded", 8), Said("created", 1, 9), Said("restored", 9))
    assert (ONE[9], Versions(answer=1, excluded=9)) == (COUNTS[after.vote & 0xFF], after.versions)


def test_a_repeated_deletion_changes_nothing() -> None:
    """It is a correction that came too late to matter."""
    once = _after(Said("created", 1, 9), Said("deleted", 2))
    again = _after(Said("created", 1, 9), Said("deleted", 2), Said("deleted", 3))
    assert (once.vote, once.versions, "correction") == again


@st.composite
def versioned(draw: st.DrawFn) -> tuple[list[Said], list[Said]]:
    """Events of one response with versions, as they were made and as they arrive."""
    versions = draw(st.lists(st.integers(0, 30), unique=True, max_size=6))
    made = []
    for version in sorted(versions):
        event = draw(EVENTS)
        made.append(Said(event, version, draw(SCORES) if event in ANSWERS else NO_ANSWER))
    arrived = draw(st.permutations([*made, *draw(st.lists(st.sampled_from(made), max_size=3))] if made else made))
    return made, list(arrived)


def _final(made: Sequence[Said]) -> tuple[int, bool, bool]:
    """The facts by their definition: of each the newest version; a deletion is for good."""
    answers = [(said.version, said.score) for said in made if said.event in ANSWERS]
    marks = [(said.version, said.event) for said in made if said.event in {"excluded", "restored"}]
    excluded = bool(marks) and max(marks, key=lambda mark: mark[0] or 0)[1] == "excluded"
    score = max(answers, key=lambda answer: answer[0] or 0)[1] if answers else NO_ANSWER
    return score, excluded, any(said.event in {"deleted", "forget_all"} for said in made)


@settings(deadline=None, max_examples=150)
@given(versioned())
def test_versioned_events_give_the_same_facts_in_any_order(case: tuple[list[Said], list[Said]]) -> None:
    """Reordered and repeated, they end as the newest version of each fact says."""
    made, arrived = case
    if not made:
        return
    after = _after(*arrived)
    assert _final(made) == _facts(after.vote)
    score, excluded, deleted = _final(made)
    counted = 0 if excluded or deleted or score == NO_ANSWER else ONE[score]
    assert counted == COUNTS[after.vote & 0xFF]
    assert any(said.event.startswith("forget") for said in made) == _is_forgotten(after.vote)


@settings(deadline=None, max_examples=150)
@given(versioned())
def test_an_event_that_is_repeated_at_once_changes_nothing(case: tuple[list[Said], list[Said]]) -> None:
    """Nor is it counted twice."""
    _, arrived = case
    for n in range(len(arrived)):
        once = _after(*arrived[: n + 1])
        again = _after(*arrived[: n + 1], arrived[n])
        assert once[:2] == again[:2]
        assert "counted" != again.disposition


@settings(deadline=None, max_examples=100)
@given(versioned())
def test_exactly_one_event_at_most_counts_a_response(case: tuple[list[Said], list[Said]]) -> None:
    """The first, if it is an answer; all others are duplicates and corrections."""
    _, arrived = case
    dispositions = _dispositions(*arrived)
    first = ["counted"] if arrived and arrived[0].event in ANSWERS else []
    assert first == [d for d in dispositions if d == "counted"]


@given(SCORES, st.integers(0, 1439), st.integers(0, OFFSET_MAX))
def test_a_vote_keeps_score_minute_and_offset(score: int, minute: int, offset: int) -> None:
    """In 64 bits, without marks."""
    vote = new_vote(score, minute, offset)
    assert (score, minute, offset) == (vote & SCORE_MASK, vote >> MINUTE_SHIFT & MINUTE_MASK, vote >> OFFSET_SHIFT)
    assert 0 == vote & (EXCLUDED | DELETED | MUTED | RAISED)
    assert vote < 2**64


def test_an_offset_that_does_not_fit_is_our_own_bug() -> None:
    """After 2.2 million million records of a partition, not before."""
    with pytest.raises(AssertionError):
        new_vote(1, 0, OFFSET_MAX + 1)


def test_an_answer_moves_the_offset_and_leaves_the_minute_and_the_flags() -> None:
    """The minute is that of the first event: it says in which hour the vote counts, and that must not change."""
    first = new_vote(9, 600, 17) | MUTED | RAISED
    after = decide(first, None, event="updated", version=None, score=2, minute=1200, offset=40)
    assert (2, 600, 40) == (after.vote & SCORE_MASK, after.vote >> MINUTE_SHIFT & MINUTE_MASK, _offset(after.vote))
    assert MUTED | RAISED == after.vote & (MUTED | RAISED)


@pytest.mark.parametrize("score", [*range(11), NO_ANSWER])
def test_an_alert_is_wanted_of_a_detractor_who_counts(score: int) -> None:
    """And who is neither muted nor forgotten; where, when and with what it came plays no part."""
    vote = new_vote(score, 600, 17)
    for flags in (0, RAISED, KIOSK, COMMENTED, RAISED | KIOSK | COMMENTED):
        assert (score <= 6) == wants_alert(vote | flags)
    for silent in (EXCLUDED, DELETED, MUTED, FORGOTTEN, EXCLUDED | MUTED, DELETED | FORGOTTEN):
        assert not wants_alert(vote | silent)


def test_no_two_things_of_a_vote_share_a_bit() -> None:
    """Score, four marks of the low byte, minute, three flags and offset."""
    parts = [SCORE_MASK, EXCLUDED, DELETED, MUTED, RAISED, MINUTE_MASK << MINUTE_SHIFT, KIOSK, FORGOTTEN, COMMENTED]
    parts.append(OFFSET_MAX << OFFSET_SHIFT)
    together = 0
    for part in parts:
        assert 0 == together & part
        together |= part
    assert together < 2**64


def test_the_low_byte_says_whether_a_vote_counts() -> None:
    """Only an answer that is neither excluded nor deleted does, muted and raised or not."""
    for low, counted in enumerate(COUNTS):
        score = low & SCORE_MASK
        out = score > 10 or low & EXCLUDED or low & DELETED
        assert (0 if out else ONE[score]) == counted
