"""Instants on the wire: RFC 3339 text, and ms since the epoch."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_epochs: dict[tzinfo | None, datetime] = {}
"""The epoch by fixed offset; on the wire there are 2,879 of them. Within one offset no offset has to be looked up."""
_RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")
_MINUTES = [f"{minute // 60:02d}:{minute % 60:02d}:" for minute in range(1440)]


def rfc3339_ms(ms: int) -> str:
    """An instant (ms since the epoch, year 1 to 9999) as RFC 3339 in UTC: `2026-11-22T17:41:05.123Z`."""
    second, millisecond = divmod(ms, 1000)
    day, second = divmod(second, 86_400)
    minute, second = divmod(second, 60)
    return f"{_date(day)}{_MINUTES[minute]}{second:02d}.{millisecond:03d}Z"


def is_rfc3339(text: str) -> bool:
    """Whether an instant that msgspec takes is written as RFC 3339 says.

    msgspec also takes `t`, `z`, a blank before the time of day and an offset without its colon.
    """
    return _RFC3339.fullmatch(text) is not None


def epoch_ms(instant: datetime) -> int:
    """The ms since the epoch of an aware instant, exact, what is finer cut off.

    `int(instant.timestamp() * 1000)` is one too low for one instant in thirty or so: the product is rounded.
    """
    zone = instant.tzinfo
    epoch = _epochs.get(zone)
    if epoch is None:
        epoch = _EPOCH
        if type(zone) is timezone:
            epoch = _epochs[zone] = _EPOCH.astimezone(zone)
    since = instant - epoch
    return (since.days * 86_400 + since.seconds) * 1000 + since.microseconds // 1000


@lru_cache(maxsize=1024)  # more days than a response may be old
def _date(day: int) -> str:
    return f"{(_EPOCH + timedelta(days=day)).date().isoformat()}T"
