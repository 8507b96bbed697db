"""A survey response on `survey.responses`: its fields, and how one is read.

Three ways. Plain records, nearly all of them, are decoded straight into the Struct, and a few looks at the bytes prove
that nothing else was in them. For others orjson parses, msgspec checks the types, and a few looks more prove that the
parser has hidden nothing. Both only accept; whatever they cannot prove goes the slow way (`read_json`), which alone
refuses and gives the reason.
"""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
import orjson
from msgspec import UNSET, Meta, Struct, UnsetType, convert
from msgspec.structs import astuple, force_setattr

from streams.events.json_profile import (
    RECORD_BYTES_MAX,
    Json,
    colons,
    has_noncharacter,
    is_doubtful_escape,
    is_proven,
    read_json,
)
from streams.events.names import known, normal_name
from streams.events.rejected import Rejected
from streams.events.time import is_rfc3339

Event = Literal["created", "updated", "finished", "deleted", "excluded", "restored", "forget_identity", "forget_all"]
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


class Response(Struct, gc=False, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A response as it was read: brand and store in Form C, an empty comment gone, scores as given, never rescaled.

    `submitted_at` is aware, in the offset that it was given; do not convert it before it is known to be near its
    arrival: the first and the last day of the calendar leave the range of datetime.
    """

    response_id: Annotated[str, Meta(min_length=1, max_length=256)]
    brand: Name
    store: Name
    submitted_at: Annotated[datetime, Meta(tz=True)]
    score: Annotated[int, Meta(ge=0, le=10)] | UnsetType = UNSET
    event: Event = "created"
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
    reason: str | None = None
    by: str | None = None
    # No field of the wire: its name cannot occur there. A Struct without the collector's bookkeeping has no other room.
    unknown_fields: int = msgspec.field(default=0, name="\uffff")
    """How many fields the record had beside those of its schema."""


FIELDS: Final = frozenset(Response.__struct_encode_fields__) - {"\uffff"}
"""The names of the fields on the wire."""

_decode = msgspec.json.Decoder(Response).decode
_ALWAYS_SET = 2
"""Entries of the Struct that are never None, in the record or not: event, unknown_fields."""
_COUNTED = len(Response.__struct_fields__) - _ALWAYS_SET
_BEFORE_T = len(b'"submitted_at":"2026-11-22')
_FROM_T_TO_ZONE = len("T17:41:05")


def decode_response(raw: bytes | None) -> Response | Rejected:
    """The response of a record's value, or the first reason in the closed list why it is none. Never raises."""
    if raw is None or len(raw) > RECORD_BYTES_MAX:
        return _read(raw)
    try:
        response = _decode(raw)
    except (ValueError, RecursionError):
        return _read(raw)
    # Each name has its colon. As many colons as fields are set, beside those of the time and the comment: all names are
    # known ones and none is there twice. msgspec also takes times that RFC 3339 does not, hence the look at its text.
    name = raw.find(b'"submitted_at":')
    at = name + _BEFORE_T
    if raw[at] != 0x54:
        at += 1
    zone = raw[at + _FROM_T_TO_ZONE]
    if zone == 0x5A:
        in_time, is_proper = 2, True
    elif zone in b"+-":
        in_time, is_proper = 3, raw[at + _FROM_T_TO_ZONE + 3] == 0x3A
    else:
        end = raw.find(b'"', at)
        in_time = 2 if raw[end - 1] == 0x5A else 3
        is_proper = in_time == 2 or raw[end - 3] == 0x3A
    names = _COUNTED - astuple(response).count(None) + (response.event != "created")
    consent = response.consent
    if consent is not None:
        names += (consent.contact is not None) + (consent.publish is not None)
    comment = response.comment
    if (
        raw.count(b":") == names + in_time + (comment.count(":") if comment else 0)
        and raw[at] == 0x54
        and is_proper
        and name >= 0
        and (response.score or (response.score == 0 and response.scale_min != 1))
        and not ((0x5C in raw and b"\\u" in raw) or 0xBF in raw or 0xB7 in raw)
    ):
        if response.brand in known and response.store in known and comment != "":
            return response
        return _settle(response, 0) or Rejected("schema")
    return _decode_parsed(raw)


def _decode_parsed(raw: bytes) -> Response | Rejected:
    """As `decode_response`, by way of a document: names that are unknown, values that are nested, null or doubtful."""
    try:
        document = orjson.loads(raw)
    except ValueError:
        return _read(raw)
    try:
        response = convert(document, Response)
    except ValueError:
        return _look_again(raw, document)
    submitted_at = document["submitted_at"]
    in_time = 2 if submitted_at[-1] == "Z" else 3
    surplus = raw.count(b":") - len(document) - in_time
    if (
        (surplus == 0 or surplus == _inner_colons(response, document))  # none is left to explain: see json_profile
        and submitted_at[10] == "T"
        and (in_time == 2 or submitted_at[-3] == ":")
        and (response.score or (response.score == 0 and response.scale_min != 1))
        and not (0x5C in raw and is_doubtful_escape(raw))
        and not ((0xBF in raw or 0xB7 in raw) and has_noncharacter(raw))
    ):
        if response.brand in known and response.store in known and response.comment != "":
            return response
        return _settle(response, 0) or Rejected("schema")
    return _look_again(raw, document)


def _inner_colons(response: Response, document: dict[str, Json]) -> float:
    """The colons within the values that have some as a rule; a record with more of them goes another way."""
    inner: float = 0
    if response.comment is not None:
        inner = response.comment.count(":")
    consent = response.consent
    if consent is not None:
        inner += (consent.contact is not None) + (consent.publish is not None)
    if response.quality is not None:
        inner += colons(document["quality"])
    if response.attributes is not None:
        inner += colons(document["attributes"])
    return inner


def _look_again(raw: bytes, document: Json) -> Response | Rejected:
    """A record with fields that we do not know, with nulls, or without a score: still no second parse."""
    if not isinstance(document, dict) or not is_proven(raw, document):
        return _read(raw)
    try:
        response = convert(_known_fields(document), Response)
    except ValueError:
        return _read(raw)
    if response.score == 0 and response.scale_min == 1:
        return _read(raw)
    if not _is_complete(response, document["submitted_at"]):
        return Rejected("schema")
    return _settle(response, len(document.keys() - FIELDS)) or Rejected("schema")


def _known_fields(document: dict[str, Json]) -> dict[str, Json]:
    """What a response is made of: a null is a field that is not there."""
    return {name: value for name, value in document.items() if name in FIELDS and value is not None}


def _is_complete(response: Response, submitted_at: Json) -> bool:
    """Whether the time is written as RFC 3339 says, and an answer has its score."""
    if response.score is UNSET and response.event in SCORED:
        return False
    return is_rfc3339(str(submitted_at))


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
    fields = _known_fields(document)
    off_scale = _bring_on_scale(fields)
    attributes = fields.get("attributes")
    if isinstance(attributes, dict):  # orjson has no whole numbers beyond 64 bits: however spelled, they are doubles
        fields["attributes"] = {name: _bound(value) for name, value in attributes.items()}
    try:
        response = convert(fields, Response)
    except ValueError:
        return Rejected("schema")
    if not _is_complete(response, fields["submitted_at"]):
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


def _bound(value: Json) -> Json:
    return float(value) if type(value) is int and not -(1 << 63) <= value < 1 << 64 else value


def encode_response(response: Response) -> bytes:
    """The response as JSON, without what is not set; the inverse of `decode_response` but for unknown fields."""
    assert not response.unknown_fields, "what was not understood cannot be written"
    return msgspec.json.encode(response)
