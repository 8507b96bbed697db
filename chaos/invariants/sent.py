"""I7: what was acknowledged is in the topic, what was refused is not, and nothing is there that was never sent."""

from collections.abc import Iterator
from typing import Any

from chaos.deployment import RESPONSES
from chaos.invariants.evidence import Evidence, Finding
from chaos.ledger import Entry, sha256
from chaos.load import MARK

_DEAD = "dead:"


def sent(evidence: Evidence) -> Iterator[Finding]:
    """The ledger against the input topic, and what was intended against what the rules say."""
    if not evidence.entries:
        return
    copies: dict[int, list[Any]] = {}
    for record in evidence.reading.records(RESPONSES):
        headers = dict(record.headers)
        if "nps.rehomed-from" in headers:
            continue
        number = int(headers.get(MARK, b"/-1").rpartition(b"/")[2])
        if number not in evidence.entries:
            where = {"partition": record.partition, "offset": record.offset}
            yield Finding(invariant="I7", kind="wrong", text="a record that was never sent", **where)
            continue
        copies.setdefault(number, []).append(record)
    for number, entry in evidence.entries.items():
        yield from _settled(entry, copies.get(number, []))
        yield from (finding for record in copies.get(number, []) for finding in _as_intended(evidence, entry, record))


def _settled(entry: Entry, copies: list[Any]) -> Iterator[Finding]:
    where: dict[str, Any] = {"partition": entry.partition, "offset": entry.offset, "id": f"n={entry.number}"}
    places = [(record.partition, record.offset) for record in copies]
    if entry.state == "acked" and (entry.partition, entry.offset) not in places:
        yield Finding(invariant="I7", kind="lost", text="acknowledged, and not in the topic", **where)
    if entry.state == "refused" and copies:
        yield Finding(invariant="I7", kind="wrong", text="refused, and in the topic", **where)
    if len(copies) > 1:
        yield Finding(invariant="I7", kind="double", text=f"in the topic at {places}", **where)
    if any(sha256(record.key, record.value) != entry.sha256 for record in copies):
        yield Finding(invariant="I7", kind="wrong", text="other bytes than were sent", **where)


def _as_intended(evidence: Evidence, entry: Entry, record: Any) -> Iterator[Finding]:
    """Generator and rules agree on what is unusable: two who were written apart."""
    reason = evidence.expected.dead.get((record.partition, record.offset))
    intended = entry.intended.removeprefix(_DEAD) if entry.intended.startswith(_DEAD) else None
    if reason != intended:
        where = {"partition": record.partition, "offset": record.offset, "id": f"n={entry.number}"}
        yield Finding(invariant="I5", kind="wrong", text=f"intended was {intended}, judged {reason}", **where)
