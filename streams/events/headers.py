"""Headers of Kafka records, and the size of a record with them."""

from collections.abc import Iterable, Sequence

Headers = Sequence[tuple[str, bytes | None]]

_RECORD_BYTES = 61 + 32
"""A batch of one record: the head of the batch, and at most so much for lengths, offsets and the timestamp."""
_HEADER_BYTES = 10
"""The two lengths of a header, at most."""


def record_bytes(key: bytes | None, value: bytes | None, headers: Headers) -> int:
    """An upper bound of what a record takes uncompressed, in a batch of its own: what its topic's limit is about."""
    size = _RECORD_BYTES + len(key or b"") + len(value or b"")
    return size + sum(_HEADER_BYTES + len(name.encode()) + len(text or b"") for name, text in headers)


def without(headers: Headers, names: Iterable[str]) -> list[tuple[str, bytes | None]]:
    """The headers but those of these names."""
    return [header for header in headers if header[0] not in names]


def only(headers: Headers, name: str) -> bytes | None:
    """The value of the header of this name; None where there is none, or more than one."""
    found = [value for header, value in headers if header == name]
    return found[0] if len(found) == 1 else None


def decimal(text: bytes | None) -> int | None:
    """The number of a header: 1 to 18 decimal digits and nothing else."""
    return int(text) if text is not None and len(text) <= 18 and text.isdigit() else None
