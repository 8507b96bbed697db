"""A brand as a whole: the merge of what all shards say of it."""

from streams.domain.caseload import MergedCaseload
from streams.domain.finals import Said
from streams.domain.store import Subject
from streams.domain.turnaround import Turnaround
from streams.domain.window import HOURS


class BrandTotal(Subject):
    """A brand in its own shard: the merge of the absolute tallies that all shards handed over."""

    __slots__ = ("caseload", "lifetimes", "parts", "said", "shards")

    def __init__(self, name: str) -> None:
        super().__init__(name, None)
        self.parts: dict[tuple[int, int], dict[int, int]] = {}
        """By shard and day the tallies by hour of the day."""
        self.shards: set[int] = set()
        """Those that ever said something of a day."""
        self.said = Said(self.parts, self.shards)
        self.lifetimes: dict[int, int] = {}
        self.caseload = MergedCaseload()

    def hours_since(self, first_day: int) -> dict[int, int]:
        """The tallies by hour from a day on, summed from what the shards said."""
        hours: dict[int, int] = {}
        for (_, day), part in self.parts.items():
            if day >= first_day:
                for hour, tally in part.items():
                    hours[day * HOURS + hour] = hours.get(day * HOURS + hour, 0) + tally
        return hours

    def tally_between(self, first_hour: int, last_hour: int) -> int:
        """The tally of some hours, summed from what the shards said."""
        tally = 0
        for day in range(first_hour // HOURS, last_hour // HOURS + 1):
            first, last = first_hour - day * HOURS, last_hour - day * HOURS
            for shard in self.shards:
                part = self.parts.get((shard, day), {})
                tally += sum(one for hour, one in part.items() if first <= hour <= last)
        return tally

    def turnaround(self, as_of_s: int) -> Turnaround:
        """The turnaround of the cases of all shards."""
        return self.caseload.figures(as_of_s)

    def forget_turnaround(self, before_day: int) -> None:
        """Forget the turnaround of the days before one."""
        self.caseload.forget(before_day)

    def replace(self, shard: int, day: int, hours: dict[int, int]) -> bool:
        """Replace what a shard said of a day; False if it said the same before. Idempotent, and heals itself."""
        before = self.parts.get((shard, day), {})
        if hours == before:
            return False
        for hour in before.keys() | hours.keys():
            delta = hours.get(hour, 0) - before.get(hour, 0)
            if delta:
                self.rolling.add(day * HOURS + hour, delta)
        if hours:
            self.shards.add(shard)
            self.parts[shard, day] = hours
        else:
            self.parts.pop((shard, day), None)
        return True

    def replace_lifetime(self, shard: int, tally: int) -> bool:
        """Replace what a shard said of all that lies before the days that are kept."""
        before = self.lifetimes.get(shard, 0)
        self.lifetimes[shard] = tally
        self.rolling.add_lifetime(tally - before)
        return tally != before
