"""The identity of a response inside its page: brand, store and date name the page, source and response id the vote."""

import hashlib
import uuid
from datetime import date
from functools import lru_cache

import xxhash

ALERT_NAMESPACE = uuid.UUID("6f2a4f0e-6c5b-5d0e-9a53-2f4c1f7b8e21")
_NAMESPACE = ALERT_NAMESPACE.bytes
_hash = xxhash.xxh3_64_intdigest
_VARIANT = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


def identity_of(source: str, response_id: str) -> int:
    """64 bits of `source NUL response_id`; no text of a response can hold a NUL.

    Two responses of one page collide with a chance of n^2 / 2^65: for a store with 10,000 answers on a day 3e-12.
    """
    return _hash(f"{source}\0{response_id}".encode())


@lru_cache(maxsize=1024)  # more days than identities are kept
def iso_day(day: int) -> str:
    """The ISO date of a day since the epoch."""
    return date.fromordinal(_EPOCH_ORDINAL + day).isoformat()


def alert_id(brand: str, store: str, day: int, source: str, generation: int, response_id: str) -> str:
    """UUIDv5 (RFC 9562, 5.5) of `brand|store|date|source|generation|response_id`; the same log gives the same ids."""
    return uuid_of(f"{brand}|{store}|{iso_day(day)}|{source}|{generation}|{response_id}")


def uuid_of(name: str) -> str:
    """UUIDv5 of a name in our namespace; written out, since the library's takes three times as long."""
    digest = hashlib.sha1(_NAMESPACE + name.encode(), usedforsecurity=False).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{_VARIANT[digest[16]]}{digest[17:20]}-{digest[20:32]}"
