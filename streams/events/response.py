"""A survey response on `survey.responses`: its fields, and three ways to read one.

The fast way, for nearly all records: msgspec decodes into the Struct, and a few looks at the bytes prove that nothing
else was in them. The middle way proves the same for records with fields that we do not know, or with nulls. Both only
accept; whatever they cannot prove goes the slow way (`read_json`), which alone refuses and gives the reason.
"""

import re
from datetime import datetime
from typing import Annotated, Final, Literal, cast, get_args

import msgspec
import orjson
from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import astuple, force_setattr

from streams.events.json_profile import (
    RECORD_BYTES_MAX,
    Json,
    has_noncharacter,
    is_doubtful_escape,
    is_proven,
    read_json,
)
from streams.events.names import known, normal_name
from streams.events.rejected import Rejected

Event = Literal["created", "updated", "finished", "deleted", "excluded", "restored"]
_UNSAID = cast("Event", str(b"created", "ascii"))
"""The event of a record that names none: equal to `created`, and another object than the one that msgspec gives."""
SCORED: Final = frozenset({"created", "updated", "finished"})
"""The events that carry an answer; the others need no score."""

Name = Annotated[str, Meta(min_length=1)]


class Consent(Struct, gc=False, frozen=True, omit_defaults=True):
    """What the customer agreed to."""

    contact: bool | None = None
    publish: bool | None = None


class Quality(Struct, gc=False, frozen=True, omit_defaults=True):
    """What the provider says about how the answer came about; `duration_s` is the time it took, in seconds."""

    bot: bool | None = None
    duration_s: float | None = None


class Response(Struct, gc=False, frozen=True, kw_only=True, omit_defaults=True):
    """A response as it was read: brand and store in Form C, an empty comment gone, scores as given, never rescaled.

    `submitted_at` is aware, in the offset that it was given; do not convert it before it is known to be near its
    arrival: the first and the last day of the calendar leave the range of datetime.
    """

    response_id: Annotated[str, Meta(min_length=1, max_length=256)]
    brand: Name
    store: Name
    submitted_at: Annotated[datetime, Meta(tz=True)]
    score: Annotated[int, Meta(ge=0, le=10)] | UnsetType = UNSET
    event: Event = _UNSAID
    version: Annotated[int, Meta(ge=0, le=2**53 - 1)] | None = None
    source: str | None = None
    scale_min: Literal[0, 1] | None = None
    scale_max: Literal[10] | None = None
    channel: str | None = None
    survey: str | None = None
    comment: str | None = None
    language: str | None = None
    customer_ref: str | None = None
    contact_requested: bool | None = None
    device_ref: str | None = None
    employee_ref: str | None = None
    touchpoint: str | None = None
    status: str | None = None
    core_target: bool | None = None
    wow: str | None = None
    consent: Consent | None = None
    quality: Quality | None = None
    imported: bool | None = None
    attributes: dict[str, str | int | float | bool | None] | None = None
    # No field of the wire: its name cannot occur there. A Struct without the collector's bookkeeping has no other room.
    unknown_fields: int = msgspec.field(default=0, name="\uffff")
    """How many fields the record had beside those of its schema."""


FIELDS: Final = frozenset(Response.__struct_encode_fields__) - {"\uffff"}
"""The names of the fields on the wire."""

_decode = msgspec.json.Decoder(Response).decode
_FIELDS_COUNTED = len(Response.__struct_fields__) - len({"event", "unknown_fields"})
"""Those that are None where the record does not have them; of the score, which may be UNSET, see below."""
_strict_time = re.compile(
    rb'"submitted_at": ?"[0-9-]+T[0-9][0-9]:[0-9][0-9]:[0-9.]+(?:(Z)|[+-][0-9][0-9]:[0-9][0-9])"'
).search
_SUBMITTED_AT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")


