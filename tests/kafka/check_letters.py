"""Dead letters and re-homed records, held against the recount: every difference is a line of text."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from chaos.rules.judge import judge
from chaos.rules.recount import Recount
from streams.topology import DEAD_LETTERS, RESPONSES
from tests.kafka.log import Log

ERRORS = "__streams.errors."
_WHOLE_BYTES_MAX = 1_048_588 + 60_000
"""A dead letter is this large at most, with some room for headers; of a larger record it says size and hash."""
_REHOMED = ("nps.arrival", "nps.rehomed-from")


def wrong_dead_letters(log: Log, expected: Recount) -> Iterator[str]:
    """Dead letters that miss, are there twice or more, were changed, or are nobody's."""
    sources = {(record.partition, record.offset): record for record in log.records(RESPONSES)}
    found: dict[tuple[int, int], list[Any]] = {}
    for record in log.records(DEAD_LETTERS):
        headers = dict(record.headers)
        where = int(headers[ERRORS + "partition"]), int(headers[ERRORS + "offset"])
        found.setdefault(where, []).append(record)
    for where, reason in expected.dead.items():
        letters = found.pop(where, [])
        if len(letters) != 1:
            yield f"the dead letter of {where}, {reason}, is there {len(letters)} times"
            continue
        yield from _wrong_dead_letter(letters[0], sources[where], reason, log.settings.topic(RESPONSES.name))
    yield from (f"a dead letter of {where} is there for nothing" for where in found)


def _wrong_dead_letter(letter: Any, source: Any, reason: str, topic: str) -> Iterator[str]:
    """A dead letter differs from its record: all of it as received, and what was added in headers."""
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
            yield f"the dead letter of {source.partition}-{source.offset} has {name} {ours.get(name)!r}, not {wanted!r}"
    received = [header for header in source.headers if header[0] not in added]
    kept = [header for header in letter.headers if header[0] not in ours]
    if letter.value is None and source.value is not None and len(source.value) > _WHOLE_BYTES_MAX:
        named = [("nps.dlq.size", b"%d" % len(source.value)), ("nps.dlq.sha256", _sha256(source.value))]
        kept = [header for header in kept if header not in named]
        source = replace(source, value=None)
    if not ours.get(ERRORS + "exception") or kept != received:
        yield f"the dead letter of {source.partition}-{source.offset} has headers {kept}, received were {received}"
    for what in ("partition", "key", "value", "timestamp"):
        if getattr(letter, what) != getattr(source, what):
            yield f"the dead letter of {source.partition}-{source.offset} has another {what}"


def wrong_rehomed(log: Log, expected: Recount) -> Iterator[str]:
    """Records in a wrong partition that do not stand once in the right one, with the right key and headers."""
    topic = log.settings.topic(RESPONSES.name)
    sources = {(record.partition, record.offset): record for record in log.records(RESPONSES)}
    copies = Counter(
        (record.partition, dict(record.headers)["nps.rehomed-from"].decode())
        for record in log.records(RESPONSES)
        if "nps.rehomed-from" in dict(record.headers)
    )
    for (partition, offset), right in expected.rehomed.items():
        if copies[right, f"{topic}|{partition}|{offset}"] != 1:
            yield f"{partition}-{offset} is {copies[right, f'{topic}|{partition}|{offset}']} times in partition {right}"
    for record in log.records(RESPONSES):
        origin = dict(record.headers).get("nps.rehomed-from", b"").decode().split("|")
        if origin[0] != topic:
            continue
        source = sources[int(origin[1]), int(origin[2])]
        kept = [header for header in source.headers if header[0] not in _REHOMED]
        wanted = [*kept, ("nps.arrival", b"%d" % source.timestamp), *record.headers[-1:]]
        document = judge(record.value)
        assert isinstance(document, dict)
        key = f"{document['brand']}|{document['store']}".encode()
        if (record.key, record.value, [*record.headers]) != (key, source.value, wanted):
            yield f"the copy of {origin[1]}-{origin[2]} was changed: {record.key!r} {record.headers}"


def _sha256(value: bytes) -> bytes:
    return hashlib.sha256(value).hexdigest().encode()
