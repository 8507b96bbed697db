"""The internal hand-over on `nps.brand-tallies`: what the stores of one shard add up to for a brand.

Absolute tallies, never deltas: one day with its hours, or in one sum all that is older than the days that are kept.
A tally counts the votes by score: eleven numbers, for 0 to 10.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from streams.events.rejected import Rejected

LIFETIME = "lifetime"
"""Takes the place of the day in the key of the sum."""

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


class BrandTally(Struct, frozen=True):
    """A brand's tally in one shard; `day` in days since the epoch (UTC) and `hours`, the hours of that day that have
    votes; or `day` None and `counts`, all that lies before the days that are kept.
    """

    brand: str
    shard: int
    day: int | None
    hours: Mapping[int, Sequence[int]]
    counts: Sequence[int] | None


_Count = Annotated[int, Meta(ge=0, le=2**32 - 1)]
_Counts = Annotated[list[_Count], Meta(min_length=11, max_length=11)]


class _Wire(Struct, frozen=True, kw_only=True):
    """The record's value."""

    brand: Annotated[str, Meta(pattern=r"^[^|]+\Z")]
    shard: _Count
    day: date | None
    hours: dict[Annotated[int, Meta(ge=0, le=23)], _Counts]
    lifetime: _Counts | UnsetType = UNSET
    schema_version: Literal[1]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Wire).decode


def handover_key(brand: str, shard: int, day: int | None) -> bytes:
    """The key of a hand-over, `brand|shard|day`; its partition is that of `brand`."""
    return f"{brand}|{shard}|{LIFETIME if day is None else _date(day)}".encode()


def encode_brand_tally(tally: BrandTally) -> bytes:
    """The hand-over as JSON."""
    assert (tally.day is None) == (tally.counts is not None), "a day or the sum"
    assert tally.day is not None or not tally.hours, "the sum has no hours"
    return _encode(
        {
            "brand": tally.brand,
            "shard": tally.shard,
            "day": None if tally.day is None else _date(tally.day),
            "hours": dict(tally.hours),
            **({} if tally.counts is None else {"lifetime": tally.counts}),
            "schema_version": 1,
        }
    )


def decode_brand_tally(raw: bytes | None) -> BrandTally | Rejected:
    """The hand-over of a record's value."""
    try:
        wire = _decode(raw or b"")
    except (ValueError, RecursionError):
        return Rejected("schema")
    counts = None if wire.lifetime is UNSET else wire.lifetime
    if (wire.day is None) != (counts is not None) or (wire.day is None and wire.hours):
        return Rejected("schema")
    day = None if wire.day is None else wire.day.toordinal() - _EPOCH_ORDINAL
    return BrandTally(wire.brand, wire.shard, day, wire.hours, counts)


def _date(day: int) -> str:
    return date.fromordinal(_EPOCH_ORDINAL + day).isoformat()
