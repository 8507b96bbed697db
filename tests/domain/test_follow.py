"""What becomes of an alert: the table of its life, step by step, and what its two words keep."""

from collections.abc import Iterator
from itertools import chain, combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.follow import (
    GENERATION_MAX,
    LEGACY,
    SEQUENCE_MAX,
    SEQUENCE_OF_CASES,
    SEQUENCE_ROOM,
    AlertState,
    Said,
    Step,
    first_alert,
    follow,
    told,
    told_customer,
    unpack_alert,
)
from streams.domain.vote import DELETED, EXCLUDED, FORGOTTEN, MUTED, NO_ANSWER, RAISED, new_vote

COMMENT, OTHER_COMMENT = told("Cold coffee"), told("Cold coffee, again")
CUSTOMER, OTHER_CUSTOMER = told_customer("c-1"), told_customer("c-2")
NOTHING = Said()
NEWS = Said(OTHER_COMMENT, OTHER_CUSTOMER, consent=False, requested=False)

OPEN = AlertState(
    generation=3, sequence=5, is_open=True, comment=COMMENT, customer=CUSTOMER, consent=True, requested=True
)
CLOSED = OPEN._replace(is_open=False)
LAST_GENERATION = CLOSED._replace(generation=GENERATION_MAX)
FULL = OPEN._replace(sequence=SEQUENCE_MAX - SEQUENCE_ROOM)
"""An alert with no room for another enrichment."""
STATES = (None, OPEN, CLOSED, LAST_GENERATION, FULL, unpack_alert(LEGACY))

DETRACTOR, OTHER_DETRACTOR = new_vote(3, 600, 17), new_vote(0, 600, 18)
PROMOTER = new_vote(9, 600, 19)
UNANSWERED = new_vote(NO_ANSWER, 600, 20)
MARKS = (EXCLUDED, DELETED, MUTED, FORGOTTEN)

STATE_OF_AN_ALERT = st.builds(
    AlertState,
    generation=st.integers(0, GENERATION_MAX),
    sequence=st.integers(1, SEQUENCE_MAX),
    is_open=st.booleans(),
    comment=st.integers(0, 2**64 - 1),
    customer=st.integers(0, 2**32 - 1),
    consent=st.booleans(),
    requested=st.booleans(),
)
SAID = st.builds(
    Said,
    st.sampled_from([0, COMMENT, OTHER_COMMENT]),
    st.sampled_from([0, CUSTOMER, OTHER_CUSTOMER]),
    st.sampled_from([None, True, False]),
    st.sampled_from([None, True, False]),
)


def _votes() -> Iterator[int]:
    """Each score that matters under each set of marks."""
    marks = chain.from_iterable(combinations(MARKS, n) for n in range(len(MARKS) + 1))
    for score, flags in product((DETRACTOR, OTHER_DETRACTOR, PROMOTER, UNANSWERED), list(marks)):
        yield score | sum(flags)


VOTES = tuple(_votes())


def _marks(vote: int) -> set[int]:
    return {mark for mark in MARKS if vote & mark}


def _is_due(vote: int) -> bool:
    """By the words of the specification: counts, score at most 6, not muted, not forgotten."""
    return not _marks(vote) and vote % 16 <= 6


def _expected(state: AlertState | None, before: int | None, vote: int, *, has_news: bool) -> str | None:
    """The kind of the one event there is to be, and the reason of a retraction; None for silence."""
    forgotten_now = FORGOTTEN in _marks(vote) and (before is None or FORGOTTEN not in _marks(before))
    if state is None:
        return "raised" if _is_due(vote) else None
    if not state.is_open:
        if _is_due(vote):
            return None if state.generation == GENERATION_MAX else "raised"
        return "retracted forgotten" if forgotten_now else None
    if _is_due(vote):
        score_changed = before is not None and before % 16 != vote % 16
        return "enriched" if (score_changed or has_news) and state is not FULL else None
    for mark, reason in ((FORGOTTEN, "forgotten"), (DELETED, "deleted"), (EXCLUDED, "excluded")):
        if mark in _marks(vote):
            return f"retracted {reason}"
    return "retracted not_detractor"


