"""Periods of a trend: UTC days, ISO weeks and months, all by arithmetic on days numbered from the epoch.

A period is *final* 72 hours after its end; what arrives later and changes it restates it (`finals.py`). The periods of
a calendar are numbered in order, the one that holds 1970-01-01 is number 0. Weeks begin on Mondays (ISO 8601).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from streams.domain.window import DAY_S

FINAL_AFTER_MS: Final = 72 * 3_600_000
"""How long after its end a period becomes final."""

Granularity = Literal["day", "week", "month"]

_DAY_MS: Final = DAY_S * 1000
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()
_EPOCH_WEEKDAY: Final = date(1970, 1, 1).weekday()
_MONTHS: Final = 12


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """One way to divide days into periods; a trend has the last `shown` of them."""

    granularity: Granularity
    shown: int
    number_of: Callable[[int], int]
    """The number of the period that holds a day."""
    first_day: Callable[[int], int]
    """The first day of a period, by its number."""
    name: Callable[[int], str]
    """`2026-11-22`, `2026-W47` or `2026-11`, by the number of the period."""

    def holding(self, day: int) -> "Period":
        """The period that holds a day."""
        return Period(self, self.number_of(day))

    def shown_at(self, day: int) -> range:
        """The numbers of the periods that a trend has on a day: the last one holds it."""
        last = self.number_of(day)
        return range(last - self.shown + 1, last + 1)

    def first_provisional(self, at_ms: int) -> int:
        """The first period that is not final at an instant (ms since the epoch); all before it are."""
        return self.number_of((at_ms - FINAL_AFTER_MS) // _DAY_MS)


class Period(NamedTuple):
    """One day, week or month."""

    calendar: Calendar
    number: int

    @property
    def days(self) -> range:
        """Its days."""
        return range(self.calendar.first_day(self.number), self.calendar.first_day(self.number + 1))

    @property
    def name(self) -> str:
        """As people and ISO 8601 call it."""
        return self.calendar.name(self.number)

    @property
    def final_ms(self) -> int:
        """From when on it is final, ms since the epoch; what arrives at that instant is too late already."""
        return self.days.stop * _DAY_MS + FINAL_AFTER_MS


def _same(day: int) -> int:
    return day


def _date(day: int) -> date:
    return date.fromordinal(_EPOCH_ORDINAL + day)


@lru_cache(maxsize=1024)  # each trend asks for the same ones
def _day_name(day: int) -> str:
    return _date(day).isoformat()


def _week_of(day: int) -> int:
    return (day + _EPOCH_WEEKDAY) // 7


def _monday(week: int) -> int:
    return week * 7 - _EPOCH_WEEKDAY


@lru_cache(maxsize=1024)  # each trend asks for the same ones
def _week_name(week: int) -> str:
    year, number, _ = _date(_monday(week)).isocalendar()
    return f"{year:04d}-W{number:02d}"


def _month_of(day: int) -> int:
    then = _date(day)
    return (then.year - 1970) * _MONTHS + then.month - 1


@lru_cache(maxsize=1024)  # some of them often: more months than anything here reaches over
def _first_of_month(month: int) -> int:
    years, months = divmod(month, _MONTHS)
    return date(1970 + years, months + 1, 1).toordinal() - _EPOCH_ORDINAL


def _month_name(month: int) -> str:
    return _day_name(_first_of_month(month))[:7]


DAYS: Final = Calendar("day", 35, _same, _same, _day_name)
WEEKS: Final = Calendar("week", 53, _week_of, _monday, _week_name)
MONTHS: Final = Calendar("month", 24, _month_of, _first_of_month, _month_name)
CALENDARS: Final = (DAYS, WEEKS, MONTHS)
