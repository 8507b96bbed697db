"""A failing story, told for a person."""

from tests.simulation.campaign import Failure


def tell(failure: Failure) -> list[str]:
    """The lines: what was sent, what befell whom, and what was broken."""
    told = failure.story
    lines = [f"seed {told.seed}, {told.partitions} partitions, {told.slots} workers at the start"]
    lines += [
        f"  {record.at_s:6.3f} s  to partition {record.partition}: {record.value!r}"
        + (f", in transaction {record.bundle} of somebody else" if record.bundle else "")
        for record in told.records
    ]
    lines += [f"  {event.at_s:6.3f} s  {event.kind} {event.target} {_for(event.seconds)}" for event in told.events]
    lines += [
        f"  at request {fault.number} of {fault.of or 'any'}: {fault.kind} {_for(fault.seconds)}"
        for fault in told.faults
    ]
    lines += [f"  broken: {complaint.invariant}: {complaint.text}" for complaint in failure.complaints]
    return [*lines, f"once more, whole: python -m tests.simulation --seed {told.seed} --steps"]


def _for(seconds: float) -> str:
    return f"for {seconds:g}" if seconds else ""
