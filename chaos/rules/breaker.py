"""When the breaker of a shard must fire: more than 500 dead letters among the last 1,000 records, or 500 in a row."""

from collections import deque
from collections.abc import Iterable

_LAST, _DEAD_MAX, _RUN = 1_000, 500, 500


def first_trip(dead: Iterable[bool]) -> int | None:
    """The place of the record that fires it, given of each record in order whether it is a dead letter."""
    last: deque[bool] = deque(maxlen=_LAST)
    run = 0
    for place, each in enumerate(dead):
        last.append(each)
        run = run + 1 if each else 0
        if each and (run >= _RUN or sum(last) > _DEAD_MAX):
            return place
    return None
