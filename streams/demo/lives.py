"""What must be said of alerts and of persons forgotten: a recount of its own, from what was sent alone.

It imports nothing that decides about responses. It knows less than they do, since not everything that may be sent is:
every correction is newer than what came before it, and follows an answer.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from streams.demo.records import Document, Name, Said

DETRACTOR_MAX = 6
_ANSWERS = ("created", "updated", "finished")


class AlertEvent(NamedTuple):
    """One event of an alert that a response brought; `what` is its kind, or the reason why it was retracted.

    `step` numbers these events within an alert from 1; what people and clocks do to it comes in between.
    """

    name: Name
    generation: int
    step: int
    what: str


class Audit(NamedTuple):
    """A record of what an order to forget did to the vote and to the alert."""

    action: str
    vote: str
    alert: str


@dataclass(slots=True)
class _Life:
    """A response, and what its subscribers know."""

    score: int = 0
    muted: bool = False
    excluded: bool = False
    deleted: bool = False
    forgotten: bool = False
    generation: int = -1
    step: int = 0
    is_open: bool = False
    comment: str = ""
    contact: tuple[str, bool, bool] = ("", False, False)
    """Customer, consent to be contacted, wish to be."""

    @property
    def is_due(self) -> bool:
        silent = self.excluded or self.deleted or self.forgotten or self.muted
        return self.score <= DETRACTOR_MAX and not silent


@dataclass(slots=True, kw_only=True)
class Lives:
    """Takes good records in the order in which Kafka has them.

    `alerts` are the events that there must be, each with the append time of its record, in ms since the epoch; `muted`
    the responses that raise nothing although somebody was unhappy, being too old or imported. All of it grows, by some
    30 MB an hour at the usual rate.
    """

    alert_max_age_ms: float
    alerts: dict[AlertEvent, int] = field(default_factory=dict)
    audits: Counter[Audit] = field(default_factory=Counter)
    muted: set[Name] = field(default_factory=set)
    _lives: dict[Name, _Life] = field(default_factory=dict)

    def take(self, said: Said, appended_ms: int) -> None:
        """The next record."""
        life = self._lives.setdefault(said.name, _Life())
        score = life.score if said.score is None else said.score
        changed = score != life.score
        life.score = score
        is_late = appended_ms - said.submitted_ms > self.alert_max_age_ms
        if said.event in (*_ANSWERS, "restored") and not life.is_open:
            life.muted |= is_late or said.document.get("imported", False)
        if life.muted and life.score <= DETRACTOR_MAX:
            self.muted.add(said.name)
        was_forgotten = life.forgotten
        _mark(life, said.event)
        what = _follow(life, said.document, changed=changed, was_forgotten=was_forgotten)
        if what:
            self.alerts[AlertEvent(said.name, life.generation, life.step, what)] = appended_ms
        if said.event.startswith("forget"):
            vote = "removed" if life.deleted else "kept"
            self.audits[Audit(said.event, vote, "retracted" if what else "none")] += 1


def _mark(life: _Life, event: str) -> None:
    life.deleted |= event in {"deleted", "forget_all"}
    life.forgotten |= event.startswith("forget")
    if event in {"excluded", "restored"}:
        life.excluded = event == "excluded"


def _follow(life: _Life, document: Document, *, changed: bool, was_forgotten: bool) -> str:
    """What is to be said after an event, empty for nothing; the number within its alert goes up with it."""
    was_open, life.is_open = life.is_open, life.is_due
    is_to_forget = life.forgotten and not was_forgotten and life.generation >= 0
    if not (was_open or life.is_open or is_to_forget):
        return ""
    is_news = _tell(life, document) or changed
    if life.is_open and not was_open:
        life.generation, life.step = life.generation + 1, 1
        return "raised"
    if life.is_open and not is_news:
        return ""
    life.step += 1
    return "enriched" if life.is_open else _why(life)


def _why(life: _Life) -> str:
    if life.forgotten:
        return "forgotten"
    if life.deleted:
        return "deleted"
    return "excluded" if life.excluded else "not_detractor"


def _tell(life: _Life, document: Document) -> bool:
    """Pass on what a record says beside its score; gives whether any of it is new. What it does not say stands."""
    customer, consent, wish = life.contact
    comment = document.get("comment") or life.comment
    contact = (
        document.get("customer_ref", customer),
        document.get("consent", {}).get("contact", consent),
        document.get("contact_requested", wish),
    )
    is_news = (comment, contact) != (life.comment, life.contact)
    life.comment, life.contact = comment, contact
    return is_news