def _found(step: Step | None) -> str | None:
    if step is None:
        return None
    assert bool(step.changes) == (step.kind == "enriched")
    assert (step.reason is not None) == (step.kind == "retracted")
    return step.kind if step.reason is None else f"{step.kind} {step.reason}"


@pytest.mark.parametrize("said", [NOTHING, NEWS], ids=["nothing said", "news"])
@pytest.mark.parametrize("state", STATES, ids=["none", "open", "closed", "last generation", "full", "legacy"])
def test_every_state_and_every_fact_have_their_step(state: AlertState | None, said: Said) -> None:
    """All pairs of votes, also those that no event brings about: nothing but the table happens."""
    for before, vote in product((None, *VOTES), VOTES):
        after, step = follow(state, before, vote, said)
        assert _expected(state, before, vote, has_news=said is NEWS) == _found(step), (before, vote)
        _holds_its_numbers(state, after, step)


def _holds_its_numbers(state: AlertState | None, after: AlertState | None, step: Step | None) -> None:
    """A raised alert is the next one, its first event; others are one more event of the same."""
    if after is None:
        assert state is None
        return
    assert 0 <= after.generation <= GENERATION_MAX
    assert 1 <= after.sequence <= SEQUENCE_MAX
    if step is None:
        assert state is not None
        assert state[:5] == after[:5], "what was not told is not kept as told"
    elif step.kind == "raised":
        assert (0 if state is None else state.generation + 1, 1, True) == after[:3]
    else:
        assert state is not None
        assert (state.generation, state.sequence + 1, step.kind == "enriched") == after[:3]


@pytest.mark.parametrize("vote", [vote for vote in VOTES if not _is_due(vote)])
def test_nothing_is_retracted_that_was_not_raised(vote: int) -> None:
    """A response without an alert stays silent in all that is not due."""
    assert all((None, None) == follow(None, before, vote, NEWS) for before in (None, DETRACTOR, PROMOTER))


@pytest.mark.parametrize("mark", [MUTED, FORGOTTEN])
@pytest.mark.parametrize("state", [None, CLOSED])
def test_muted_and_forgotten_are_never_raised(state: AlertState | None, mark: int) -> None:
    """Not as a detractor of any score, not by an answer that says more."""
    for vote in VOTES:
        _, step = follow(state, PROMOTER | mark, vote | mark, NEWS)
        assert step is None or step.kind == "retracted"


def test_who_was_told_of_a_person_is_told_once_to_forget() -> None:
    """Open or retracted; the second order finds nobody to tell, and nothing is left of what was said."""
    for state in (OPEN, CLOSED, LAST_GENERATION, FULL):
        after, step = follow(state, DETRACTOR, DETRACTOR | FORGOTTEN, NEWS)
        assert Step("retracted", reason="forgotten") == step
        assert after is not None
        assert (state.sequence + 1, False, 0, 0, False, False) == after[1:]
        for vote in (DETRACTOR | FORGOTTEN | DELETED, OTHER_DETRACTOR | FORGOTTEN, PROMOTER | FORGOTTEN):
            assert (after, None) == follow(after, DETRACTOR | FORGOTTEN, vote, NEWS)


