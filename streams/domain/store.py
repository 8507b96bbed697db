"""A store, and a brand as one shard sees it: the votes in pages, and every figure that is a fold over them."""

from collections.abc import Iterator

from streams.domain.caseload import NOTHING_COUNTED, Caseload
from streams.domain.finals import NOTHING_KEPT, Kept
from streams.domain.page import VOTES_MAX, Page, hours_of, tally_of, unpack
from streams.domain.segments import Segments
from streams.domain.turnaround import Turnaround, changed_by_time
from streams.domain.window import DAY_S, HOURS, NEVER, Past, Rolling

RETENTION_DAYS = 400
"""How long identities are kept: after this a page becomes a day tally."""
DAY_TALLY_DAYS = 800
"""How long day tallies are kept, for the comparison with a year ago: after this they go into the lifetime tally."""
_DAYS_OF_HOURS = 2
"""Days before the last one whose hours are wanted: the 24 hours before the last 24 reach that far back."""


class Subject:
    """Whatever has a score: a store or a brand. `unscored` while a change of it awaits publication."""

    __slots__ = ("brand_name", "key", "rolling", "scored_at", "store_name", "trended_at", "unscored")

    def __init__(self, brand_name: str, store_name: str | None) -> None:
        self.brand_name = brand_name
        self.store_name = store_name
        self.key = (brand_name if store_name is None else f"{brand_name}|{store_name}").encode()
        self.rolling = Rolling(hours_from=NEVER)
        self.scored_at = 0.0
        self.trended_at = 0.0
        self.unscored = False

    def windows(self, as_of_s: int) -> tuple[int, ...]:
        """The tallies of all windows at an instant (s since the epoch), in the order of WINDOWS."""
        self._know_hours(as_of_s)
        return self.rolling.windows(as_of_s)

    def past(self, as_of_s: int) -> Past:
        """The tallies of the windows to compare those with: the ones before, and a year ago."""
        self._know_hours(as_of_s)
        return self.rolling.past(as_of_s, self.tally_between)

    def turnaround(self, as_of_s: int) -> Turnaround:
        """The turnaround of the cases of the last 30 days at an instant (s since the epoch)."""
        raise NotImplementedError

    def changed_by_time(self, before_s: int, now_s: int) -> bool:
        """Whether time alone changed a window, one to compare it with, or the turnaround, between two instants."""
        return (
            self.windows(before_s) != self.windows(now_s)
            or self.past(before_s) != self.past(now_s)
            or changed_by_time(self.turnaround, before_s, now_s)
        )

    def hours_since(self, first_day: int) -> dict[int, int]:
        """The tallies by hour (since the epoch) from a day on, at least."""
        raise NotImplementedError

    def tally_between(self, first_hour: int, last_hour: int) -> int:
        """The tally of some hours (since the epoch), both included, of days whose hours are still known."""
        raise NotImplementedError

    def _know_hours(self, as_of_s: int) -> None:
        first_day = as_of_s // DAY_S - _DAYS_OF_HOURS
        if first_day < self.rolling.hours_from:
            self.rolling.know_hours(first_day, self.hours_since(first_day))


