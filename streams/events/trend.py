"""A trend on `nps.trends`: the last days, weeks and months of a brand or a store, and what was restated of them."""

import msgspec
from msgspec import Struct

from streams.events.rejected import Rejected


class Restated(Struct, gc=False, frozen=True):
    """What a period said when it became final, if something that came later changed it."""

    period: str
    n: int
    promoters: int
    detractors: int


class Series(Struct, frozen=True):
    """Periods that follow each other from `first` on, as columns; the last one holds the instant of the trend.

    The first `final` of them are final, the others provisional. `restated` is in the order of the periods.
    """

    first: str
    n: list[int]
    promoters: list[int]
    detractors: list[int]
    final: int
    restated: list[Restated]


class Trend(Struct, frozen=True, kw_only=True):
    """The UTC days, ISO weeks and months of a brand (`store` is None) or a store that end with `as_of`, RFC 3339."""

    brand: str
    store: str | None
    as_of: str
    days: Series
    weeks: Series
    months: Series
    schema_version: int = 1


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Trend).decode


def encode_trend(trend: Trend) -> bytes:
    """The trend as JSON."""
    return _encode(trend)


def decode_trend(raw: bytes) -> Trend | Rejected:
    """The trend of a record's value; `schema` where columns differ in length. Unknown fields are let through."""
    try:
        trend = _decode(raw)
    except (ValueError, RecursionError):
        return Rejected("schema")
    whole = all(map(_whole, (trend.days, trend.weeks, trend.months)))
    return trend if whole else Rejected("schema")


def _whole(series: Series) -> bool:
    n = len(series.n)
    return n == len(series.promoters) == len(series.detractors) and 0 <= series.final <= n
