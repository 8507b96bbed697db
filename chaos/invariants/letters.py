"""I5: what cannot be used is set aside once, as it was received, with the reason."""

from collections.abc import Iterator
from typing import Any

from chaos.deployment import DEAD_LETTERS, RESPONSES
from chaos.invariants.evidence import Evidence, Finding
from chaos.rules.letter import ERRORS, changed


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
        for text in changed(letter, sources[where], reason, evidence.deployment.topic(RESPONSES)):
            yield Finding(invariant="I5", kind="wrong", text=text, **place)
    for where, reason in evidence.expected.dead.items():
        if where not in seen:
            text = f"the dead letter ({reason}) is missing"
            yield Finding(invariant="I5", kind="lost", text=text, partition=where[0], offset=where[1])
