"""I5: what cannot be used is set aside once, as it was received, with the reason."""

import hashlib
from collections.abc import Iterator
from typing import Any

from chaos.deployment import DEAD_LETTERS, RESPONSES
from chaos.invariants.evidence import Evidence, Finding
from chaos.ledger import sha256

ERRORS = "__streams.errors."
_WHOLE_BYTES_MAX = 1_048_588 + 60_000
"""A dead letter above this may carry the size and the hash of its value instead."""


def letters(evidence: Evidence) -> Iterator[Finding]:
    """Coordinates, key, value, timestamp and headers of every dead letter."""
    sources = {(record.partition, record.offset): record for record in evidence.reading.records(RESPONSES)}
    seen: set[tuple[int, int]] = set()
    for letter in evidence.reading.records(DEAD_LETTERS):
        headers = dict(letter.headers)
        where = int(headers[ERRORS + "partition"]), int(headers[ERRORS + "offset"])
        place: dict[str, Any] = {"partition": where[0], "offset": where[1]}
        reason = evidence.expected.dead.get(where)
        if reason is None or where in seen:
            yield Finding(invariant="I5", kind="double", text="a dead letter too many", **place)
            continue
        seen.add(where)
        for text in _changed(letter, sources[where], reason, evidence.deployment.topic(RESPONSES)):
            yield Finding(invariant="I5", kind="wrong", text=text, **place)
    for where, reason in evidence.expected.dead.items():
        if where not in seen:
            text = f"the dead letter ({reason}) is missing"
            yield Finding(invariant="I5", kind="lost", text=text, partition=where[0], offset=where[1])


def _changed(letter: Any, source: Any, reason: str, topic: str) -> Iterator[str]:
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
    if sha256(letter.key, letter.value) != sha256(source.key, value):
        yield "key or value was changed"
    if (letter.partition, letter.timestamp) != (source.partition, source.timestamp):
        yield "partition or timestamp was changed"
