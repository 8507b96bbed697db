"""Hours by day of the week as they are written: `{"mon": ["09:00", "18:00"], ..., "sun": null}`."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from msgspec import Meta

from streams.domain.calendar import Hours

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OPENS_PATTERN: Final = "^(?:[01][0-9]|2[0-3]):[0-5][0-9]$"
CLOSES_PATTERN: Final = "^(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"

_Span = tuple[Annotated[str, Meta(pattern=OPENS_PATTERN)], Annotated[str, Meta(pattern=CLOSES_PATTERN)]]
WrittenHours = dict[Weekday, _Span | None]
"""A day that is null or not there has no hours; `24:00` is the midnight at its end."""


def read_hours(written: Mapping[Weekday, tuple[str, str] | None]) -> Hours | None:
    """The hours, None where a day ends before it begins."""
    hours = tuple(_minutes(written.get(day)) for day in WEEKDAYS)
    return None if any(span is not None and span[0] >= span[1] for span in hours) else hours


def write_hours(hours: Hours) -> dict[Weekday, tuple[str, str] | None]:
    """The inverse of `read_hours`."""
    return {
        day: None if span is None else (_clock(span[0]), _clock(span[1]))
        for day, span in zip(WEEKDAYS, hours, strict=True)
    }


def _minutes(span: tuple[str, str] | None) -> tuple[int, int] | None:
    return None if span is None else (_minute(span[0]), _minute(span[1]))


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:5])


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
