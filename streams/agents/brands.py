"""`tally_brands`: reads `nps.brand-tallies`; keeps the brands whose own shard this is, and publishes their scores."""

from typing import cast

from streams.agents.handover import apply_brand_tally, part_row
from streams.agents.ledger import Ledger
from streams.engine.fetch import Record
from streams.engine.shard import Handled, Shard
from streams.events.handover import decode_brand_tally, handover_key
from streams.events.rejected import Rejected


def tally_brands(shard: Shard, records: list[Record]) -> Handled:
    """Replace what other shards said of a brand's day by what they say now."""
    ledger = cast("Ledger", shard.state)
    totals = {"counted": 0, "duplicate": 0, "dead_letter": 0}
    for record in records:
        tally = decode_brand_tally(record.value)
        if isinstance(tally, Rejected) or record.key != handover_key(tally.brand, tally.shard, tally.day):
            # Only our own shards write here: what does not parse, or has another key than ours, is a stranger's.
            totals["dead_letter"] += 1
            ledger.policy.counts.dead_letters(tally.reason if isinstance(tally, Rejected) else "schema", 1)
            continue
        total = ledger.total(tally.brand)
        if not apply_brand_tally(total, tally):
            totals["duplicate"] += 1
            continue
        assert record.value is not None
        key, row = part_row(tally, record.value)
        ledger.dirty_rows[key] = row
        ledger.due.mark([total])
        totals["counted"] += 1
    return Handled(len(records), totals)
