"""What becomes of the alert of a response: raised, enriched, retracted, raised again under the next generation.

Each step is one event, with a sequence number within its alert. What was said to the subscribers is kept as hashes, so
that the same comment sent twice is told once and nobody's words are kept.

    two words per alert
    word 0              hash of the comment that was told, 0 for none
    word 1, bits  0-31  hash of the customer reference that was told, 0 for none
            bits 32-43  generation            bits 44-59  sequence number of the last event
            bit  60     open                  bit  61  consent to be contacted        bit  62  asked to be contacted
"""

from typing import Final, Literal, NamedTuple

import xxhash

from streams.domain.vote import DELETED, EXCLUDED, FORGOTTEN, SCORE_MASK, wants_alert

Kind = Literal["raised", "enriched", "retracted"]
Change = Literal["score", "comment", "contact"]
Retraction = Literal["not_detractor", "deleted", "excluded", "forgotten"]

GENERATION_MAX: Final = (1 << 12) - 1
"""A response that fell so often falls silently from then on."""
SEQUENCE_MAX: Final = (1 << 16) - 1
"""The number of the last event that an alert can have."""
SEQUENCE_ROOM: Final = 16
"""Numbers that are left to the events that must not be missing, once corrections, notes and calls used up the rest."""
SEQUENCE_OF_CASES: Final = 0xF000
"""The last number that an alert can have while its case is kept.

Corrections that come when it is forgotten have the numbers behind it: how many people and clocks had is not known then.
"""
_GENERATION_SHIFT: Final = 32
_SEQUENCE_SHIFT: Final = 44
_OPEN: Final = 1 << 60
_CONSENT: Final = 1 << 61
_REQUESTED: Final = 1 << 62
_CUSTOMER_MASK: Final = 0xFFFF_FFFF
_FIRST: Final = _OPEN | 1 << _SEQUENCE_SHIFT

Words = tuple[int, int]
"""A packed alert."""
LEGACY: Final[Words] = (0, _FIRST)
"""An alert of a release that kept only that it was raised."""


class Said(NamedTuple):
    """What a record says that matters to whoever calls back: hashes, 0 or None for what it does not say."""

    comment: int = 0
    customer: int = 0
    consent: bool | None = None
    requested: bool | None = None


class AlertState(NamedTuple):
    """The latest alert of a response, and what its subscribers were told."""

    generation: int
    sequence: int
    is_open: bool
    comment: int
    customer: int
    consent: bool
    requested: bool

    @property
    def contactable(self) -> bool:
        """A customer is known and agreed to be contacted."""
        return bool(self.customer) and self.consent

    def pack(self) -> Words:
        """The two words."""
        return self.comment, (
            self.customer
            | self.generation << _GENERATION_SHIFT
            | self.sequence << _SEQUENCE_SHIFT
            | (_OPEN if self.is_open else 0)
            | (_CONSENT if self.consent else 0)
            | (_REQUESTED if self.requested else 0)
        )


class Step(NamedTuple):
    """One event of an alert: `changes` of an enriched one, `reason` of a retracted one."""

    kind: Kind
    changes: tuple[Change, ...] = ()
    reason: Retraction | None = None


_NOTHING_TOLD: Final = AlertState(0, 1, is_open=True, comment=0, customer=0, consent=False, requested=False)


def is_used_up(sequence: int) -> bool:
    """Whether an alert that has come to a number has none left for what could go on for ever."""
    last = SEQUENCE_OF_CASES if sequence < SEQUENCE_OF_CASES else SEQUENCE_MAX
    return sequence >= last - SEQUENCE_ROOM


def unpack_alert(words: Words) -> AlertState:
    """The alert of two words."""
    comment, word = words
    return AlertState(
        generation=word >> _GENERATION_SHIFT & GENERATION_MAX,
        sequence=word >> _SEQUENCE_SHIFT & SEQUENCE_MAX,
        is_open=bool(word & _OPEN),
        comment=comment,
        customer=word & _CUSTOMER_MASK,
        consent=bool(word & _CONSENT),
        requested=bool(word & _REQUESTED),
    )


