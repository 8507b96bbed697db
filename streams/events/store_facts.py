"""Facts of a store on `nps.stores`: where it is, who is to act there, whether it closed or moved."""

from typing import Annotated, Final, Literal
from unicodedata import normalize

import msgspec
from msgspec import Meta, Struct, convert

from streams.domain.store_facts import StoreFacts
from streams.events.json_profile import read_json
from streams.events.names import PATTERN, normal_name
from streams.events.opening_hours import WrittenHours, read_hours, write_hours
from streams.events.rejected import Rejected
from streams.events.time_zone import zone

LABEL_CHARACTERS_MAX: Final = 120

Label = Annotated[str, Meta(min_length=1, max_length=LABEL_CHARACTERS_MAX, pattern=PATTERN)]
"""What people read: written as the names of stores are, and may be longer."""


class Facts(Struct, gc=False, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The document: null is a field that is not there, and a field that is not known is an error, not a fact less."""

    brand: str
    store: str
    name: Label | None = None
    region: Label | None = None
    time_zone: str | None = None
    opening_hours: WrittenHours | None = None
    vip: bool | None = None
    owner: Label | None = None
    closed: bool | None = None
    moved_to: str | None = None
    schema_version: Literal[1] | None = None


def decode_store_facts(raw: bytes | None) -> StoreFacts | Rejected:
    """The facts of a record's value, or the first reason in the closed list why it has none. Never raises."""
    document = read_json(raw)
    if isinstance(document, Rejected):
        return document
    try:
        facts = convert(document, Facts)
    except ValueError:
        return Rejected("schema")
    brand, store = normal_name(facts.brand), normal_name(facts.store)
    moved_to = None if facts.moved_to is None else normal_name(facts.moved_to)
    hours = None if facts.opening_hours is None else read_hours(facts.opening_hours)
    if (
        brand is None
        or store is None
        or (moved_to is None) != (facts.moved_to is None)
        or moved_to == store
        or (hours is None) != (facts.opening_hours is None)
        or (facts.time_zone is not None and zone(facts.time_zone) is None)
    ):
        return Rejected("schema")
    return StoreFacts(
        brand=brand,
        store=store,
        name=facts.name,
        region=None if facts.region is None else normalize("NFC", facts.region),
        time_zone=facts.time_zone,
        opening_hours=hours,
        vip=bool(facts.vip),
        owner=facts.owner,
        closed=bool(facts.closed),
        moved_to=moved_to,
    )


def encode_store_facts(facts: StoreFacts) -> bytes:
    """The facts as JSON, without what is not known."""
    return msgspec.json.encode(
        Facts(
            brand=facts.brand,
            store=facts.store,
            name=facts.name,
            region=facts.region,
            time_zone=facts.time_zone,
            opening_hours=None if facts.opening_hours is None else write_hours(facts.opening_hours),
            vip=facts.vip or None,
            owner=facts.owner,
            closed=facts.closed or None,
            moved_to=facts.moved_to,
        )
    )
