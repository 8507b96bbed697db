"""What the simulation sends: a record, what it is meant to be, and what the system should make of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Document = dict[str, Any]
Name = tuple[str, str, str, str]
"""What tells a response from all others: brand, store, source and response id."""


class Kind(StrEnum):
    """What a record is meant to be."""

    HISTORY = "history"
    """An answer of the time before, imported: it counts and raises nothing."""
    ANSWER = "answer"
    LATE = "late answer"
    """An answer that was on its way for hours or days."""
    STALE = "stale answer"
    """A paper card typed in after more than a week: it counts and raises nothing."""
    BACKLOG = "backlog"
    """An answer of the till that was offline."""
    BURST = "kiosk burst"
    """One of many answers at one kiosk within seconds, most of them unhappy."""
    MISROUTED = "misrouted answer"
    """An answer under a key that leads to another partition than its store's."""
    RETRY = "retry"
    """The same record again, by a till that saw no acknowledgement."""
    COMMENT = "late comment"
    CONTACT = "late contact data"
    EDIT = "edited score"
    DELETION = "deletion"
    EXCLUSION = "exclusion"
    RESTORATION = "restoration"
    FORGET_IDENTITY = "order to forget a person"
    """The vote stays."""
    FORGET_ALL = "order to forget a person and the vote"
    MALFORMED = "malformed"


ANSWERS = (Kind.HISTORY, Kind.ANSWER, Kind.LATE, Kind.STALE, Kind.BACKLOG, Kind.BURST, Kind.MISROUTED)
"""What the first record of a response may be."""
_CORRECTIONS = (
    *(Kind.COMMENT, Kind.CONTACT, Kind.EDIT, Kind.DELETION, Kind.EXCLUSION, Kind.RESTORATION),
    *(Kind.FORGET_IDENTITY, Kind.FORGET_ALL),
)

ENDS_AS: Mapping[Kind, str] = {
    **dict.fromkeys(ANSWERS, "counted"),
    **dict.fromkeys(_CORRECTIONS, "correction"),
    Kind.RETRY: "duplicate",
    Kind.MALFORMED: "dead_letter",
}
"""The disposition of a record of each kind, read in its store's partition; on its way there it is re-homed first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a good record says, and when its response was submitted, in ms since the epoch."""

    submitted_ms: int
    document: Document

    @property
    def name(self) -> Name:
        """The response."""
        document = self.document
        return document["brand"], document["store"], document["source"], document["response_id"]

    @property
    def score(self) -> int | None:
        """The answer, where it brings one."""
        return self.document.get("score")

    @property
    def event(self) -> str:
        """What happened."""
        event: str = self.document.get("event", "created")
        return event


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record for `survey.responses`. `at_ms` is when its producer sends it, in ms since the epoch.

    `said` is what a recount has to know of it: not set where it is malformed or says what was said already. `reason` is
    set where it is malformed.
    """

    at_ms: int
    kind: Kind
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    said: Said | None = None
    reason: str = ""