def decode_response(raw: bytes | None) -> Response | Rejected:
    """The response of a record's value, or the first reason in the closed list why it is none. Never raises."""
    if raw is None or len(raw) > RECORD_BYTES_MAX:
        return _read(raw)
    try:
        response = _decode(raw)
    except (ValueError, RecursionError):
        return _read(raw)
    time = _strict_time(raw)
    # At most so many names are in the text; at least so many different ones did msgspec find there.
    surplus = raw.count(b":") - _FIELDS_COUNTED + astuple(response).count(None)
    if time is not None:
        surplus -= 2 if time.lastindex else 3
    if surplus:
        surplus -= _inner_colons(response)
    if (
        surplus == 0
        and time is not None
        and (response.score or (response.score == 0 and response.scale_min != 1))
        and not (0x5C in raw and is_doubtful_escape(raw))
        and not ((0xBF in raw or 0xB7 in raw) and has_noncharacter(raw))
    ):
        if response.brand in known and response.store in known and response.comment != "":
            return response
        return _settle(response, 0) or Rejected("schema")
    return _look_again(raw, response)


def _inner_colons(response: Response) -> int:
    """The colons that the usual suspects explain: a written event, a comment with colons, an object of ours."""
    explained = int(response.event is not _UNSAID)
    if response.comment is not None:
        explained += response.comment.count(":")
    if response.consent is not None:
        explained += 2 - astuple(response.consent).count(None)
    if response.quality is not None:
        explained += 2 - astuple(response.quality).count(None)
    return explained


def _look_again(raw: bytes, response: Response) -> Response | Rejected:
    """The middle way: the same proof from a whole document of the record."""
    try:
        document = orjson.loads(raw)
    except ValueError:
        return _read(raw)
    if not is_proven(raw, document) or (response.score == 0 and response.scale_min == 1):
        return _read(raw)
    if not _is_complete(response, document["submitted_at"]):
        return Rejected("schema")
    unknown = 0 if FIELDS.issuperset(document) else len(document.keys() - FIELDS)
    return _settle(response, unknown) or Rejected("schema")


def _is_complete(response: Response, submitted_at: str) -> bool:
    """Whether the time is written as RFC 3339 says, and an answer has its score."""
    if response.score is UNSET and response.event in SCORED:
        return False
    return _SUBMITTED_AT.fullmatch(submitted_at) is not None


def _settle(response: Response, unknown: int) -> Response | None:
    """The response with its names in Form C, without an empty comment; None where a name breaks the rule."""
    for field in ("brand", "store"):
        name = getattr(response, field)
        if name not in known:
            normal = normal_name(name)
            if normal is None:
                return None
            force_setattr(response, field, normal)
    if response.comment == "":
        force_setattr(response, "comment", None)
    if unknown:
        force_setattr(response, "unknown_fields", unknown)
    return response


def _read(raw: bytes | None) -> Response | Rejected:
    """The slow way: the whole profile, then the schema, then the score."""
    document = read_json(raw)
    if isinstance(document, Rejected):
        return document
    if not isinstance(document, dict):
        return Rejected("schema")
    fields: dict[str, Json] = {name: value for name, value in document.items() if name in FIELDS and value is not None}
    off_scale = _bring_on_scale(fields)
    try:
        response = msgspec.convert(fields, Response)
    except ValueError:
        return Rejected("schema")
    if not _is_complete(response, str(fields["submitted_at"])):
        return Rejected("schema")
    settled = _settle(response, len(document.keys() - FIELDS)) or Rejected("schema")
    return Rejected("score_out_of_range") if off_scale and isinstance(settled, Response) else settled


def _bring_on_scale(fields: dict[str, Json]) -> bool:
    """Make the score a possible one where it is an integer off its scale, so that the rest can be checked first."""
    score = fields.get("score")
    if type(score) is not int:
        return False
    score_min = 1 if fields.get("scale_min") == 1 else 0
    if score_min <= score <= 10:
        return False
    fields["score"] = score_min
    return True


def encode_response(response: Response) -> bytes:
    """The response as JSON, without what is not set; the inverse of `decode_response` but for unknown fields."""
    assert not response.unknown_fields, "what was not understood cannot be written"
    return msgspec.json.encode(response)


assert get_args(Event)[0] == "created"
