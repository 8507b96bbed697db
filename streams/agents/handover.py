"""From the shards that hold a brand's stores to the shard that holds the brand: absolute tallies, never deltas.

Replacing an absolute tally twice changes nothing, and the next one heals whatever the last one got wrong.
"""

from datetime import date

from streams.agents.folding import LIFETIME
from streams.domain.page import NewerRow
from streams.domain.store import BrandShare, BrandTotal
from streams.domain.tally import from_histogram, histogram
from streams.engine.partition import partition_of
from streams.engine.state import Output, Row
from streams.events.handover import BrandTally, decode_brand_tally, encode_brand_tally, handover_key
from streams.events.rejected import Rejected

ROW_VERSION = 1
_EPOCH = date(1970, 1, 1)


def brand_tally_output(share: BrandShare, shard: int, day: int, partitions: int) -> tuple[int, Output]:
    """What a shard says of a brand's day, and the partition that the brand belongs to."""
    if day == LIFETIME:
        tally = BrandTally(share.name, shard, None, {}, histogram(share.lifetime()))
    else:
        hours = {hour: histogram(one) for hour, one in share.day(day).items() if one}
        tally = BrandTally(share.name, shard, day, hours, None)
    key = handover_key(share.name, shard, tally.day)
    return partition_of(share.name.encode(), partitions), Output(key, encode_brand_tally(tally))


def apply_brand_tally(total: BrandTotal, tally: BrandTally) -> bool:
    """Replace what a shard said before; False if it said the same."""
    if tally.day is None:
        return total.replace_lifetime(tally.shard, from_histogram(tally.counts or (0,) * 11))
    return total.replace(tally.shard, tally.day, {hour: from_histogram(bins) for hour, bins in tally.hours.items()})


def part_row(tally: BrandTally, value: bytes) -> Row:
    """The row that keeps a hand-over in the state of the brand's shard, as it came; none for a day without answers."""
    key = b"b|" + handover_key(tally.brand, tally.shard, tally.day)
    return key, bytes((ROW_VERSION,)) + value if tally.hours or tally.day is None else None


def restore_part(total: BrandTotal, shard: int, day: str, row: bytes | None) -> None:
    """Take the row of a hand-over, None where a day has no answers any more."""
    if row is None:
        total.replace(shard, (date.fromisoformat(day) - _EPOCH).days, {})
        return
    if row[0] != ROW_VERSION:
        message = f"row version {row[0]}; this release knows {ROW_VERSION}"
        raise NewerRow(message)
    tally = decode_brand_tally(row[1:])
    assert not isinstance(tally, Rejected)
    apply_brand_tally(total, tally)
