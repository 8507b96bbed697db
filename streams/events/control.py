"""Orders to a shard on `nps.control`."""

from typing import Literal

import msgspec
from msgspec import Struct

from streams.events.rejected import Rejected


class Order(Struct, frozen=True):
    """`resume` lifts the breaker of the shard in whose partition it stands."""

    order: Literal["resume"]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Order).decode


def order_key(shard: int) -> bytes:
    """The key of an order; it belongs in the partition of that number, whatever a partitioner makes of it."""
    return str(shard).encode()


def encode_order(order: Order) -> bytes:
    """The order as JSON."""
    return _encode(order)


def decode_order(raw: bytes | None) -> Order | Rejected:
    """The order of a record's value."""
    try:
        return _decode(raw or b"")
    except (ValueError, RecursionError):
        return Rejected("schema")
