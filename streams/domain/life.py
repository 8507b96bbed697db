"""The life of a case: what may happen to it in which status, as one table.

A case is opened by a detractor's alert and ends when it is resolved, dismissed, retracted or expired. People move it
(`acknowledged` to `rated`), a correction of its response does (`retracted`), and time (`expired`). What is not in the
table is an illegal move. The diagram in the documents is drawn from it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

Status = Literal["open", "acknowledged", "contacted", "resolved", "dismissed", "reopened", "retracted", "expired"]
Move = Literal[
    "acknowledged", "contacted", "resolved", "dismissed", "reopened", "noted", "rated", "retracted", "expired"
]

STATUSES: Final[tuple[Status, ...]] = (
    "open",
    "acknowledged",
    "contacted",
    "resolved",
    "dismissed",
    "reopened",
    "retracted",
    "expired",
)
"""In this order statuses are numbered in rows: only ever append."""

_ENDINGS: Final[Mapping[Move, Status]] = MappingProxyType(
    {"dismissed": "dismissed", "retracted": "retracted", "expired": "expired"}
)
_CLOSED: Final[Mapping[Move, Status]] = MappingProxyType({"reopened": "reopened"})

TRANSITIONS: Final[Mapping[Status, Mapping[Move, Status]]] = MappingProxyType(
    {
        # Whoever resolves has looked at it first: an open case is acknowledged or contacted before it is resolved.
        "open": {"acknowledged": "acknowledged", "contacted": "contacted", **_ENDINGS, "noted": "open"},
        "acknowledged": {"contacted": "contacted", "resolved": "resolved", **_ENDINGS, "noted": "acknowledged"},
        "contacted": {
            "contacted": "contacted",
            "resolved": "resolved",
            **_ENDINGS,
            "noted": "contacted",
            "rated": "contacted",
        },
        "reopened": {
            "acknowledged": "acknowledged",
            "contacted": "contacted",
            "resolved": "resolved",
            **_ENDINGS,
            "noted": "reopened",
            "rated": "reopened",
        },
        # What was done stands, whatever becomes of the score afterwards: nothing that ended is retracted.
        "resolved": {**_CLOSED, "noted": "resolved", "rated": "resolved"},
        "dismissed": {**_CLOSED, "noted": "dismissed"},
        "expired": {**_CLOSED, "noted": "expired"},
        # The alert of a response that falls again is another one, under the next generation, with a case of its own.
        "retracted": {},
    }
)

ACTIVE: Final[frozenset[Status]] = frozenset({"open", "acknowledged", "contacted", "reopened"})
"""Somebody still has to do something."""

DISMISSALS: Final = ("not_reachable", "no_contact_wanted", "duplicate", "not_genuine", "not_ours", "other")
"""Why a case was dismissed; numbered in rows: only ever append."""


def after(status: Status, move: Move) -> Status | None:
    """The status after a move, None where the table has none: an illegal move."""
    return TRANSITIONS[status].get(move)


def to_mermaid() -> str:
    """The table as a Mermaid state diagram; moves that leave a case as it is are left out."""
    lines = ["stateDiagram-v2", "    [*] --> open: raised"]
    lines += [
        f"    {status} --> {to}: {move}"
        for status, moves in TRANSITIONS.items()
        for move, to in moves.items()
        if to != status
    ]
    lines += [f"    {status} --> [*]" for status in STATUSES if not TRANSITIONS[status]]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(to_mermaid(), end="")  # noqa: T201 -- this is what it is run for
