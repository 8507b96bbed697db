"""The table of what may happen to a case."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.life import ACTIVE, STATUSES, TRANSITIONS, Move, Status, after, to_mermaid

MOVES: tuple[Move, ...] = (
    *("acknowledged", "contacted", "resolved", "dismissed", "reopened", "noted", "rated", "retracted", "expired"),
)


def test_every_status_has_its_line_and_is_reached() -> None:
    """No status is a dead name."""
    assert set(TRANSITIONS) == set(STATUSES)
    reached = {to for moves in TRANSITIONS.values() for to in moves.values()}
    assert reached | {"open"} == set(STATUSES)


@given(st.lists(st.sampled_from(MOVES)))
def test_no_path_leaves_the_table(moves: list[Move]) -> None:
    """Whatever is tried in whatever order, a case is in a status of the table."""
    status: Status = "open"
    for move in moves:
        to = after(status, move)
        assert to is None or to in STATUSES
        status = to or status


@pytest.mark.parametrize("status", STATUSES)
def test_clocks_and_corrections_end_what_is_active_and_nothing_else(status: Status) -> None:
    """What people have ended stays as they left it."""
    for move in ("expired", "retracted"):
        assert (after(status, move) is not None) == (status in ACTIVE)


@pytest.mark.parametrize("status", STATUSES)
def test_only_what_ended_is_reopened_and_nothing_that_was_retracted(status: Status) -> None:
    """A retracted alert is raised again as another one."""
    assert (after(status, "reopened") is not None) == (status in {"resolved", "dismissed", "expired"})


def test_nobody_resolves_what_nobody_looked_at() -> None:
    """Somebody acknowledges or contacts first."""
    assert after("open", "resolved") is None
    assert after("acknowledged", "resolved") == after("contacted", "resolved") == "resolved"


def test_a_second_call_is_a_contact_and_a_second_acknowledgement_is_none() -> None:
    """People call twice; nobody sees for the first time twice."""
    assert after("contacted", "contacted") == "contacted"
    assert after("acknowledged", "acknowledged") is None


def test_a_note_moves_nothing() -> None:
    """Notes and ratings leave the status as it is."""
    for status in STATUSES:
        assert after(status, "noted") in {None, status}
        assert after(status, "rated") in {None, status}


def test_the_diagram_has_every_move_that_leads_elsewhere() -> None:
    """The picture in the documents is the table."""
    drawn = to_mermaid()
    for status, moves in TRANSITIONS.items():
        for move, to in moves.items():
            assert (f"    {status} --> {to}: {move}\n" in drawn) == (status != to)


def test_the_picture_in_the_documents_is_the_table() -> None:
    """Whoever changes the table draws it anew."""
    assert to_mermaid() in (Path(__file__).parents[2] / "ARCHITECTURE.md").read_text()