class Store(Subject):
    """One store. A day's page is packed or not; beyond VOTES_MAX votes a day has several, in segments."""

    __slots__ = (
        "brand",
        "caseload",
        "day_tallies",
        "interrupted",
        "kept",
        "lifetime",
        "lifetime_end",
        "name",
        "pages",
        "ruled",
        "thawed",
    )

    def __init__(self, brand: "BrandShare", name: str, thawed: list[tuple["Store", int]]) -> None:
        super().__init__(brand.name, name)
        self.brand = brand
        self.name = name
        self.pages: dict[int, Page | bytes | Segments] = {}
        self.day_tallies: dict[int, int] = {}
        self.kept: Kept = NOTHING_KEPT
        self.caseload = NOTHING_COUNTED
        self.ruled: object | None = None
        """What its alerts are decided by, for whoever decides."""
        self.interrupted = (0, 0)
        """The last hour in which an alert was raised, and how many interrupted somebody in it."""
        self.lifetime = 0
        self.lifetime_end = -1
        """Last day that the lifetime tally includes; -1 for none."""
        self.thawed = thawed

    def page_for(self, day: int, identity: int) -> Page:
        """The page that holds an identity, or the one where a new vote of that day goes."""
        # Once per answer: a busy store has many pages a day, so neither way through here may call anything.
        entry = self.pages.get(day)
        if type(entry) is Page:
            if len(entry.positions) < VOTES_MAX or identity in entry.positions:
                return entry
        elif type(entry) is Segments and entry.index is not None:
            page = entry.index.get(identity)
            if page is not None:
                return page
            last = entry.last
            assert last is not None
            if len(last.positions) < VOTES_MAX or identity in last.positions:
                return last
        return self._make_room(day, identity)

    def _make_room(self, day: int, identity: int) -> Page:
        """As `page_for`, where something is to be unpacked or begun first."""
        entry = self.pages.get(day)
        if entry is None:
            self.pages[day] = Page(self._key(day, 0))
            self.thawed.append((self, day))
        elif isinstance(entry, bytes):
            self.pages[day] = unpack(self._key(day, 0), entry)
            self.thawed.append((self, day))
        else:
            if isinstance(entry, Page):
                entry = self.pages[day] = Segments([entry])
            elif entry.index is None:
                self.thawed.append((self, day))
            if entry.index is None:
                entry.unpack(lambda segment: self._key(day, segment))
            assert entry.last is not None
            assert entry.index is not None
            if len(entry.last) == VOTES_MAX and identity not in entry.last.positions and identity not in entry.index:
                entry.append(Page(self._key(day, len(entry.pages))))
        return self.page_for(day, identity)

    def put(self, day: int, segment: int, row: bytes) -> int:
        """Take a packed page from the changelog, the newest last; gives what it adds to the day's tally."""
        entry = self.pages.get(day)
        assert not isinstance(entry, Page)
        if segment == 0 and not isinstance(entry, Segments):
            self.pages[day] = row
            return tally_of(row) - (0 if entry is None else tally_of(entry))
        if not isinstance(entry, Segments):
            entry = self.pages[day] = Segments([_EMPTY_ROW if entry is None else entry])
        while len(entry.pages) <= segment:
            entry.pages.append(_EMPTY_ROW)
        before = entry.pages[segment]
        assert isinstance(before, bytes)
        entry.pages[segment] = row
        return tally_of(row) - tally_of(before)

    def drop(self, day: int, segment: int) -> int:
        """A page was deleted from the changelog: it was folded. Gives what that takes from the day's tally."""
        if day not in self.pages:
            return 0
        taken = self.put(day, segment, _EMPTY_ROW)
        if all(row == _EMPTY_ROW for row in self.days_pages(day)):
            del self.pages[day]
        return taken

    def hours(self, day: int) -> Iterator[tuple[int, int]]:
        """The hour of the day and the tally of each vote of a day. A day tally has no hours any more: it gives 0."""
        for page in self.days_pages(day):
            yield from hours_of(page)
        if day in self.day_tallies:
            yield 0, self.day_tallies[day]

    def hours_since(self, first_day: int) -> dict[int, int]:
        """The tallies by hour from a day on, summed from its pages."""
        hours: dict[int, int] = {}
        for day in self.pages:
            if day >= first_day:
                for hour, one in self.hours(day):
                    hours[day * HOURS + hour] = hours.get(day * HOURS + hour, 0) + one
        return hours

    def tally_between(self, first_hour: int, last_hour: int) -> int:
        """The tally of some hours, summed from their pages."""
        tally = 0
        for day in range(first_hour // HOURS, last_hour // HOURS + 1):
            first, last = first_hour - day * HOURS, last_hour - day * HOURS
            tally += sum(one for hour, one in self.hours(day) if first <= hour <= last)
        return tally

    def turnaround(self, as_of_s: int) -> Turnaround:
        """The turnaround of the store's cases."""
        return self.caseload.figures(as_of_s)

    def forget_turnaround(self, before_day: int) -> None:
        """Forget the turnaround of the days before one; the brand's share forgets first."""
        if self.caseload is not NOTHING_COUNTED:
            self.caseload.forget(before_day)

    def freeze(self, day: int) -> bool:
        """Pack the pages of a day if none was touched since the last call; False while one was."""
        pages = [page for page in self.days_pages(day) if isinstance(page, Page)]
        if any(page.touched or page.dirty for page in pages):
            for page in pages:
                page.touched = False
            return False
        entry = self.pages.get(day)
        if isinstance(entry, Segments):
            entry.pack()
        elif isinstance(entry, Page):
            self.pages[day] = entry.pack()
        return True

    def keys(self, day: int) -> list[bytes]:
        """The row keys of a day's pages."""
        return [self._key(day, segment) for segment in range(len(self.days_pages(day)))]

    def days_pages(self, day: int) -> list[Page | bytes]:
        """The pages of a day, packed or not, by segment."""
        entry = self.pages.get(day)
        if entry is None:
            return []
        return entry.pages if isinstance(entry, Segments) else [entry]

    def _key(self, day: int, segment: int) -> bytes:
        return b"p|%b|%d|%d" % (self.key, day, segment)


class BrandShare:
    """What one shard holds of a brand: its stores here, and the tallies of its days by hour, for the hand-over.

    The hours of a day are summed from the stores' pages when they are first asked for, and kept up to date from then
    on: after a restore only the days that change are summed.
    """

    __slots__ = ("caseload", "changed_days", "days", "kept", "name", "stores")

    def __init__(self, name: str) -> None:
        self.name = name
        self.stores: dict[str, Store] = {}
        self.days: dict[int, dict[int, int]] = {}
        """By day the tallies by hour of the day; a day that is not here is not known yet."""
        self.kept: Kept = NOTHING_KEPT
        self.caseload = Caseload()
        self.changed_days: set[int] = set()
        """Days that changed since they were handed over."""

    def day(self, day: int) -> dict[int, int]:
        """The tallies of a day by hour of the day, as of now; the caller keeps them up to date."""
        hours = self.days.get(day)
        if hours is None:
            hours = self.days[day] = {}
            for store in self.stores.values():
                for hour, one in store.hours(day):
                    hours[hour] = hours.get(hour, 0) + one
        return hours

    def forget_day(self, day: int) -> None:
        """The day is to be summed anew when it is next asked for."""
        self.days.pop(day, None)

    def forget_turnaround(self, before_day: int) -> None:
        """Forget the turnaround of the days before one: what happens to their cases from now on is not counted."""
        self.caseload.forget(before_day)

    def lifetime(self) -> int:
        """The tally of what lies before all days that are kept."""
        return sum(store.lifetime for store in self.stores.values())


_EMPTY_ROW = Page(b"").pack()
