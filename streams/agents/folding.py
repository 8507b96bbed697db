"""What becomes of old pages: day tallies after the retention of identities, then part of the lifetime tally.

Nothing that the log can still bring may reach a folded day, so the clock of this is the log's own: the newest append
time seen in the shard's input, with a day to spare. The same log always folds the same days.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import Protocol

from streams.agents.finals import Finals
from streams.domain.brand import BrandTotal
from streams.domain.caseload import KEPT_DAYS as TURNAROUND_DAYS
from streams.domain.page import NewerRow
from streams.domain.store import DAY_TALLY_DAYS, RETENTION_DAYS, BrandShare, Store
from streams.domain.tally import TALLY_BYTES

LIFETIME = -1
"""Stands for a day in a hand-over: all that lies before the days that are kept."""

ROW_VERSION = 1
STORES_AT_ONCE = 500
"""Stores looked at in one commit: a pass over all of them would hold up the alerts."""
_SPARE_DAYS = 1
_LIFETIME_HEAD = struct.Struct("<Bi")


class Folds(Protocol):
    """The part of a ledger that is folded."""

    brands: dict[str, BrandShare]
    totals: dict[str, BrandTotal]
    finals: Finals
    dirty_rows: dict[bytes, bytes | None]

    def day_changed(self, share: BrandShare, day: int) -> None:
        """A day of a brand is to be handed over."""


class Folding:
    """The passes over all stores, one whenever the log has reached another day."""

    def __init__(self, ledger: Folds) -> None:
        self.log_day = -1
        """The UTC day of the newest append time seen in the input."""
        self._ledger = ledger
        self._folded_day = -1
        self._pass: Iterator[Store] | None = None

    def restored(self, log_day: int) -> None:
        """A former owner saw the log reach this day; whether his pass was done does not matter."""
        self.log_day = log_day

    def due_in_s(self) -> float:
        """0 while there is something to look at."""
        return 0.0 if self._pass is not None or self.log_day > self._folded_day else float("inf")

    def advance(self, rows_max: int) -> int:
        """Go on with the pass, up to about `rows_max` rows; gives how many it changed."""
        if self._pass is None:
            if self.log_day <= self._folded_day:
                return 0
            self._folded_day = self.log_day
            self._pass = iter([store for share in self._ledger.brands.values() for store in share.stores.values()])
            self._fold_brands()
        before = len(self._ledger.dirty_rows)
        for seen, store in enumerate(self._pass, 1):
            self._fold(store)
            if len(self._ledger.dirty_rows) - before >= rows_max or seen == STORES_AT_ONCE:
                break
        else:
            self._pass = None
        return len(self._ledger.dirty_rows) - before

    @property
    def _first_day_tally(self) -> int:
        """The first day whose tally is kept."""
        return self._folded_day - DAY_TALLY_DAYS - _SPARE_DAYS

    def _fold_brands(self) -> None:
        """Forget what no trend and no figure shows of brands, before their days are folded."""
        for share in self._ledger.brands.values():
            self._ledger.finals.forget_share(share, self._first_day_tally)
            share.forget_turnaround(self._folded_day - TURNAROUND_DAYS)
        for total in self._ledger.totals.values():
            total.said.forget(self._first_day_tally)
            total.forget_turnaround(self._folded_day - TURNAROUND_DAYS)

    def _fold(self, store: Store) -> None:
        self._ledger.finals.forget_store(store, self._first_day_tally)
        store.forget_turnaround(self._folded_day - TURNAROUND_DAYS)
        rows = self._ledger.dirty_rows
        for day in _before(store.pages, self._folded_day - RETENTION_DAYS - _SPARE_DAYS):
            tally = store.rolling.days.get(day, 0)
            rows.update(dict.fromkeys(store.keys(day)))
            del store.pages[day]
            if tally:
                store.day_tallies[day] = tally
                rows[_day_key(store, day)] = bytes((ROW_VERSION,)) + tally.to_bytes(TALLY_BYTES, "little")
            store.brand.forget_day(day)
        old = _before(store.day_tallies, self._first_day_tally)
        for day in old:
            store.lifetime += store.day_tallies.pop(day)
            store.lifetime_end = max(store.lifetime_end, day)
            store.rolling.retire(day)
            store.brand.forget_day(day)
            rows[_day_key(store, day)] = None
            self._ledger.day_changed(store.brand, day)
        if old:
            rows[b"l|" + store.key] = _LIFETIME_HEAD.pack(ROW_VERSION, store.lifetime_end) + store.lifetime.to_bytes(
                TALLY_BYTES, "little"
            )
            self._ledger.day_changed(store.brand, LIFETIME)


def restore_day_tally(store: Store, day: int, row: bytes | None) -> None:
    """Take the row of a day tally, None where it was folded further."""
    tally = 0
    if row is not None:
        _check_version(row)
        tally = int.from_bytes(row[1:], "little")
    store.rolling.load_day(day, tally - store.day_tallies.pop(day, 0))
    if tally:
        store.day_tallies[day] = tally


def restore_lifetime(store: Store, row: bytes | None) -> None:
    """Take the row of a lifetime tally."""
    assert row is not None
    _check_version(row)
    store.lifetime_end = _LIFETIME_HEAD.unpack_from(row)[1]
    tally = int.from_bytes(row[_LIFETIME_HEAD.size :], "little")
    store.rolling.add_lifetime(tally - store.lifetime)
    store.lifetime = tally


def _before(days: Iterable[int], first_kept: int) -> list[int]:
    return [day for day in days if day < first_kept]


def _day_key(store: Store, day: int) -> bytes:
    return b"d|%b|%d" % (store.key, day)


def _check_version(row: bytes) -> None:
    if row[0] != ROW_VERSION:
        message = f"row version {row[0]}; this release knows {ROW_VERSION}"
        raise NewerRow(message)
