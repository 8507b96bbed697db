"""The caseload of a store, of a brand's stores in one shard, or of a brand: the turnaround of its cases by day.

A day is a UTC day of submission, and its turnaround how often each code of `turnaround` occurs there. Days before those
of any figure are forgotten, for good: what still happens to a case of theirs is not counted.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from streams.domain.turnaround import NO_CASES, WINDOW_DAYS, Span, Turnaround, plain_codes, turnaround
from streams.domain.window import DAY_S, HOUR_S, HOURS, NEVER

KEPT_DAYS: Final = WINDOW_DAYS + 5
"""Days that are worth keeping: the clock that forgets may be ahead of the one that asks."""
_HOUR_MS: Final = HOUR_S * 1000


class Caseload:
    """The counts of codes by day, of the cases in one shard."""

    __slots__ = ("_days", "_figures", "_fresh", "_hour", "first_day")

    def __init__(self) -> None:
        self.first_day = -NEVER
        """The first day that is not forgotten."""
        self._days: dict[int, dict[int, int]] = {}
        self._fresh: list[int] = []
        """Fresh cases that are not counted yet: nearly every case is one, and most are counted many at a time."""
        self._hour = -NEVER
        self._figures = NO_CASES
        """Those of that hour: most answers that make a score due are no case's."""

    @property
    def days(self) -> dict[int, dict[int, int]]:
        """By day how often each code occurs; never to be changed from outside."""
        if self._fresh:
            fresh, self._fresh = self._fresh, []
            for place, n in Counter(fresh).items():
                day_hour, contactable = divmod(place, 2)
                day, hour = divmod(day_hour, HOURS)
                if day >= self.first_day:
                    codes = self._days.setdefault(day, {})
                    for code in plain_codes(hour, contactable=bool(contactable)):
                        codes[code] = codes.get(code, 0) + n
        return self._days

    def count_fresh(self, place: int) -> None:
        """A case was opened: `place` is twice the hour of its submission (since the epoch), plus 1 if contactable."""
        self._fresh.append(place)
        self._hour = -NEVER

    def count(self, day: int, old: Sequence[int], new: Sequence[int]) -> None:
        """A case of a day that is not forgotten has other codes now than before."""
        self._hour = -NEVER
        days = self.days
        codes = days.get(day)
        if codes is None:
            codes = days[day] = {}
        for code in new:
            codes[code] = codes.get(code, 0) + 1
        for code in old:
            n = codes[code] - 1
            if n:
                codes[code] = n
            else:
                del codes[code]
        if not codes:
            del days[day]

    def forget(self, before_day: int) -> None:
        """Forget the days before one."""
        self.first_day = max(self.first_day, before_day)
        for day in [day for day in self.days if day < before_day]:
            del self._days[day]
            self._hour = -NEVER

    def figures(self, as_of_s: int) -> Turnaround:
        """The figures at an instant (s since the epoch)."""
        hour = as_of_s // HOUR_S
        if hour != self._hour:
            self._figures = turnaround(self.days, as_of_s)
            self._hour = hour
        return self._figures


NOTHING_COUNTED: Final = Caseload()
"""Of whom there was no case so far. Never counts anything."""


class MergedCaseload:
    """What all shards said of the cases of a brand: absolute counts, by shard and day.

    The counts of the window are kept as one sum, so that figures cost no pass over all that was said.
    """

    __slots__ = ("_figures", "_hour", "_last_day", "_parts", "_span")

    def __init__(self) -> None:
        self._parts: dict[tuple[int, int], Mapping[int, int]] = {}
        self._span = Span()
        self._last_day = -NEVER
        """The last day of the window that is summed."""
        self._hour = -NEVER
        self._figures = NO_CASES
        """Those of that hour."""

    def replace(self, shard: int, day: int, codes: Mapping[int, int]) -> bool:
        """Replace what a shard said of a day; False if it said the same before. Idempotent, and heals itself."""
        before = self._parts.get((shard, day), _NO_CODES)
        if codes == before:
            return False
        self._hour = -NEVER
        if codes:
            self._parts[shard, day] = codes
        else:
            del self._parts[shard, day]
        if self._last_day - WINDOW_DAYS < day <= self._last_day:
            self._span.add(day, before, -1)
            self._span.add(day, codes)
        return True

    def forget(self, before_day: int) -> None:
        """Forget the days before one."""
        for place in [place for place in self._parts if place[1] < before_day]:
            self.replace(*place, _NO_CODES)

    def figures(self, as_of_s: int) -> Turnaround:
        """The figures at an instant (s since the epoch)."""
        hour = as_of_s // HOUR_S
        if hour != self._hour:
            self._sum(as_of_s // DAY_S)
            self._figures = self._span.figures(as_of_s)
            self._hour = hour
        return self._figures

    def _sum(self, last_day: int) -> None:
        if last_day == self._last_day:
            return
        self._last_day = last_day
        self._span = Span()
        for (_, day), codes in self._parts.items():
            if last_day - WINDOW_DAYS < day <= last_day:
                self._span.add(day, codes)


class _Share(Protocol):
    caseload: Caseload


class _Store(Protocol):
    caseload: Caseload

    @property
    def brand(self) -> _Share: ...


def count_fresh(store: _Store, submitted_ms: int, *, contactable: bool) -> None:
    """A case of a store was opened to which nothing has happened yet: as `count_case`, and the way of nearly all."""
    place = submitted_ms // _HOUR_MS * 2 + contactable
    caseload = store.caseload
    if caseload is NOTHING_COUNTED:
        caseload = store.caseload = Caseload()
    caseload.count_fresh(place)
    store.brand.caseload.count_fresh(place)


def count_case(store: _Store, day: int, old: Sequence[int], new: Sequence[int]) -> bool:
    """A case of a store, submitted on a day, has other codes now: () is the old ones of a new case.

    Tells the store and its brand's share; False where no figure changes by it, because nothing changed, or on a day
    that is forgotten.
    """
    share = store.brand.caseload
    if old == new or day < share.first_day:
        return False
    if store.caseload is NOTHING_COUNTED:
        store.caseload = Caseload()
    store.caseload.count(day, old, new)
    share.count(day, old, new)
    return True


_NO_CODES: Final[Mapping[int, int]] = {}
