"""When a document says the same as another one: integers to the unit, doubles but for their last digits."""

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

_TOLERANCE = 1e-9
"""Doubles that were computed in another order."""


def unequal(found: dict[str, Any], wanted: dict[str, Any]) -> Iterator[str]:
    """The names of the fields in which two documents differ, those that only one of them has included."""
    yield from found.keys() - wanted.keys()
    yield from otherwise(found, wanted)


def otherwise(found: dict[str, Any], wanted: dict[str, Any]) -> Iterator[str]:
    """The names of the fields that are not as wanted; whatever else a later release says is let through."""
    for name, value in wanted.items():
        if name not in found or not is_near(found[name], value):
            yield name


def is_near(found: Any, wanted: Any) -> bool:
    """Whether two values are the same, nulls where they belong."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and not any(unequal(found, wanted))
    if type(wanted) is float:
        return type(found) in (float, int) and math.isclose(found, wanted, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    return type(found) is type(wanted) and bool(found == wanted)


def in_ms(instant: str) -> int:
    """An RFC 3339 instant in ms since the epoch."""
    return round(datetime.fromisoformat(instant).timestamp() * 1000)
