"""A vote: all that is kept of one response, packed into 64 bits, and the decision what an event does to it.

    bits  0-3   score, 15 while there is no answer
    bit   4     excluded        bit 5  deleted        bit 6  muted        bit 7  raised an alert once
    bits  8-18  minute of the UTC day of `submitted_at`
    bit  19     given at a kiosk     bit 20  forgotten     bit 21  came with a comment
    bits 23-63  offset of the record that set the answer, or the first mark, in `survey.responses`; 0 once forgotten

The low byte alone says whether and where the vote counts, so a tally is a fold over low bytes.

A response has three facts: **answer** (set by created, updated, finished), **excluded** (excluded, restored) and
**deleted** (for good). An event changes only its own fact, and only if it is newer there: by version where it carries
one, by arrival where not. So the order in which versioned events arrive does not matter. Beside them it can be
**forgotten** (forget_identity, forget_all), for good: nothing leads to the person any more, and `forget_all` deletes.
"""

from typing import Final, Literal, NamedTuple

from streams.domain.score import DETRACTOR_MAX, SCORE_MAX
from streams.domain.tally import ONE

Event = Literal["created", "updated", "finished", "deleted", "excluded", "restored", "forget_identity", "forget_all"]
Disposition = Literal["counted", "duplicate", "correction"]

ANSWERS: Final = frozenset({"created", "updated", "finished"})
"""The events that carry an answer."""
FORGETTING: Final = frozenset({"forget_identity", "forget_all"})
"""The events that cut the links to the person."""

SCORE_MASK: Final = 0xF
NO_ANSWER: Final = 0xF
EXCLUDED: Final = 1 << 4
DELETED: Final = 1 << 5
MUTED: Final = 1 << 6
RAISED: Final = 1 << 7
MINUTE_SHIFT: Final = 8
MINUTE_MASK: Final = 0x7FF
KIOSK: Final = 1 << 19
FORGOTTEN: Final = 1 << 20
COMMENTED: Final = 1 << 21
OFFSET_SHIFT: Final = 23
OFFSET_MAX: Final = (1 << (64 - OFFSET_SHIFT)) - 1

_OFFSET_BITS: Final = OFFSET_MAX << OFFSET_SHIFT
_SILENT: Final = EXCLUDED | DELETED | MUTED | FORGOTTEN
_NEVER: Final = -1
_FINAL_MARKS: Final = {"deleted": DELETED, "forget_identity": FORGOTTEN, "forget_all": DELETED | FORGOTTEN}

COUNTS: Final[tuple[int, ...]] = tuple(
    0 if low & (EXCLUDED | DELETED) or (low & SCORE_MASK) > SCORE_MAX else ONE[low & SCORE_MASK] for low in range(256)
)
"""What a vote adds to its tallies, by its low byte."""


class Versions(NamedTuple):
    """The version that set each fact of a response, -1 where none did. Only for responses that carry versions."""

    answer: int = _NEVER
    excluded: int = _NEVER
    deleted: int = _NEVER


class Decision(NamedTuple):
    """The vote after an event, its versions, and what became of the event."""

    vote: int
    versions: Versions | None
    disposition: Disposition


def new_vote(score: int, minute: int, offset: int) -> int:
    """The vote of a response that is counted by its first event."""
    assert offset <= OFFSET_MAX
    return score | minute << MINUTE_SHIFT | offset << OFFSET_SHIFT


def wants_alert(vote: int) -> bool:
    """Whether somebody is to call back about a vote: it counts, is a detractor's, neither muted nor forgotten."""
    return not vote & _SILENT and vote & SCORE_MASK <= DETRACTOR_MAX


def decide(
    vote: int | None,
    versions: Versions | None,
    *,
    event: Event,
    version: int | None,
    score: int,
    minute: int,
    offset: int,
) -> Decision:
    """What an event does to a response; `vote` is None for an unknown one, `score` matters for answers only.

    An answer of an unknown response counts it. A mark on an unknown one stays as a vote without an answer, which a
    later answer fills. Whatever comes too late to matter changes nothing and is a correction all the same.
    """
    if event in ANSWERS:
        return _answer(vote, versions, event, version, score, minute, offset)
    before = new_vote(NO_ANSWER, minute, offset) if vote is None else vote
    old = versions or Versions()
    mark = _FINAL_MARKS.get(event)
    if mark is not None:
        after = before | mark
        if after == before:
            return Decision(before, versions, "correction")
        new = old._replace(deleted=_version(version)) if mark & ~before & DELETED else old
    else:
        if version is not None and version <= old.excluded:
            return Decision(before, versions, "correction")
        after = before | EXCLUDED if event == "excluded" else before & ~EXCLUDED
        new = old._replace(excluded=_version(version))
    if after & FORGOTTEN:
        after &= ~_OFFSET_BITS
    return Decision(after, versions if version is None or new == Versions() else new, "correction")


def _answer(
    vote: int | None, versions: Versions | None, event: Event, version: int | None, score: int, minute: int, offset: int
) -> Decision:
    if vote is None:
        first = None if version is None else Versions(answer=version)
        return Decision(new_vote(score, minute, offset), first, "counted")
    if version is None:
        if event == "created" and vote & SCORE_MASK != NO_ANSWER:
            return Decision(vote, versions, "duplicate")
    else:
        old = versions or Versions()
        if version <= old.answer:
            return Decision(vote, versions, "duplicate" if version == old.answer else "correction")
        versions = old._replace(answer=version)
    set_by = 0 if vote & FORGOTTEN else offset << OFFSET_SHIFT
    return Decision(vote & ~(SCORE_MASK | _OFFSET_BITS) | score | set_by, versions, "correction")


def _version(version: int | None) -> int:
    return _NEVER if version is None else version
