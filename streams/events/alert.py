"""An alert on `followup.alerts`: someone is to call a customer back."""

from typing import Literal

import msgspec
from msgspec import Struct

from streams.events.rejected import Rejected

LINK_CHARACTERS_MAX = 2_048
"""Longer addresses open in no browser worth the name; and a customer's reference grows threefold in a link."""


class StoreNps(Struct, gc=False, frozen=True):
    """The figures of the store in a window, as of the answer; `nps` and its interval in points, -100 to 100."""

    window: str
    nps: float | None
    low: float | None
    high: float | None
    n: int


class Alert(Struct, gc=False, frozen=True, kw_only=True):
    """What happened to an alert; `kind` is `raised`, `enriched` or `retracted`, and later releases may add others.

    `submitted_at` and `due_at` are RFC 3339 in UTC with milliseconds. `late`: the record behind it arrived after that.
    What the record behind this event did not say is null; `reason_missing` (no comment: ask why) and `contactable` (a
    known customer who agreed to be contacted) speak of all that the response's alerts said so far. `generation` counts
    the alerts of a response from 0, `sequence` the events of an alert from 1. `previous_score` is there where the score
    changed, `changes` says what an enriched one brought, `reason` why one was retracted.
    """

    alert_id: str
    kind: str
    generation: int = 0
    sequence: int = 1
    response_id: str
    source: str | None
    brand: str
    store: str
    score: int
    previous_score: int | None = None
    severity: Literal["P1", "P2", "P3"]
    reasons: list[str]
    submitted_at: str
    due_at: str
    late: bool
    reason_missing: bool
    comment: str | None
    language: str | None
    customer_ref: str | None
    contactable: bool
    link: str | None
    store_nps: StoreNps
    changes: list[str] = []
    reason: str | None = None
    schema_version: int = 1


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Alert).decode


def encode_alert(alert: Alert) -> bytes:
    """The alert as JSON, null for what is not there; a link over LINK_CHARACTERS_MAX is not there.

    It fits its topic by construction. Each text of a response comes in once, and no JSON text of it is shorter than
    ours: what must be escaped was escaped, as short as can be, and the rest is plain UTF-8. So an alert is at most
    its response, the link and about 1 KiB of the rest.
    """
    if alert.link is not None and len(alert.link) > LINK_CHARACTERS_MAX:
        alert = msgspec.structs.replace(alert, link=None)
    return _encode(alert)


def decode_alert(raw: bytes) -> Alert | Rejected:
    """The alert of a record's value. Unknown kinds and fields are let through: a newer release may have written it."""
    try:
        return _decode(raw)
    except (ValueError, RecursionError):
        return Rejected("schema")
