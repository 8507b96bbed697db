"""An alert on `followup.alerts`: somebody is to call a customer back; and all that happens to it and to its case."""

from urllib.parse import quote

import msgspec
from msgspec import Struct

from streams.domain.score import Severity
from streams.events.rejected import Rejected

LINK_CHARACTERS_MAX = 2_048
"""Longer addresses open in no browser worth the name; and a customer's reference grows threefold in a link."""
KINDS = (
    "raised",
    "enriched",
    "attached",
    "acknowledged",
    "contacted",
    "resolved",
    "dismissed",
    "reopened",
    "escalated",
    "breached",
    "retracted",
    "expired",
    "digest",
)
"""Every kind of event that this release writes."""
CHANGES_BY_PEOPLE = ("note", "quality")
"""What a person enriches an alert by; what a response does is `domain.follow.Change`."""
LISTED_MAX = 200
"""Alerts in one digest; more go into another one."""


class StoreNps(Struct, gc=False, frozen=True):
    """The figures of the store in a window, as of the answer; `nps` and its interval in points, -100 to 100."""

    window: str
    nps: float | None
    low: float | None
    high: float | None
    n: int


class Taken(Struct, gc=False, frozen=True):
    """The action of a person that is behind an event, as it was said on `followup.actions`."""

    action_id: str
    actor: str
    channel: str | None
    note: str | None
    quality: int | None


class Escalation(Struct, gc=False, frozen=True):
    """Why somebody else is to look now: which clock ran out (`due_at`, RFC 3339 in UTC), or what became of the store.

    `level` is `acknowledge`, `warning`, `breach`, `second`, `store_closed` or `store_moved`.
    """

    level: str
    due_at: str


class Listed(Struct, gc=False, frozen=True):
    """Another alert that an event speaks of."""

    alert_id: str
    severity: Severity
    due_at: str


class Alert(Struct, gc=False, frozen=True, kw_only=True):
    """One event of an alert or of its case, all kinds in one flat document; later releases may add kinds.

    A record brought `raised`, `enriched` and `retracted`, and with an alert of the same customer `attached`; a person
    `acknowledged`, `contacted`, `resolved`, `dismissed`, `reopened` (and `enriched` by a note or a rating); a clock
    `escalated`, `breached`, `expired`, and `digest`, which lists the alerts of an hour that were held.

    Instants are RFC 3339 in UTC with milliseconds; `at` is when it happened, `late` whether that was after `due_at`.
    What the record behind this event did not say is null; events of people and clocks say nothing of a response that
    the state does not keep. `reason_missing` (no comment: ask why) and `contactable` (a known customer who agreed to be
    contacted) speak of all that the response's alerts said so far. `generation` counts the alerts of a response from 0,
    `sequence` the events of an alert from 1. `previous_score` is there where the score changed, `changes` says what an
    enriched one brought, `reason` why one was retracted or dismissed. `case_id` is the alert that opened the case and
    `status` the status of that case afterwards; `owner` is who is to act. `held`: it need not interrupt anybody.

    What the first releases did not say has a default: their alerts are read as well.
    """

    alert_id: str
    kind: str
    generation: int = 0
    sequence: int = 1
    response_id: str | None
    source: str | None
    brand: str
    store: str
    score: int | None
    previous_score: int | None = None
    severity: Severity | None
    reasons: list[str]
    submitted_at: str | None
    due_at: str | None
    late: bool
    reason_missing: bool
    comment: str | None
    language: str | None
    customer_ref: str | None
    contactable: bool
    link: str | None
    store_nps: StoreNps | None
    changes: list[str] = []
    reason: str | None = None
    case_id: str | None = None
    status: str | None = None
    rule_id: str | None = None
    rule_version: int | None = None
    owner: str = ""
    held: bool = False
    at: str | None = None
    action: Taken | None = None
    escalation: Escalation | None = None
    alerts: list[Listed] = []
    schema_version: int = 1


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Alert).decode


def link_to(customer: str | None, template: str) -> str | None:
    """Where the customer is found, None when there is no customer or no such place."""
    if not customer or not template:
        return None
    return template.replace("{customer_ref}", quote(customer, safe=""))


def encode_alert(alert: Alert) -> bytes:
    """The alert as JSON, null for what is not there; a link over LINK_CHARACTERS_MAX is not there.

    It fits its topic by construction. Each text of a response comes in once, and no JSON text of it is shorter than
    ours: what must be escaped was escaped, as short as can be, and the rest is plain UTF-8. So an alert is at most
    its response, the link and about 3 KiB of the rest: the names of a rule, of its themes and of an owner are bounded.
    An event of a person is at most its action and as much, and a digest lists at most LISTED_MAX alerts.
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
