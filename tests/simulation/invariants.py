"""All invariants by name, and the verdict on a run."""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from tests.simulation import memory, outputs, protocol
from tests.simulation.evidence import Evidence
from tests.simulation.world import World

INVARIANTS: Mapping[str, Callable[[Evidence], Iterator[str]]] = {
    "orderly ends": protocol.orderly_ends,
    "refusals": protocol.refusals,
    "restores": protocol.restores,
    "fenced owners": protocol.fenced_owners,
    "one transaction": protocol.one_transaction,
    "markers": protocol.markers,
    "alerts": outputs.alerts,
    "dead letters": outputs.dead_letters,
    "re-homed": outputs.rehomed,
    "audits": outputs.audits,
    "counted once": outputs.counted_once,
    "scores": outputs.scores,
    "actions": outputs.actions,
    "clocks": outputs.clocks,
    "state": memory.state,
    "progress": protocol.progress,
}
"""Causes first: the first that is broken names the failure."""


class Complaint(NamedTuple):
    """A broken invariant, with its first counter-example."""

    invariant: str
    text: str


def verdict(world: World) -> list[Complaint]:
    """The broken invariants of a run that has ended, each with its first counter-example."""
    evidence = Evidence.of(world)
    found = []
    for name, look in INVARIANTS.items():
        try:
            text = next(iter(look(evidence)), None)
        except (KeyError, ValueError, AssertionError) as error:
            # What cannot even be read is wrong as well.
            text = f"cannot be judged: {error!r}"
        if text is not None:
            found.append(Complaint(name, text))
    return found
