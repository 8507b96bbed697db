"""The facts of responses, looked up in all events that arrived for them by the words of the specification alone.

Nothing is imported of the product, and nothing is kept from event to event. Where the specification leaves room: an
event that is not newer in its own fact does nothing at all, and without versions `excluded` and `restored` are newer if
they change something.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

BRAND = "Nord"
"""The brand of all that happens here."""
ANSWERS = ("created", "updated", "finished")
FORGETTING = ("forget_identity", "forget_all")

Name = tuple[str, str, str | None, str]
"""The identity within the brand: store, UTC date, source and response id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event of a response as it arrives; `version` None for a source that has none, None for what is not said."""

    store: str
    response_id: str
    submitted_ms: int
    arrival_ms: int
    event: str
    version: int | None = None
    score: int | None = None
    source: str | None = None
    comment: str | None = None
    customer_ref: str | None = None
    consent: bool | None = None
    requested: bool | None = None
    imported: bool = False

    @property
    def date(self) -> str:
        """The UTC date of the submission."""
        return instant(self.submitted_ms).date().isoformat()

    @property
    def name(self) -> Name:
        """The identity."""
        return self.store, self.date, self.source, self.response_id


@dataclass(frozen=True, slots=True)
class Facts:
    """What is so after some events of a response."""

    score: int | None
    excluded: bool
    deleted: bool
    forgotten: bool

    @property
    def counts(self) -> bool:
        """Whether it is in the figures."""
        return self.score is not None and not self.excluded and not self.deleted


def facts(events: list[Happening]) -> Facts:
    """The facts after these events of one response, by their definition."""
    names = {event.event for event in events}
    answer = _newest([event for event in events if event.event in ANSWERS])
    mark = _newest([event for event in events if event.event in {"excluded", "restored"}])
    return Facts(
        score=None if answer is None else answer.score,
        excluded=mark is not None and mark.event == "excluded",
        deleted=bool(names & {"deleted", "forget_all"}),
        forgotten=bool(names & set(FORGETTING)),
    )


def is_news(earlier: list[Happening], event: Happening) -> bool:
    """Whether an event is newer in its own fact than all of its response that arrived before."""
    if event.event in ANSWERS:
        answers = [other for other in earlier if other.event in ANSWERS]
        return _newest([*answers, event]) is event
    if event.event in {"excluded", "restored"} and event.version is not None:
        marks = [other for other in earlier if other.event in {"excluded", "restored"}]
        return _newest([*marks, event]) is event
    return not earlier or facts(earlier) != facts([*earlier, event])


def disposition(earlier: list[Happening], event: Happening, *, news: bool) -> str:
    """What becomes of an event: counted, duplicate or correction."""
    if event.event not in ANSWERS:
        return "correction"
    if not earlier:
        return "counted"
    newest = _newest([other for other in earlier if other.event in ANSWERS])
    if not news and newest is not None and newest.version == event.version:
        return "duplicate"
    return "correction"


def _newest(events: list[Happening]) -> Happening | None:
    """By version the highest, the first that said so; without, the last, but `created` only if it is the first."""
    newest = None
    for event in events:
        if newest is None:
            newest = event
        elif event.version is None:
            newest = newest if event.event == "created" else event
        elif newest.version is None or event.version > newest.version:
            newest = event
    return newest


def instant(at_ms: int) -> datetime:
    """The UTC instant of ms since the epoch."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)


def rfc3339(at_ms: int) -> str:
    """The same as text."""
    return instant(at_ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")
