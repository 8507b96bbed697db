"""Why a record cannot be used: a closed list, shared by the dead letters, their metric and `nps send`."""

from dataclasses import dataclass
from typing import Literal, final, get_args

Reason = Literal[
    "too_large",
    "invalid_utf8",
    "invalid_json",
    "too_deep",
    "duplicate_field",
    "schema",
    "score_out_of_range",
    "timestamp_in_future",
    "too_old",
    "wrong_partition",
    "illegal_transition",
]

REASONS: tuple[Reason, ...] = get_args(Reason)
"""In the order of the checks: a record has the first one that applies."""


@final  # so that `type(x) is Rejected` tells the types apart, which is what a hot loop can afford
@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that cannot be used. No text of an exception goes with it: it would quote a customer."""

    reason: Reason
