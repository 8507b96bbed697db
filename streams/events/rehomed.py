"""The headers of a record that came to a wrong partition and was sent on to the right one."""

from streams.events.headers import Headers, decimal, only, without

ARRIVAL = "nps.arrival"
REHOMED_FROM = "nps.rehomed-from"

_MS_MAX = 253_402_300_799_999
"""The end of the year 9999."""


def rehomed_headers(
    received: Headers, *, arrival_ms: int, topic: str, partition: int, offset: int
) -> list[tuple[str, bytes | None]]:
    """The headers of a re-homed record: the received ones, its arrival (ms since the epoch) and where it stood."""
    return [
        *without(received, (ARRIVAL, REHOMED_FROM)),
        (ARRIVAL, b"%d" % arrival_ms),
        (REHOMED_FROM, f"{topic}|{partition}|{offset}".encode()),
    ]


def arrival_of(headers: Headers, appended_ms: int) -> tuple[int, bool]:
    """When a record arrived (ms since the epoch), and whether it was re-homed; `appended_ms` is its append time."""
    origin = read_rehomed(headers)
    return (appended_ms, False) if origin is None else (min(origin, appended_ms), True)


def read_rehomed(headers: Headers) -> int | None:
    """The arrival of a re-homed record (ms since the epoch), None for any other record.

    We write each of the two headers once and the arrival in digits. Where they are otherwise, somebody else wrote them
    and the record counts as a new one: it arrived when it was appended, and if it is in a wrong partition it is
    re-homed, with headers of our own, which ends the matter.
    """
    if only(headers, REHOMED_FROM) is None:
        return None
    arrival_ms = decimal(only(headers, ARRIVAL))
    return arrival_ms if arrival_ms is not None and arrival_ms <= _MS_MAX else None
