"""A store, and a brand as one shard sees it: the votes in pages, and every figure that is a fold over them."""

from collections.abc import Iterator

from streams.domain.page import VOTES_MAX, Page, hours_of, tally_of, unpack
from streams.domain.window import HOURS, Rolling

RETENTION_DAYS = 400
"""How long identities are kept: after this a page becomes a day tally."""
DAY_TALLY_DAYS = 800
"""How long day tallies are kept, for the comparison with a year ago: after this they go into the lifetime tally."""

Segments = list[Page | bytes]


class Subject:
    """Whatever has a score: a store or a brand. `unscored` while a change of it awaits publication."""

    __slots__ = ("brand_name", "key", "rolling", "scored_at", "store_name", "unscored")

    def __init__(self, brand_name: str, store_name: str | None) -> None:
        self.brand_name = brand_name
        self.store_name = store_name
        self.key = (brand_name if store_name is None else f"{brand_name}|{store_name}").encode()
        self.rolling = Rolling()
        self.scored_at = 0.0
        self.unscored = False


class Store(Subject):
    """One store. A day's page is packed or not; beyond VOTES_MAX votes a day has several, in segments."""

    __slots__ = ("brand", "day_tallies", "lifetime", "lifetime_end", "name", "pages", "thawed")

    def __init__(self, brand: "BrandShare", name: str, thawed: list[tuple["Store", int]]) -> None:
        super().__init__(brand.name, name)
        self.brand = brand
        self.name = name
        self.pages: dict[int, Page | bytes | Segments] = {}
        self.day_tallies: dict[int, int] = {}
        self.lifetime = 0
        self.lifetime_end = -1
        """Last day that the lifetime tally includes; -1 for none."""
        self.thawed = thawed

    def page_for(self, day: int, identity: int) -> Page:
        """The page that holds an identity, or the one where a new vote of that day goes."""
        entry = self.pages.get(day)
        if type(entry) is Page and (len(entry.votes) < VOTES_MAX or identity in entry.votes):
            return entry
        return self._page_among(self._thaw(day, entry), day, identity)

    def put(self, day: int, segment: int, row: bytes) -> int:
        """Take a packed page from the changelog, the newest last; gives what it adds to the day's tally."""
        tally = tally_of(row)
        entry = self.pages.get(day)
        if entry is None and segment == 0:
            self.pages[day] = row
            return tally
        segments: Segments = entry if isinstance(entry, list) else [entry] if entry is not None else []
        while len(segments) <= segment:
            segments.append(_EMPTY_ROW)
        before = segments[segment]
        assert isinstance(before, bytes)
        segments[segment] = row
        self.pages[day] = segments if len(segments) > 1 else row
        return tally - tally_of(before)

    def drop(self, day: int, segment: int) -> int:
        """A page was deleted from the changelog: it was folded. Gives what that takes from the day's tally."""
        if day not in self.pages:
            return 0
        taken = self.put(day, segment, _EMPTY_ROW)
        segments = self._segments(day)
        if all(row == _EMPTY_ROW for row in segments):
            del self.pages[day]
        return taken

    def hours(self, day: int) -> Iterator[tuple[int, int]]:
        """The hour of the day and the tally of each vote of a day. A day tally has no hours any more: it gives 0."""
        for page in self._segments(day):
            yield from hours_of(page)
        if day in self.day_tallies:
            yield 0, self.day_tallies[day]

    def freeze(self, day: int) -> bool:
        """Pack the pages of a day that were not touched since the last call; False while one was."""
        entry = self.pages.get(day)
        if entry is None:
            return True
        segments: Segments = entry if isinstance(entry, list) else [entry]
        frozen = True
        for position, page in enumerate(segments):
            if isinstance(page, Page):
                if page.touched or page.dirty:
                    page.touched = False
                    frozen = False
                else:
                    segments[position] = page.pack()
        if not isinstance(entry, list):
            self.pages[day] = segments[0]
        return frozen

    def keys(self, day: int) -> list[bytes]:
        """The row keys of a day's pages."""
        return [self._key(day, segment) for segment in range(len(self._segments(day)))]

    def _segments(self, day: int) -> Segments:
        entry = self.pages.get(day)
        if entry is None:
            return []
        return entry if isinstance(entry, list) else [entry]

    def _thaw(self, day: int, entry: Page | bytes | Segments | None) -> list[Page]:
        segments: Segments = entry if isinstance(entry, list) else [] if entry is None else [entry]
        if not segments:
            segments = [Page(self._key(day, 0))]
            self.thawed.append((self, day))
        elif any(isinstance(page, bytes) for page in segments):
            self.thawed.append((self, day))
        pages = [
            unpack(self._key(day, position), page) if isinstance(page, bytes) else page
            for position, page in enumerate(segments)
        ]
        self.pages[day] = pages[0] if len(pages) == 1 else list(pages)
        return pages

    def _page_among(self, pages: list[Page], day: int, identity: int) -> Page:
        for page in pages:
            if identity in page.votes:
                return page
        if len(pages[-1].votes) < VOTES_MAX:
            return pages[-1]
        page = Page(self._key(day, len(pages)))
        self.pages[day] = [*pages, page]
        return page

    def _key(self, day: int, segment: int) -> bytes:
        return b"p|%b|%d|%d" % (self.key, day, segment)


class BrandShare:
    """What one shard holds of a brand: its stores here, and the tallies of its days by hour, for the hand-over.

    The hours of a day are summed from the stores' pages when they are first asked for, and kept up to date from then
    on: after a restore only the days that change are summed.
    """

    __slots__ = ("_days", "name", "stores", "votes")

    def __init__(self, name: str) -> None:
        self.name = name
        self.stores: dict[str, Store] = {}
        self._days: dict[int, dict[int, int]] = {}
        self.votes = 0
        """The tally of the answers counted since somebody last asked, for the metrics."""

    def day(self, day: int) -> dict[int, int]:
        """The tallies of a day by hour of the day, as of now; the caller keeps them up to date."""
        hours = self._days.get(day)
        if hours is None:
            hours = self._days[day] = {}
            for store in self.stores.values():
                for hour, one in store.hours(day):
                    hours[hour] = hours.get(hour, 0) + one
        return hours

    def forget_day(self, day: int) -> None:
        """The day is to be summed anew when it is next asked for."""
        self._days.pop(day, None)

    def lifetime(self) -> int:
        """The tally of what lies before all days that are kept."""
        return sum(store.lifetime for store in self.stores.values())


class BrandTotal(Subject):
    """A brand in its own shard: the merge of the absolute tallies that all shards handed over."""

    __slots__ = ("lifetimes", "parts")

    def __init__(self, name: str) -> None:
        super().__init__(name, None)
        self.parts: dict[tuple[int, int], dict[int, int]] = {}
        self.lifetimes: dict[int, int] = {}

    def replace(self, shard: int, day: int, hours: dict[int, int]) -> bool:
        """Replace what a shard said of a day; False if it said the same before. Idempotent, and heals itself."""
        before = self.parts.get((shard, day), {})
        if hours == before:
            return False
        for hour in before.keys() | hours.keys():
            delta = hours.get(hour, 0) - before.get(hour, 0)
            if delta:
                self.rolling.add(day * HOURS + hour, delta)
        self.parts[shard, day] = hours
        return True

    def replace_lifetime(self, shard: int, tally: int) -> bool:
        """Replace what a shard said of all that lies before the days that are kept."""
        before = self.lifetimes.get(shard, 0)
        self.lifetimes[shard] = tally
        self.rolling.add_lifetime(tally - before)
        return tally != before


_EMPTY_ROW = Page(b"").pack()
