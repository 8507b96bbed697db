"""What the events of one response come to, spelled out from the rules with nothing of the product in it.

A response has three facts, each with the version that set it, and the mark that its person is forgotten. Its alert is
raised when the response becomes one to call back about, told of what is new, and retracted when it is none any more.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from chaos.rules.judge import ANSWERS

Document = dict[str, Any]

FORGETTING = ("forget_identity", "forget_all")
DETRACTOR_MAX = 6
_NONE_YET = -1


@dataclass(slots=True)
class Told:
    """What the subscribers of a response's alerts were told of the customer, and what is known of the customer's will.

    Of a comment and a customer that counts what went out with an event; of consent and of the wish to be contacted what
    was said last, since the first alert.
    """

    comment: str | None = None
    customer: str | None = None
    consent: bool = False
    requested: bool = False

    @property
    def contactable(self) -> bool:
        """There is a customer, who agreed."""
        return self.customer is not None and self.consent

    def hear(self, document: Document) -> None:
        """Take note of what a record says that goes no further."""
        self.consent = document.get("consent", {}).get("contact", self.consent)
        self.requested = document.get("contact_requested", self.requested)

    def tell(self, document: Document) -> list[str]:
        """Pass on what a record says; gives what of it is new. What it does not say stands."""
        was = replace(self)
        self.hear(document)
        self.comment = document.get("comment") or self.comment
        self.customer = document.get("customer_ref") or self.customer
        news = ["comment"] if self.comment != was.comment else []
        return news if replace(was, comment=self.comment) == self else [*news, "contact"]


@dataclass(slots=True)
class Step:
    """One event of an alert."""

    kind: str
    generation: int
    changes: list[str] = field(default_factory=list)
    reason: str | None = None


@dataclass(slots=True)
class Response:
    """The facts of a response, each with the version that set it, and what became of its alert."""

    at_ms: int
    score: int | None = None
    score_version: int = _NONE_YET
    excluded: bool = False
    excluded_version: int = _NONE_YET
    deleted: bool = False
    forgotten: bool = False
    muted: bool = False
    commented: bool = False
    told: Told = field(default_factory=Told)
    last: Step | None = None
    """The last event of the latest alert."""

    @property
    def vote(self) -> int | None:
        """The score that counts."""
        return None if self.excluded or self.deleted else self.score

    @property
    def is_open(self) -> bool:
        """Whether somebody is asked to call back."""
        return self.last is not None and self.last.kind != "retracted"

    @property
    def is_due(self) -> bool:
        """Whether somebody should be."""
        return self.vote is not None and self.vote <= DETRACTOR_MAX and not self.muted and not self.forgotten

    def apply(self, document: Document, *, known: bool, is_late: bool) -> str:
        """Let an event change its own fact, if it is newer there; else gives the disposition that this leaves it."""
        stale = self._apply(document, known=known)
        if stale:
            return stale
        if document["event"] not in FORGETTING:
            self.commented |= bool(document.get("comment"))
        if document["event"] in (*ANSWERS, "restored") and not self.is_open:
            self.muted |= is_late or document.get("imported", False)
        return ""

    def follow(self, document: Document, was: "Response") -> Step | None:
        """What is to be said of the alert after an event that changed something; `was` is the response until then."""
        if self.is_due:
            changes = self.told.tell(document)
            if not self.is_open:
                return self._say("raised")
            if was.score != self.score:
                changes = ["score", *changes]
            return self._say("enriched", changes=changes) if changes else None
        if self.forgotten:
            self.told = Told()
            return self._say("retracted", reason="forgotten") if self.last and not was.forgotten else None
        if self.is_open:
            self.told.tell(document)
            return self._say("retracted", reason=self._why_not())
        if self.last is not None:
            self.told.hear(document)
        return None

    def _say(self, kind: str, *, changes: list[str] | None = None, reason: str | None = None) -> Step:
        generation = -1 if self.last is None else self.last.generation
        self.last = Step(kind, generation + (kind == "raised"), changes or [], reason)
        return self.last

    def _why_not(self) -> str:
        if self.deleted:
            return "deleted"
        return "excluded" if self.excluded else "not_detractor"

    def _apply(self, document: Document, *, known: bool) -> str:
        event, version = document["event"], document.get("version")
        if event in ANSWERS:
            return self._answer(document["score"], version, is_first=event == "created")
        if event in ("deleted", *FORGETTING):
            before = self.deleted, self.forgotten
            self.deleted |= event != "forget_identity"
            self.forgotten |= event in FORGETTING
            return "correction" if before == (self.deleted, self.forgotten) else ""
        if version is None and known and self.excluded == (event == "excluded"):
            return "correction"
        if version is not None:
            if version <= self.excluded_version:
                return "correction"
            self.excluded_version = version
        self.excluded = event == "excluded"
        return ""

    def _answer(self, score: int, version: int | None, *, is_first: bool) -> str:
        if version is None:
            if is_first and self.score is not None:
                return "duplicate"
        elif version <= self.score_version:
            return "duplicate" if version == self.score_version else "correction"
        else:
            self.score_version = version
        self.score = score
        return ""
