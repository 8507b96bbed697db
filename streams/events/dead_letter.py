"""A dead letter on `survey.responses.dead`: a record that cannot be used, as it came, with the reason in its headers.

Six headers have the names of Kafka Streams (KIP-1034), so that its tools read them. A record that has them already, a
dead letter that somebody sent once more, keeps none of its old ones.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

from streams.events.headers import Headers, decimal, only, record_bytes, without
from streams.events.rejected import REASONS, Reason

TOPIC = "__streams.errors.topic"
PARTITION = "__streams.errors.partition"
OFFSET = "__streams.errors.offset"
EXCEPTION = "__streams.errors.exception"
MESSAGE = "__streams.errors.message"
STACKTRACE = "__streams.errors.stacktrace"
REASON = "nps.dlq.reason"
SIZE = "nps.dlq.size"
SHA256 = "nps.dlq.sha256"
KEY_SIZE = "nps.dlq.key-size"
HEADERS_DROPPED = "nps.dlq.headers-dropped"

NAMES = frozenset(
    {TOPIC, PARTITION, OFFSET, EXCEPTION, MESSAGE, STACKTRACE, REASON, SIZE, SHA256, KEY_SIZE, HEADERS_DROPPED}
)
_EXCEPTION = b"streams.events.rejected.Rejected"


class DeadLetter(NamedTuple):
    """What is written of a dead letter, beside the timestamp of the record as received."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


def dead_letter_headers(
    received: Headers, *, topic: str, partition: int, offset: int, reason: Reason
) -> list[tuple[str, bytes | None]]:
    """The headers of a dead letter: the received ones, and where it was read and why it is here."""
    return [
        *without(received, NAMES),
        (TOPIC, topic.encode()),
        (PARTITION, b"%d" % partition),
        (OFFSET, b"%d" % offset),
        (EXCEPTION, _EXCEPTION),
        (MESSAGE, reason.encode()),
        (STACKTRACE, b""),
        (REASON, reason.encode()),
    ]


def dead_letter(
    key: bytes | None,
    value: bytes | None,
    received: Headers,
    *,
    topic: str,
    partition: int,
    offset: int,
    reason: Reason,
    bytes_max: int,
) -> DeadLetter:
    """The dead letter of a record, at most `bytes_max` (a batch of its own, uncompressed): the limit of the topic.

    Nearly always key, value and headers as received. A record can be larger than the limit of the topic that it came
    from, which holds for compressed batches. Of such a one the value is left out, `nps.dlq.size` (bytes) and
    `nps.dlq.sha256` (hex) say what it was; if that is not enough then also the received headers, all of them
    (`nps.dlq.headers-dropped`, their number); if even that is not enough the key (`nps.dlq.key-size`, bytes).
    """
    headers = dead_letter_headers(received, topic=topic, partition=partition, offset=offset, reason=reason)
    if record_bytes(key, value, headers) <= bytes_max:
        return DeadLetter(key, value, headers)
    if value is not None:
        headers += [(SIZE, b"%d" % len(value)), (SHA256, sha256(value).hexdigest().encode())]
    if record_bytes(key, None, headers) <= bytes_max:
        return DeadLetter(key, None, headers)
    headers = [header for header in headers if header[0] in NAMES]
    headers.append((HEADERS_DROPPED, b"%d" % len(without(received, NAMES))))
    if record_bytes(key, None, headers) <= bytes_max:
        return DeadLetter(key, None, headers)
    headers.append((KEY_SIZE, b"%d" % len(key or b"")))
    assert record_bytes(None, None, headers) <= bytes_max, "the limit of the topic leaves no room for our headers"
    return DeadLetter(None, None, headers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a dead letter was read and why it is one; `size` and `sha256` (hex) of a value that was left out."""

    topic: str
    partition: int
    offset: int
    reason: Reason
    size: int | None = None
    sha256: str | None = None


def parse_dead_letter_headers(headers: Headers) -> Origin | None:
    """What the headers of a dead letter say; None where they are not those of one of ours."""
    topic, reason_text, digest = only(headers, TOPIC), only(headers, REASON), only(headers, SHA256)
    partition, offset = decimal(only(headers, PARTITION)), decimal(only(headers, OFFSET))
    reason = next((one for one in REASONS if one.encode() == reason_text), None)
    if topic is None or partition is None or offset is None or reason is None:
        return None
    return Origin(
        topic=topic.decode(errors="replace"),
        partition=partition,
        offset=offset,
        reason=reason,
        size=decimal(only(headers, SIZE)),
        sha256=None if digest is None else digest.decode(errors="replace"),
    )
