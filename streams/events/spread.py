"""The header of a copy: what is to be known in every shard is written once, and copied to all other partitions."""

import re

from streams.events.headers import Headers, only

SPREAD_FROM = "nps.spread-from"

_PLACE = re.compile(rb".+\|[0-9]{1,9}\|[0-9]{1,18}")


def spread_headers(*, topic: str, partition: int, offset: int) -> list[tuple[str, bytes | None]]:
    """The headers of a copy of the record that stands there."""
    return [(SPREAD_FROM, f"{topic}|{partition}|{offset}".encode())]


def is_copy(headers: Headers) -> bool:
    """Whether a record is a copy. A header that we would not write so makes it none: then it is copied itself."""
    place = only(headers, SPREAD_FROM)
    return place is not None and _PLACE.fullmatch(place) is not None