def told(text: str | None) -> int:
    """64 bits that tell one text from another, 0 for none. Two of them are alike with a chance of 2^-64."""
    return 0 if text is None else xxhash.xxh3_64_intdigest(text.encode()) or 1


def told_customer(reference: str | None) -> int:
    """32 bits that tell one customer of a response from another, 0 for none."""
    return 0 if not reference else told(reference) & _CUSTOMER_MASK or 1


def first_alert(comment: str | None, customer: int, *, consent: bool, requested: bool) -> Words:
    """The words of an alert that was just raised for the first time; `customer` is a hash by `told_customer`."""
    word = _FIRST | customer
    if consent:
        word |= _CONSENT
    if requested:
        word |= _REQUESTED
    return told(comment), word


def follow(
    state: AlertState | None, before: int | None, vote: int, said: Said
) -> tuple[AlertState | None, Step | None]:
    """What an event does to the alert of a response whose vote was `before` and is `vote` now.

    At most one step. Nothing is retracted that was not raised, but for one thing: whoever was told of a person that is
    now forgotten is told so, also where the alert was retracted already.
    """
    if state is None or not state.is_open:
        return _follow_closed(state, before, vote, said)
    if not wants_alert(vote):
        return _retract(state, _reason(vote), said)
    after = _told(state, said)
    changes: list[Change] = []
    if before is not None and before & SCORE_MASK != vote & SCORE_MASK:
        changes.append("score")
    if after.comment != state.comment:
        changes.append("comment")
    if after[4:] != state[4:]:
        changes.append("contact")
    if not changes or is_used_up(state.sequence):
        return _heard(state, said), None
    return after._replace(sequence=state.sequence + 1), Step("enriched", tuple(changes))


def _follow_closed(
    state: AlertState | None, before: int | None, vote: int, said: Said
) -> tuple[AlertState | None, Step | None]:
    if wants_alert(vote):
        return _raise(state, said)
    if state is None:
        return None, None
    if not vote & FORGOTTEN:
        return _heard(state, said), None
    return (state, None) if (before or 0) & FORGOTTEN else _retract(state, "forgotten", said)


def _raise(state: AlertState | None, said: Said) -> tuple[AlertState | None, Step | None]:
    if state is None:
        return _told(_NOTHING_TOLD, said), Step("raised")
    if state.generation == GENERATION_MAX:
        return _heard(state, said), None
    after = _told(state, said)._replace(generation=state.generation + 1, sequence=1, is_open=True)
    return after, Step("raised")


def _retract(state: AlertState, reason: Retraction, said: Said) -> tuple[AlertState, Step]:
    if reason == "forgotten":
        after = state._replace(comment=0, customer=0, consent=False, requested=False)
    else:
        after = _told(state, said)
    after = after._replace(sequence=min(state.sequence + 1, SEQUENCE_MAX), is_open=False)
    return after, Step("retracted", reason=reason)


def _reason(vote: int) -> Retraction:
    if vote & FORGOTTEN:
        return "forgotten"
    if vote & DELETED:
        return "deleted"
    return "excluded" if vote & EXCLUDED else "not_detractor"


def _told(state: AlertState, said: Said) -> AlertState:
    """The state once what was said is told; what was not said stands."""
    return state._replace(
        comment=said.comment or state.comment,
        customer=said.customer or state.customer,
        consent=state.consent if said.consent is None else said.consent,
        requested=state.requested if said.requested is None else said.requested,
    )


def _heard(state: AlertState, said: Said) -> AlertState:
    """The state once a record was read that nobody is told of: a withdrawn consent is withdrawn all the same."""
    return state._replace(
        consent=state.consent if said.consent is None else said.consent,
        requested=state.requested if said.requested is None else said.requested,
    )
