"""I6 and I12: what the group committed never passes the markers and never goes back; nothing stands still."""

from collections.abc import Iterator

from chaos.deployment import RESPONSES
from chaos.invariants.evidence import Evidence, Finding

FROZEN_S = 30.0
FROZEN_PROBES = 20
"""A partition with records left and no progress for longer than this, and in so many probes, while all is well stands
still. Probes are taken once a second: on a machine that is slow for all they are as far apart as everything else."""


def offsets(evidence: Evidence) -> Iterator[Finding]:
    """I6: committed offsets against the markers, in every probe and at the end.

    Where a probe saw an older marker, because a broker was away or had not let go of a commit that was decided, the
    append times of the markers tell.
    """
    last: dict[str, int] = {}
    final = {"offsets": evidence.offsets, "positions": evidence.reading.positions()}
    for probe in (*evidence.probes, final):
        for name, offset in probe.get("offsets", {}).items():
            topic, _, partition = name.partition("|")
            where = {"partition": int(partition), "offset": offset, "id": topic}
            position = probe["positions"].get(name, offset)
            if offset > position and "at_s" in probe:
                position = evidence.reading.position_at(name, probe["at_s"])
            if offset > position:
                text = f"the group committed {offset}, the marker says {position}"
                yield Finding(invariant="I6", kind="wrong", text=text, **where)
            if offset < last.get(name, 0):
                yield Finding(invariant="I6", kind="wrong", text=f"the group went back from {last[name]}", **where)
            last[name] = offset


def liveness(evidence: Evidence) -> Iterator[Finding]:
    """I12: all is handled at the end, and no partition stood still for 30 s outside a fault."""
    positions = evidence.reading.positions()
    for record in evidence.reading.records(RESPONSES):
        if record.offset >= positions.get(f"{RESPONSES}|{record.partition}", 0):
            where = {"partition": record.partition, "offset": record.offset}
            yield Finding(invariant="I12", kind="lost", text="not handled at the end", **where)
            break
    since: dict[str, tuple[int, float, int]] = {}
    for number, probe in enumerate(evidence.probes):
        if probe.get("fault"):
            since.clear()
            continue
        for name, end in probe.get("ends", {}).items():
            position, at_s = probe["positions"].get(name, 0), probe["at_s"]
            before = since.get(name)
            if position >= end or before is None or before[0] != position:
                since[name] = (position, at_s, number)
            elif at_s - before[1] > FROZEN_S and number - before[2] >= FROZEN_PROBES:
                text = f"stood still for {at_s - before[1]:.0f} s with records left"
                yield Finding(
                    invariant="I12", kind="wrong", text=text, partition=int(name.rpartition("|")[2]), offset=position
                )
                return