@pytest.mark.parametrize("comment", [0, COMMENT, OTHER_COMMENT])
@pytest.mark.parametrize("customer", [0, CUSTOMER, OTHER_CUSTOMER])
@pytest.mark.parametrize("consent", [None, True, False])
@pytest.mark.parametrize("requested", [None, True, False])
@pytest.mark.parametrize("vote", [DETRACTOR, OTHER_DETRACTOR], ids=["same score", "other score"])
def test_an_alert_is_enriched_by_what_was_not_told(
    vote: int, comment: int, customer: int, consent: bool | None, requested: bool | None
) -> None:
    """What was not said stands, what was said before is no news, and each kind of news has its name."""
    expected = []
    if vote == OTHER_DETRACTOR:
        expected.append("score")
    if comment == OTHER_COMMENT:
        expected.append("comment")
    if customer == OTHER_CUSTOMER or consent is False or requested is False:
        expected.append("contact")
    after, step = follow(OPEN, DETRACTOR, vote, Said(comment, customer, consent, requested))
    assert (Step("enriched", tuple(expected)) if expected else None) == step  # type: ignore[arg-type]
    assert after is not None
    assert (comment or COMMENT, customer or CUSTOMER) == (after.comment, after.customer)
    assert (consent is not False, requested is not False) == (after.consent, after.requested)
    assert (after, None) == follow(after, vote, vote, Said(comment, customer, consent, requested))


def test_a_withdrawn_consent_is_told_and_holds() -> None:
    """Until it is given again; a customer who never was named cannot be contacted whatever was agreed."""
    after, step = follow(OPEN, DETRACTOR, DETRACTOR, Said(consent=False))
    assert (False, Step("enriched", ("contact",))) == (after is not None and after.contactable, step)
    again, step = follow(after, DETRACTOR, DETRACTOR, Said(consent=True))
    assert (True, Step("enriched", ("contact",))) == (again is not None and again.contactable, step)
    assert not OPEN._replace(customer=0).contactable


@pytest.mark.parametrize(
    ("state", "before", "vote"),
    [
        (OPEN, DETRACTOR, PROMOTER),
        (OPEN, DETRACTOR, DETRACTOR | EXCLUDED),
        (CLOSED, PROMOTER, new_vote(10, 600, 21)),
        (LAST_GENERATION, DETRACTOR, DETRACTOR),
        (FULL, DETRACTOR, DETRACTOR),
    ],
    ids=["as it is retracted", "as it is excluded", "while it is retracted", "after the last one", "after too many"],
)
def test_a_consent_is_withdrawn_whenever_it_is_withdrawn(state: AlertState, before: int, vote: int) -> None:
    """Also where nobody is told: the next alert of the response says so."""
    after, _ = follow(state, before, vote, Said(consent=False, requested=False))
    assert after is not None
    assert (False, False) == (after.consent, after.requested)
    if not after.is_open and after.generation < GENERATION_MAX:
        raised, step = follow(after, vote, DETRACTOR, NOTHING)
        assert (Step("raised"), False) == (step, raised is None or raised.contactable)


def test_what_a_retraction_said_was_told() -> None:
    """Its event carries the comment and the customer; the next alert need not say them again."""
    after, _ = follow(OPEN, DETRACTOR, PROMOTER, NEWS)
    raised, _ = follow(after, PROMOTER, DETRACTOR, NOTHING)
    assert raised is not None
    assert (raised, None) == follow(raised, DETRACTOR, DETRACTOR, NEWS)


def test_what_was_said_while_no_alert_was_open_is_told_by_the_next() -> None:
    """A comment that came with no event is news to the alert that comes after it."""
    after, step = follow(CLOSED, PROMOTER, new_vote(10, 600, 21), Said(OTHER_COMMENT, OTHER_CUSTOMER))
    assert (CLOSED, None) == (after, step)
    raised, _ = follow(after, PROMOTER, DETRACTOR, NOTHING)
    assert Step("enriched", ("comment", "contact")) == follow(raised, DETRACTOR, DETRACTOR, NEWS)[1]


def test_generations_end_in_silence() -> None:
    """The last alert lives its life; a response that falls once more raises nothing, and can still be forgotten."""
    state: AlertState | None = None
    for generation in range(GENERATION_MAX + 1):
        state, step = follow(state, PROMOTER, DETRACTOR, NOTHING)
        assert (generation, Step("raised")) == (state and state.generation, step)
        state, step = follow(state, DETRACTOR, PROMOTER, NOTHING)
        assert Step("retracted", reason="not_detractor") == step
    assert (state, None) == follow(state, PROMOTER, DETRACTOR, NOTHING)
    assert (state, None) == follow(state, DETRACTOR, PROMOTER, NOTHING)
    _, step = follow(state, DETRACTOR, DETRACTOR | FORGOTTEN, NOTHING)
    assert Step("retracted", reason="forgotten") == step


