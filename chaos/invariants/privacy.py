"""I10: nothing a customer said or was called stands where it need not."""

from collections.abc import Iterator

from chaos.deployment import ALARMS, AUDIT, BRAND_TALLIES, SCORES, STATE, TRENDS
from chaos.invariants.evidence import Evidence, Finding
from chaos.load import CANARY

_COMPACTED = (SCORES, TRENDS, ALARMS, AUDIT, BRAND_TALLIES, STATE)


def privacy(evidence: Evidence) -> Iterator[Finding]:
    """No canary in a topic that keeps for good, in a log line or in a metric."""
    canary = f"{CANARY}-".encode()
    for topic in _COMPACTED:
        for record in evidence.reading.records(topic):
            if canary in (record.value or b"") or canary in (record.key or b""):
                where = {"partition": record.partition, "offset": record.offset, "id": topic}
                yield Finding(invariant="I10", kind="wrong", text="quotes a customer", **where)
    for name, text in evidence.texts.items():
        at = text.find(canary.decode())
        if at >= 0:
            yield Finding(invariant="I10", kind="wrong", text="quotes a customer", offset=at, id=name)
