"""What the simulation sends: a record, what it is meant to be, and what the system should make of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a record is meant to be."""

    HISTORY = "history"
    """An answer of the past weeks, imported: it counts and raises nothing."""
    ANSWER = "answer"
    LATE = "late answer"
    """An answer that was on its way for hours or days."""
    STALE = "stale answer"
    """A paper card typed in after more than a week: it counts and raises nothing."""
    BACKLOG = "backlog"
    """An answer of the till that was offline."""
    MISROUTED = "misrouted answer"
    """An answer under a key that leads to another partition than its store's."""
    RETRY = "retry"
    """The same record again, by a till that saw no acknowledgement."""
    COMMENT = "late comment"
    EDIT = "edited score"
    DELETION = "deletion"
    EXCLUSION = "exclusion"
    RESTORATION = "restoration"
    MALFORMED = "malformed"


_ANSWERS = (Kind.HISTORY, Kind.ANSWER, Kind.LATE, Kind.STALE, Kind.BACKLOG, Kind.MISROUTED)
_CORRECTIONS = (Kind.COMMENT, Kind.EDIT, Kind.DELETION, Kind.EXCLUSION, Kind.RESTORATION)

ENDS_AS: Mapping[Kind, str] = {
    **dict.fromkeys(_ANSWERS, "counted"),
    **dict.fromkeys(_CORRECTIONS, "correction"),
    Kind.RETRY: "duplicate",
    Kind.MALFORMED: "dead_letter",
}
"""The disposition of a record of each kind, read in its store's partition; on its way there it is re-homed first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an independent recount has to know of an answer."""

    brand: str
    store: str
    source: str
    response_id: str
    score: int
    submitted_ms: int
    imported: bool = False

    @property
    def name(self) -> tuple[str, str, str, str]:
        """What tells it from all others."""
        return self.brand, self.store, self.source, self.response_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record for `survey.responses`. `at_ms` is when its producer sends it, in ms since the epoch.

    `answer` is set where the record brings a score that was not there before, `reason` where it is malformed.
    """

    at_ms: int
    kind: Kind
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    answer: Answer | None = None
    reason: str = ""
