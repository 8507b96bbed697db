"""An audit record on `nps.audit`: that a person was forgotten, when, and what that changed. No personal data.

The order it speaks of is named by its place in `survey.responses`, which leads nowhere once the retention of that topic
has ended.
"""

from typing import Literal

import msgspec
from msgspec import Struct

from streams.events.rejected import Rejected


class Audit(Struct, frozen=True, kw_only=True):
    """One erasure that changed something; `day` is the UTC date of the response, `at` when the order arrived.

    `vote`: it stays as it was (`kept`), it was taken out (`removed`), or there was none any more or yet.
    `alert`: whether those who were told of the person were told to forget.
    """

    audit_id: str
    action: Literal["forget_identity", "forget_all"]
    brand: str
    store: str
    day: str
    at: str
    partition: int
    offset: int
    vote: Literal["kept", "removed", "none"]
    alert: Literal["retracted", "none"]
    schema_version: int = 1


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Audit).decode


def encode_audit(audit: Audit) -> bytes:
    """The record as JSON."""
    return _encode(audit)


def decode_audit(raw: bytes) -> Audit | Rejected:
    """The audit record of a record's value. Unknown fields are let through."""
    try:
        return _decode(raw)
    except (ValueError, RecursionError):
        return Rejected("schema")
