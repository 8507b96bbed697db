"""A dead letter against the record that it stands for."""

import hashlib
from collections.abc import Iterator
from typing import Any

ERRORS = "__streams.errors."
_WHOLE_BYTES_MAX = 1_048_588 + 60_000
"""A dead letter is this large at most, with some room for headers; of a larger record it says size and hash."""


def changed(letter: Any, source: Any, reason: str, topic: str) -> Iterator[str]:
    """How a dead letter differs from its record of `topic`: all of it as received, and what was added in headers."""
    added = {
        ERRORS + "topic": topic,
        ERRORS + "partition": str(source.partition),
        ERRORS + "offset": str(source.offset),
        ERRORS + "message": reason,
        ERRORS + "stacktrace": "",
        "nps.dlq.reason": reason,
    }
    ours = {name: value for name, value in letter.headers if name in added or name == ERRORS + "exception"}
    for name, wanted in added.items():
        if ours.get(name) != wanted.encode():
            yield f"header {name} is {ours.get(name)!r}, not {wanted!r}"
    if not ours.get(ERRORS + "exception"):
        yield "there is no header that names the exception"
    value = source.value
    kept = [header for header in letter.headers if header[0] not in ours]
    if letter.value is None and value is not None and len(value) > _WHOLE_BYTES_MAX:
        digest = hashlib.sha256(value).hexdigest().encode()
        kept = [each for each in kept if each not in (("nps.dlq.size", b"%d" % len(value)), ("nps.dlq.sha256", digest))]
        value = None
    if kept != [header for header in source.headers if header[0] not in added]:
        yield f"the headers received are not those kept: {kept}"
    if (letter.key, letter.value) != (source.key, value):
        yield "key or value was changed"
    if (letter.partition, letter.timestamp) != (source.partition, source.timestamp):
        yield "partition or timestamp was changed"
