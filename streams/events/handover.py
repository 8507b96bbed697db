"""The internal hand-over on `nps.brand-tallies`: what the stores of one shard add up to for a brand.

Absolute tallies, never deltas: one day with its hours, or in one sum all that is older than the days that are kept.
A tally counts the votes by score: eleven numbers, for 0 to 10. With a day come the finals that were kept of its
periods: what the day, its week or its month said in this shard before something came too late for it. And how often
each code of `domain.turnaround` occurs in the cases that were submitted on it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from streams.domain.period import Granularity
from streams.events.rejected import Rejected

LIFETIME = "lifetime"
"""Takes the place of the day in the key of the sum."""

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


class BrandTally(Struct, frozen=True):
    """A brand's tally in one shard; `day` in days since the epoch (UTC) and `hours`, the hours of that day that have
    votes; or `day` None and `counts`, all that lies before the days that are kept. `finals` has those of the periods
    which hold the day whose final was kept: None where nobody had answered. `follow_up` says how often each code
    occurs in the cases of the day.
    """

    brand: str
    shard: int
    day: int | None
    hours: Mapping[int, Sequence[int]]
    counts: Sequence[int] | None
    finals: Mapping[Granularity, Sequence[int] | None] = {}
    follow_up: Mapping[int, int] = {}


_Count = Annotated[int, Meta(ge=0, le=2**32 - 1)]
_Code = Annotated[int, Meta(ge=0, le=2**31 - 1)]
_Counts = Annotated[list[_Count], Meta(min_length=11, max_length=11)]


class _Finals(Struct, frozen=True):
    """By granularity; what is absent was not kept."""

    day: _Counts | UnsetType | None = UNSET
    week: _Counts | UnsetType | None = UNSET
    month: _Counts | UnsetType | None = UNSET


class _Wire(Struct, frozen=True, kw_only=True):
    """The record's value."""

    brand: Annotated[str, Meta(pattern=r"^[^|]+\Z")]
    shard: _Count
    day: date | None
    hours: dict[Annotated[int, Meta(ge=0, le=23)], _Counts]
    lifetime: _Counts | UnsetType = UNSET
    finals: _Finals | UnsetType = UNSET
    follow_up: dict[_Code, Annotated[int, Meta(ge=1, le=2**32 - 1)]] | UnsetType = UNSET
    schema_version: Literal[1]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Wire).decode


def handover_key(brand: str, shard: int, day: int | None) -> bytes:
    """The key of a hand-over, `brand|shard|day`; its partition is that of `brand`."""
    return f"{brand}|{shard}|{LIFETIME if day is None else _date(day)}".encode()


def encode_brand_tally(tally: BrandTally) -> bytes:
    """The hand-over as JSON."""
    assert (tally.day is None) == (tally.counts is not None), "a day or the sum"
    assert tally.day is not None or not (tally.hours or tally.finals or tally.follow_up), "the sum has counts alone"
    return _encode(
        {
            "brand": tally.brand,
            "shard": tally.shard,
            "day": None if tally.day is None else _date(tally.day),
            "hours": dict(tally.hours),
            **({} if tally.counts is None else {"lifetime": tally.counts}),
            **({"finals": dict(tally.finals)} if tally.finals else {}),
            **({"follow_up": dict(tally.follow_up)} if tally.follow_up else {}),
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
    finals = {} if wire.finals is UNSET else _said(wire.finals)
    follow_up = {} if wire.follow_up is UNSET else wire.follow_up
    if (wire.day is None) != (counts is not None) or (wire.day is None and (wire.hours or finals or follow_up)):
        return Rejected("schema")
    day = None if wire.day is None else wire.day.toordinal() - _EPOCH_ORDINAL
    return BrandTally(wire.brand, wire.shard, day, wire.hours, counts, finals, follow_up)


def _said(finals: _Finals) -> dict[Granularity, Sequence[int] | None]:
    said: list[tuple[Granularity, _Counts | UnsetType | None]]
    said = [("day", finals.day), ("week", finals.week), ("month", finals.month)]
    return {granularity: counts for granularity, counts in said if counts is not UNSET}


def _date(day: int) -> str:
    return date.fromordinal(_EPOCH_ORDINAL + day).isoformat()
