"""Business time: the clocks of a follow-up, where a brand counts only the hours in which somebody is at work."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final, NamedTuple

Hours = tuple[tuple[int, int] | None, ...]
"""By day of the week, Monday first: minutes of the local day at which work begins and ends (1440: at midnight)."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_DAYS_KEPT: Final = 4_096


class Clocks(NamedTuple):
    """When what should have been done, in ms since the epoch: seen by somebody, half of the time gone, the customer
    contacted, and half as much time again.
    """

    acknowledge_ms: int
    warning_ms: int
    due_ms: int
    second_ms: int


@dataclass(frozen=True)
class Calendar:
    """When somebody is at work: hours by day of the week in a time zone, none of them on holidays.

    Some day of the week has hours, or time would never pass.
    """

    time_zone: str
    zone: tzinfo
    hours: Hours
    holidays: frozenset[date] = frozenset()
    _open: dict[date, tuple[int, int]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        assert len(self.hours) == 7
        assert any(self.hours), "a calendar without hours"

    def add(self, start_ms: int, span_ms: int) -> int:
        """The instant at which `span_ms` of business time have passed since `start_ms` (ms since the epoch).

        Days are local ones: the one on which clocks are changed is as long as it is. An end at closing time is not put
        off until the next opening.
        """
        day = (_EPOCH + start_ms * _MS).astimezone(self.zone).date()
        left_ms = span_ms
        while True:
            opens_ms, closes_ms = self._open.get(day) or self._interval(day)
            begins_ms = max(start_ms, opens_ms)
            if begins_ms + left_ms <= closes_ms:
                return begins_ms + left_ms
            left_ms -= max(0, closes_ms - begins_ms)
            day += timedelta(days=1)

    def _interval(self, day: date) -> tuple[int, int]:
        """The business hours of a local day (ms since the epoch); from and to the same instant where it has none."""
        hours = None if day in self.holidays else self.hours[day.weekday()]
        opens, closes = (0, 0) if hours is None else hours
        opens_ms = self._instant(day, opens)
        if len(self._open) >= _DAYS_KEPT:
            self._open.clear()
        self._open[day] = opens_ms, opens_ms if hours is None else max(opens_ms, self._instant(day, closes))
        return self._open[day]

    def _instant(self, day: date, minute: int) -> int:
        midnight = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001 -- local, see next
        return (midnight.replace(tzinfo=self.zone) - _EPOCH) // _MS
