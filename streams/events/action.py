"""An action on `followup.actions`: what a person or a CRM did about an alert."""

import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct, convert
from msgspec.structs import force_setattr

from streams.events.json_profile import read_json
from streams.events.names import normal_name
from streams.events.rejected import Rejected
from streams.events.time import is_rfc3339

Doing = Literal["acknowledged", "contacted", "resolved", "dismissed", "reopened", "noted", "rated"]
Channel = Literal["call", "message", "visit"]
Dismissal = Literal["not_reachable", "no_contact_wanted", "duplicate", "not_genuine", "not_ours", "other"]

NOTE_CHARACTERS_MAX: Final = 4_096
NEEDED: Final[Mapping[str, str]] = MappingProxyType(
    {"contacted": "channel", "dismissed": "reason", "noted": "note", "rated": "quality"}
)
"""What an action cannot do without. But for the note, which any may have, no other action has it."""


class Action(Struct, gc=False, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """An action as it was read: brand and store in Form C, the alert's id in lower case, an empty note gone.

    `at` is when it happened: aware, in the offset that it was given. `action_id` tells it from every other action.
    """

    action_id: Annotated[str, Meta(min_length=1, max_length=256)]
    alert_id: str
    brand: Annotated[str, Meta(min_length=1)]
    store: Annotated[str, Meta(min_length=1)]
    action: Doing
    at: Annotated[datetime, Meta(tz=True)]
    actor: Annotated[str, Meta(min_length=1, max_length=256)]
    channel: Channel | None = None
    reason: Dismissal | None = None
    note: Annotated[str, Meta(max_length=NOTE_CHARACTERS_MAX)] | None = None
    quality: Annotated[int, Meta(ge=1, le=5)] | None = None
    # No field of the wire: see `Response`.
    unknown_fields: int = msgspec.field(default=0, name="\uffff")
    """How many fields the record had beside those of its schema."""


FIELDS: Final = frozenset(Action.__struct_encode_fields__) - {"\uffff"}
"""The names of the fields on the wire."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def decode_action(raw: bytes | None) -> Action | Rejected:
    """The action of a record's value, or the first reason in the closed list why it is none. Never raises."""
    document = read_json(raw)
    if isinstance(document, Rejected):
        return document
    if not isinstance(document, dict):
        return Rejected("schema")
    fields = {name: value for name, value in document.items() if name in FIELDS and value is not None}
    if fields.get("note") == "":
        del fields["note"]
    try:
        action = convert(fields, Action)
    except ValueError:
        return Rejected("schema")
    brand, store = normal_name(action.brand), normal_name(action.store)
    if brand is None or store is None or not _is_sound(action, str(fields["at"])):
        return Rejected("schema")
    force_setattr(action, "brand", brand)
    force_setattr(action, "store", store)
    force_setattr(action, "alert_id", action.alert_id.lower())
    force_setattr(action, "unknown_fields", len(document.keys() - FIELDS))
    return action


def encode_action(action: Action) -> bytes:
    """The action as JSON, without what is not set; the inverse of `decode_action` but for unknown fields."""
    assert not action.unknown_fields, "what was not understood cannot be written"
    return msgspec.json.encode(action)


def _is_sound(action: Action, at: str) -> bool:
    """Whether the id is one, the time is written as RFC 3339 says, and the action has what it needs and no more."""
    if _UUID.fullmatch(action.alert_id) is None or not is_rfc3339(at):
        return False
    for doing, field in NEEDED.items():
        is_given = getattr(action, field) is not None
        if is_given != (action.action == doing) and not (is_given and field == "note"):
            return False
    return True
