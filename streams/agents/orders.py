"""`obey_orders`: reads `nps.control`; `resume` lifts the breaker of the shard."""

from streams.engine.fetch import Record
from streams.engine.shard import Handled, Shard
from streams.events.control import decode_order
from streams.events.rejected import Rejected


def obey_orders(shard: Shard, records: list[Record]) -> Handled:
    """Carry out what operators ordered; what is no order is counted and does nothing."""
    totals = {"counted": 0, "dead_letter": 0}
    for record in records:
        if isinstance(decode_order(record.value), Rejected):
            totals["dead_letter"] += 1
        else:
            shard.breaker.reset()
            totals["counted"] += 1
    return Handled(len(records), totals)
