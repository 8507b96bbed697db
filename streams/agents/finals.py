"""The finals that a shard keeps: of its stores, and of what they add up to for their brands; see `domain.finals`.

Rows `f|brand|store|month`, the month numbered from 1970-01, and with an empty store for the brand's share. The decision
is taken record by record in the order of the log, before the record changes anything.
"""

from itertools import repeat
from typing import Final, Protocol

from streams.domain.finals import NOTHING_KEPT, Kept, Slots, month_begin, restatable, slots_of
from streams.domain.period import FINAL_AFTER_MS, MONTHS, Period
from streams.domain.store import BrandShare, Store
from streams.domain.window import DAY_S

LATE_MS_MIN: Final = FINAL_AFTER_MS
"""What arrives no later than this after its submission restates nothing."""

_DAY_MS: Final = DAY_S * 1000


class Keeps(Protocol):
    """The part of a ledger that finals are written to."""

    brands: dict[str, BrandShare]
    dirty_rows: dict[bytes, bytes | None]

    def new_store(self, brand: str, name: str) -> Store:
        """A store that belongs to this shard, made where it is new."""

    def day_changed(self, share: BrandShare, day: int) -> None:
        """A day of a brand is to be handed over."""


class Finals:
    """Keeps what periods said before something came too late for them."""

    def __init__(self, ledger: Keeps) -> None:
        self._ledger = ledger
        self._today = -1
        self._late: dict[int, tuple[Slots, list[Period]]] = {}
        """By day what a change that arrives `_today` comes too late for: 400 days at most."""

    def keep(self, store: Store, day: int, arrival_ms: int) -> None:
        """A change to the tally of a day is about to be made: keep what it comes too late for, unless it is kept."""
        # Once per record of an import: after the first one of a store and day it is these few lines.
        today = arrival_ms // _DAY_MS
        if today != self._today:
            self._today = today
            self._late.clear()
        late = self._late.get(day)
        if late is None:
            periods = restatable(day, arrival_ms)
            late = self._late[day] = slots_of(periods), periods
        kept = store.kept.slots
        for month, bits in late[0]:
            if kept.get(month, 0) & bits != bits:
                self._keep(store, late[1])
                return

    def forget_store(self, store: Store, first_kept: int) -> None:
        """Forget the rows of months that begin before a day: no trend shows anything of them any more."""
        self._forget(store, first_kept)

    def forget_share(self, share: BrandShare, first_kept: int) -> None:
        """As `forget_store`; and hand over the days once more, since what was said of them carries the finals."""
        for month in self._forget(share, first_kept):
            for day in _days_of_row(month):
                self._ledger.day_changed(share, day)

    def restore(self, parts: list[str], row: bytes | None) -> range:
        """Take a row, by what its key says after the `f`; gives the days of the brand to hand over for it.

        Raises NewerRow.
        """
        brand, name, month_text = parts
        month = int(month_text)
        share = self._ledger.brands.setdefault(brand, BrandShare(brand))
        owner = self._ledger.new_store(brand, name) if name else share
        if owner.kept is NOTHING_KEPT:
            owner.kept = Kept()
        owner.kept.load(month, row)
        return range(0) if name or row is not None else _days_of_row(month)

    def _keep(self, store: Store, periods: list[Period]) -> None:
        for owner in (store, store.brand):
            if owner.kept is NOTHING_KEPT:
                owner.kept = Kept()
            missing = [period for period in periods if owner.kept.final(period) is None]
            months = {owner.kept.keep(period, _tally(owner, period)) for period in missing}
            for month in months:
                self._ledger.dirty_rows[_key(owner, month)] = owner.kept.row(month)

    def _forget(self, owner: Store | BrandShare, first_kept: int) -> list[int]:
        old = [month for month in owner.kept.slots if month_begin(month) < first_kept]
        for month in old:
            owner.kept.load(month, None)
            self._ledger.dirty_rows[_key(owner, month)] = None
        return old


def _days_of_row(month: int) -> range:
    """The days of all periods that stand in the row of a month; its last week may reach into the next one."""
    days = Period(MONTHS, month).days
    return range(days.start, days.stop + 6)


def _key(owner: Store | BrandShare, month: int) -> bytes:
    name = owner.key if isinstance(owner, Store) else b"%b|" % owner.name.encode()
    return b"f|%b|%d" % (name, month)


def _tally(owner: Store | BrandShare, period: Period) -> int:
    """What a period says now."""
    if isinstance(owner, Store):
        return sum(map(owner.rolling.days.get, period.days, repeat(0)))
    known = [owner.days[day] for day in period.days if day in owner.days]
    tally = sum(sum(hours.values()) for hours in known)
    if len(known) < len(period.days):
        unknown = [day for day in period.days if day not in owner.days]
        for store in owner.stores.values():
            tally += sum(map(store.rolling.days.get, unknown, repeat(0)))
    return tally
