"""Finals: what a period said when it became final, kept from the first change on that arrives later.

Nothing is written when a period ends. Until something changes it too late, its present tally is its final one; just
before the first such change that tally is kept, once and for good. So no clock decides what is final, and the same log
keeps the same finals. A period that was empty then is kept as well, in one bit: what an import adds to it later must
not be taken for what it said.

A brand's final is the sum of its shards': what a shard kept, or its present tally where nothing came too late there.
"""

import struct
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Final

from streams.domain.page import NewerRow
from streams.domain.period import CALENDARS, DAYS, MONTHS, WEEKS, Period
from streams.domain.tally import TALLY_BYTES
from streams.domain.window import DAY_S

ROW_VERSION: Final = 1

_DAY_MS: Final = DAY_S * 1000
_MONTH_SLOT: Final = 0
_WEEK_SLOT: Final = 1
_DAY_SLOT: Final = 6
_HEAD: Final = struct.Struct("<BIB")
_ENTRY: Final = struct.Struct(f"<B{TALLY_BYTES}s")

Slots = tuple[tuple[int, int], ...]
"""Periods as they stand in rows: a month, and a bit for each of its periods."""


class Kept:
    """The finals that were kept of one store, or of a brand's stores in one shard.

    A row holds those of one month: of the month, of the weeks that begin in it and of its days.
    """

    __slots__ = ("slots", "tallies")

    def __init__(self) -> None:
        self.slots: dict[int, int] = {}
        """By month a bit for each period whose final is kept."""
        self.tallies: dict[Period, int] = {}
        """The finals that are not empty."""

    @property
    def restated(self) -> Collection[Period]:
        """The periods that had answers when they became final, and that something came too late for."""
        return self.tallies.keys()

    def final(self, period: Period) -> int | None:
        """The final of a period; None while nothing came too late."""
        tally = self.tallies.get(period)
        if tally is not None:
            return tally
        month, slot = _place(period)
        return 0 if self.slots.get(month, 0) >> slot & 1 else None

    def keep(self, period: Period, tally: int) -> int:
        """Keep the final of a period that is not kept yet; gives the month whose row changes by it."""
        month, slot = _place(period)
        slots = self.slots.get(month, 0)
        assert not slots >> slot & 1, "a final is kept once"
        self.slots[month] = slots | 1 << slot
        if tally:
            self.tallies[period] = tally
        return month

    def row(self, month: int) -> bytes:
        """The row of a month: version, the bits of what is kept, then slot and tally of what is not empty."""
        slots = self.slots[month]
        head = _HEAD.pack(ROW_VERSION, slots & 0xFFFFFFFF, slots >> 32)
        if not self.tallies:  # as it is in an import
            return head
        entries = (
            _ENTRY.pack(_place(period)[1], self.tallies[period].to_bytes(TALLY_BYTES, "little"))
            for period in _periods(month, slots)
            if period in self.tallies
        )
        return head + b"".join(entries)

    def load(self, month: int, row: bytes | None) -> None:
        """Take the row of a month, None where no trend shows it any more; raises NewerRow."""
        for period in _periods(month, self.slots.pop(month, 0)):
            self.tallies.pop(period, None)
        if row is None:
            return
        if row[0] != ROW_VERSION:
            message = f"finals of row version {row[0]}; this release knows {ROW_VERSION}"
            raise NewerRow(message)
        _, low, high = _HEAD.unpack_from(row)
        self.slots[month] = high << 32 | low
        for slot, tally in _ENTRY.iter_unpack(row[_HEAD.size :]):
            self.tallies[_period(month, slot)] = int.from_bytes(tally, "little")


NOTHING_KEPT: Final = Kept()
"""Of whom nothing came too late so far: nearly all. Never changed."""


class Said:
    """What the shards of a brand said of the finals that they kept, beside what they say of its days."""

    __slots__ = ("_days", "_parts", "_shards", "by_period")

    def __init__(self, parts: Mapping[tuple[int, int], Mapping[int, int]], shards: set[int]) -> None:
        self.by_period: dict[Period, dict[int, int]] = {}
        """By period and shard the tally that was kept."""
        self._days: set[tuple[int, int]] = set()
        """The shards and days of which the latest word says finals."""
        self._parts = parts
        self._shards = shards

    @property
    def restated(self) -> Collection[Period]:
        """The periods that something came too late for in some shard."""
        return self.by_period.keys()

    def take(self, shard: int, day: int, finals: Mapping[Period, int]) -> bool:
        """Take what a shard says of the periods of a day; False if that is nothing new.

        What it says no more stays known: only what no trend can show is left out, and that is forgotten by itself.
        """
        changed = bool(finals) != ((shard, day) in self._days)
        if finals:
            self._days.add((shard, day))
        else:
            self._days.discard((shard, day))
        for period, tally in finals.items():
            by_shard = self.by_period.setdefault(period, {})
            changed |= by_shard.get(shard) != tally
            by_shard[shard] = tally
        return changed

    def final(self, period: Period) -> int | None:
        """The final of a period for the whole brand; None while no shard kept one."""
        kept = self.by_period.get(period)
        if kept is None:
            return None
        tally = sum(kept.values())
        for shard in self._shards - kept.keys():
            for day in period.days:
                hours = self._parts.get((shard, day))
                if hours is not None:
                    tally += sum(hours.values())
        return tally

    def forget(self, first_kept: int) -> None:
        """Forget the months that begin before a day, with all that stands in their rows."""
        for period in [period for period in self.by_period if month_begin(_place(period)[0]) < first_kept]:
            del self.by_period[period]


def restatable(day: int, arrival_ms: int) -> list[Period]:
    """The periods of a day that what arrives now comes too late for, as far as a trend may still show them."""
    today = arrival_ms // _DAY_MS
    periods = []
    for calendar in CALENDARS:
        period = calendar.holding(day)
        # One more than is shown now: the worker that publishes may be a little behind the broker's clock.
        if period.final_ms <= arrival_ms and calendar.number_of(today) - period.number <= calendar.shown:
            periods.append(period)
    return periods


def slots_of(periods: list[Period]) -> Slots:
    """Where these periods stand in rows."""
    slots: dict[int, int] = {}
    for period in periods:
        month, slot = _place(period)
        slots[month] = slots.get(month, 0) | 1 << slot
    return tuple(slots.items())


def month_begin(month: int) -> int:
    """The first day of the periods that stand in the row of a month."""
    return MONTHS.first_day(month)


@lru_cache(maxsize=4096)  # the periods of 400 days and some more
def _place(period: Period) -> tuple[int, int]:
    """The month in whose row a period stands, and its slot there."""
    calendar, number = period
    if calendar is MONTHS:
        return number, _MONTH_SLOT
    begin = calendar.first_day(number)
    month = MONTHS.number_of(begin)
    since = begin - MONTHS.first_day(month)
    return month, _DAY_SLOT + since if calendar is DAYS else _WEEK_SLOT + since // 7


def _period(month: int, slot: int) -> Period:
    """What stands in a slot of a month's row."""
    begin = MONTHS.first_day(month)
    if slot == _MONTH_SLOT:
        return Period(MONTHS, month)
    if slot >= _DAY_SLOT:
        return Period(DAYS, begin + slot - _DAY_SLOT)
    # The first Monday of a month is in its first seven days.
    return WEEKS.holding(begin + 6 + 7 * (slot - _WEEK_SLOT))


def _periods(month: int, slots: int) -> Iterator[Period]:
    return (_period(month, slot) for slot in range(slots.bit_length()) if slots >> slot & 1)
