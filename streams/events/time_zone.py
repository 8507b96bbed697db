"""Time zones by name, from the `tzdata` package of the lock alone.

What the machine has under /usr/share/zoneinfo may be of another year: then two workers would set the same clock to
different instants, and a replay would decide otherwise.
"""

from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """The IANA names of all zones that there are."""
    return frozenset((files("tzdata") / "zones").read_text(encoding="ascii").split())


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo | None:
    """The zone of an IANA name, the same object each time; None where there is no such zone."""
    if name not in zone_names():
        return None
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)
