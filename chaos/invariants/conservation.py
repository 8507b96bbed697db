"""I1: every record has exactly one disposition, and the sums of the markers say so."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

from chaos.deployment import RESPONSES
from chaos.invariants.evidence import Evidence, Finding

_finding = partial(Finding, invariant="I1")


def conservation(evidence: Evidence) -> Iterator[Finding]:
    """Totals per partition are those of the recount and add up to its records; strays went home once."""
    records = Counter(record.partition for record in evidence.reading.records(RESPONSES))
    totals = evidence.reading.totals()
    for shard in range(evidence.deployment.partitions):
        found = {name: n for name, n in totals.get(shard, {}).items() if n}
        wanted = dict(evidence.expected.dispositions.get(shard, {}))
        missing = records[shard] - sum(found.values())
        if missing:
            text = f"{sum(found.values())} dispositions for {records[shard]} records"
            yield _finding(kind="lost" if missing > 0 else "double", text=text, partition=shard)
        elif found != wanted:
            yield _finding(kind="wrong", text=f"totals are {found}, not {wanted}", partition=shard)
    yield from _strays(evidence)


def _strays(evidence: Evidence) -> Iterator[Finding]:
    topic = evidence.deployment.topic(RESPONSES)
    copies = Counter(
        (record.partition, dict(record.headers)["nps.rehomed-from"])
        for record in evidence.reading.records(RESPONSES)
        if dict(record.headers).get("nps.rehomed-from")
    )
    for (partition, offset), right in evidence.expected.rehomed.items():
        n = copies[right, f"{topic}|{partition}|{offset}".encode()]
        if n != 1:
            text = f"the stray record is there {n} times in partition {right}"
            yield _finding(kind="double" if n else "lost", text=text, partition=partition, offset=offset)