@pytest.mark.parametrize("end", [SEQUENCE_OF_CASES, SEQUENCE_MAX], ids=["with its case", "afterwards"])
def test_the_last_numbers_are_for_what_must_not_be_missing(end: int) -> None:
    """An alert with too many events is not enriched any more, but retracted, and then forgotten, each once."""
    last_number = end - SEQUENCE_ROOM
    state = OPEN._replace(sequence=last_number - 1)
    seen = []
    for before, vote in ((DETRACTOR, OTHER_DETRACTOR), (OTHER_DETRACTOR, DETRACTOR), (DETRACTOR, PROMOTER)):
        after, step = follow(state, before, vote, NOTHING)
        assert after is not None
        seen.append((step.kind if step else None, after.sequence))
        state = after
    last, step = follow(state, PROMOTER, PROMOTER | FORGOTTEN, NOTHING)
    seen.append((step.kind if step else None, last.sequence if last else 0))
    numbers = last_number, last_number + 1, last_number + 2
    assert [("enriched", numbers[0]), (None, numbers[0]), ("retracted", numbers[1]), ("retracted", numbers[2])] == seen


@given(STATE_OF_AN_ALERT)
def test_an_alert_comes_back_from_its_words(state: AlertState) -> None:
    """Two of 64 bits, whatever is in them."""
    words = state.pack()
    assert state == unpack_alert(words)
    assert all(0 <= word < 2**64 for word in words)


@given(st.none() | STATE_OF_AN_ALERT, st.none() | st.sampled_from(VOTES), st.sampled_from(VOTES), SAID)
def test_what_follows_from_an_alert_fits_its_words(
    state: AlertState | None, before: int | None, vote: int, said: Said
) -> None:
    """From any state: no number grows out of its bits."""
    after, step = follow(state, before, vote, said)
    if after is not None:
        assert after == unpack_alert(after.pack())
    assert step is None or after is not None


@pytest.mark.parametrize("comment", [None, "Cold coffee"])
@pytest.mark.parametrize("customer", [None, "", "c-1"])
@pytest.mark.parametrize("consent", [True, False])
@pytest.mark.parametrize("requested", [True, False])
def test_the_short_way_to_a_first_alert_is_the_long_one(
    comment: str | None, customer: str | None, consent: bool, requested: bool
) -> None:
    """Plain first answers go by `first_alert`, others by `follow`."""
    said = Said(told(comment), told_customer(customer), consent, requested)
    after, step = follow(None, None, DETRACTOR | RAISED, said)
    assert Step("raised") == step
    assert after == unpack_alert(first_alert(comment, told_customer(customer), consent=consent, requested=requested))


def test_an_alert_of_the_first_release_is_open_and_has_told_nothing() -> None:
    """It kept only that there is one: what comes next is told, and it can be retracted."""
    legacy = unpack_alert(LEGACY)
    assert AlertState(0, 1, is_open=True, comment=0, customer=0, consent=False, requested=False) == legacy
    assert Step("retracted", reason="deleted") == follow(legacy, DETRACTOR, DETRACTOR | DELETED, NOTHING)[1]
    assert Step("enriched", ("comment",)) == follow(legacy, DETRACTOR, DETRACTOR, Said(COMMENT))[1]


def test_no_text_is_told_apart_from_any_text() -> None:
    """None is 0 and nothing else is; an empty reference names nobody."""
    assert (0, 0, 0) == (told(None), told_customer(None), told_customer(""))
    assert 0 not in {told(""), told("a"), told_customer("a")}
    assert told("a") != told("b")
    assert told_customer("a") != told_customer("b")
    assert told_customer("a") < 2**32
