"""Instants on the wire: RFC 3339 text, and ms since the epoch."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def rfc3339_ms(ms: int) -> str:
    """An instant (ms since the epoch, year 1 to 9999) as RFC 3339 in UTC: `2026-11-22T17:41:05.123Z`."""
    second, millisecond = divmod(ms, 1000)
    return f"{_to_the_second(second)}.{millisecond:03d}Z"


def epoch_ms(instant: datetime) -> int:
    """The ms since the epoch of an aware instant, exact, what is finer cut off.

    `int(instant.timestamp() * 1000)` is one too low for one instant in thirty or so: the product is rounded.
    """
    return (instant - _EPOCH) // _MILLISECOND


@lru_cache(maxsize=4096)  # the seconds of about an hour: answers arrive within minutes of one another
def _to_the_second(second: int) -> str:
    return (_EPOCH + timedelta(seconds=second)).isoformat()[:19]
