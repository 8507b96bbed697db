"""From the shards that hold a brand's stores to the shard that holds the brand: absolute tallies, never deltas.

Replacing an absolute tally twice changes nothing, and the next one heals whatever the last one got wrong.
"""

from collections.abc import Sequence
from datetime import date

from streams.agents.folding import LIFETIME
from streams.domain.brand import BrandTotal
from streams.domain.finals import NOTHING_KEPT
from streams.domain.page import NewerRow
from streams.domain.period import CALENDARS, Granularity
from streams.domain.store import BrandShare
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
        tally = BrandTally(share.name, shard, day, hours, None, _finals(share, day), share.caseload.days.get(day, {}))
    key = handover_key(share.name, shard, tally.day)
    return partition_of(share.name.encode(), partitions), Output(key, encode_brand_tally(tally))


def apply_brand_tally(total: BrandTotal, tally: BrandTally) -> bool:
    """Replace what a shard said before; False if it said the same."""
    if tally.day is None:
        return total.replace_lifetime(tally.shard, from_histogram(tally.counts or (0,) * 11))
    finals = {
        calendar.holding(tally.day): from_histogram(tally.finals[calendar.granularity] or (0,) * 11)
        for calendar in CALENDARS
        if calendar.granularity in tally.finals
    }
    changed = total.said.take(tally.shard, tally.day, finals)
    changed |= total.caseload.replace(tally.shard, tally.day, tally.follow_up)
    hours = {hour: from_histogram(bins) for hour, bins in tally.hours.items()}
    return total.replace(tally.shard, tally.day, hours) or changed


def part_row(tally: BrandTally, value: bytes) -> Row:
    """The row that keeps a hand-over in the state of the brand's shard, as it came; none for one that says nothing."""
    key = b"b|" + handover_key(tally.brand, tally.shard, tally.day)
    is_said = tally.hours or tally.finals or tally.follow_up or tally.day is None
    return key, bytes((ROW_VERSION,)) + value if is_said else None


def restore_part(total: BrandTotal, shard: int, day: str, row: bytes | None) -> None:
    """Take the row of a hand-over, None where nothing is left to say of a day."""
    if row is None:
        number = (date.fromisoformat(day) - _EPOCH).days
        total.replace(shard, number, {})
        total.said.take(shard, number, {})
        total.caseload.replace(shard, number, {})
        return
    if row[0] != ROW_VERSION:
        message = f"row version {row[0]}; this release knows {ROW_VERSION}"
        raise NewerRow(message)
    tally = decode_brand_tally(row[1:])
    assert not isinstance(tally, Rejected)
    apply_brand_tally(total, tally)


def _finals(share: BrandShare, day: int) -> dict[Granularity, Sequence[int] | None]:
    """The finals of the periods of a day that were kept of the brand's stores here."""
    if share.kept is NOTHING_KEPT:
        return {}
    kept = {calendar.granularity: share.kept.final(calendar.holding(day)) for calendar in CALENDARS}
    return {
        granularity: histogram(tally) if tally else None for granularity, tally in kept.items() if tally is not None
    }
