"""What follows an answer: a till repeats itself, and customers add to what they said, change it or take it back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from streams.demo.answers import Visit, comment_for, record_of, write_customer
from streams.demo.records import Document, Kind, Record

_RETRIED_MS = 3_000
"""A till that got no answer sends again within this."""
_FIRST_MS = _RETRIED_MS + 500
"""After any retry: an old version that comes after a newer one is a correction that came too late, no duplicate."""
_CHANGES = {
    Kind.COMMENT: 52,
    Kind.CONTACT: 10,
    Kind.EDIT: 16,
    Kind.DELETION: 6,
    Kind.EXCLUSION: 8,
    Kind.FORGET_IDENTITY: 3,
    Kind.FORGET_ALL: 2,
}
_SHOWN_FIRST = (Kind.EDIT, Kind.FORGET_IDENTITY, Kind.COMMENT, Kind.EXCLUSION, Kind.CONTACT, Kind.FORGET_ALL)
_EVENTS = {
    Kind.DELETION: "deleted",
    Kind.EXCLUSION: "excluded",
    Kind.RESTORATION: "restored",
    Kind.FORGET_IDENTITY: "forget_identity",
    Kind.FORGET_ALL: "forget_all",
}
_WHY = {
    Kind.DELETION: ("the customer withdrew it", "survey tool"),
    Kind.EXCLUSION: ("given by our own staff, it seemed", "head office"),
    Kind.RESTORATION: ("it was a customer after all", "head office"),
    Kind.FORGET_IDENTITY: ("the customer asked to be forgotten", "customer service"),
    Kind.FORGET_ALL: ("the customer asked to be forgotten", "customer service"),
}
_NAMED_BY = ("response_id", "source", "brand", "store", "submitted_at")

Change = tuple[Kind, Document, int]
"""What a change is, what its record adds to the first one or says instead, and how long after the one before, in ms."""


@dataclass(kw_only=True)
class FollowUps:
    """Decides what follows answers, and has it remembered until its time comes."""

    random: Random
    remember: Callable[[Record], None]
    _to_show: list[Kind] = field(default_factory=lambda: [*_SHOWN_FIRST])
    """What the first unhappy customers do soon, one each, so that half a minute shows all of it."""

    def up(self, record: Record, document: Document, visit: Visit) -> None:
        """Decide what follows this answer, if anything."""
        random, channel = self.random, visit.channel
        if random.random() < channel.repeats:
            self.remember(again(record, record.at_ms + random.randint(300, _RETRIED_MS)))
        first_ms = _FIRST_MS + round(random.expovariate(1 / 15_000))
        if self._to_show and record.kind is Kind.ANSWER and channel.versioned and document["score"] <= 6:
            what, first_ms = self._to_show.pop(0), _FIRST_MS + random.randint(0, 1_000)
        elif random.random() < channel.revises:
            what = random.choices([*_CHANGES], [*_CHANGES.values()])[0]
        else:
            return
        at_ms = record.at_ms + first_ms
        version = 1
        for kind, changed, later_ms in _changes(random, what, document, visit):
            at_ms += later_ms
            version += 1
            newer: dict[str, Any] = {"version": version} if channel.versioned else {}
            self.remember(record_of(changed | newer, visit, at_ms=at_ms, kind=kind))


def again(record: Record, at_ms: int) -> Record:
    """The same record once more."""
    return Record(at_ms=at_ms, kind=Kind.RETRY, key=record.key, value=record.value)


def _changes(random: Random, what: Kind, document: Document, visit: Visit) -> Iterator[Change]:
    if what is Kind.EDIT:
        yield from _edits(random, document)
    elif what is Kind.COMMENT:
        comment = comment_for(random, visit, document["score"], document["language"])
        yield what, document | {"event": random.choice(("updated", "finished")), "comment": comment}, 0
    elif what is Kind.CONTACT:
        # From the customer files, which know nothing of the rest.
        known = {name: document[name] for name in (*_NAMED_BY, "score", "scale_min", "scale_max") if name in document}
        customer = write_customer(random, document["score"]) | {"consent": {"contact": True}}
        yield what, known | {"event": "updated"} | customer, 0
    else:
        yield what, _mark(what, document), 0
        if what is Kind.EXCLUSION and random.random() < 0.5:
            yield Kind.RESTORATION, _mark(Kind.RESTORATION, document), 4_000


def _edits(random: Random, document: Document) -> Iterator[Change]:
    """Another score; some customers change their mind twice, and some after that once more."""
    score, later_ms = document["score"], 0
    for chance in (1.0, 0.5, 0.4):
        if random.random() >= chance:
            return
        score = _second_thought(random, score)
        yield Kind.EDIT, document | {"event": "updated", "score": score}, later_ms
        later_ms = random.randint(3_000, 5_000)


def _mark(what: Kind, document: Document) -> Document:
    why, by = _WHY[what]
    return {name: document[name] for name in _NAMED_BY} | {"event": _EVENTS[what], "reason": why, "by": by}


def _second_thought(random: Random, score: int) -> int:
    """Who was unhappy was helped, perhaps; of the others some came home and found something broken."""
    if score <= 6:
        return min(10, score + random.randint(1, 5))
    return random.choice([other for other in (4, 6, 7, 8, 9, 10) if other != score])
