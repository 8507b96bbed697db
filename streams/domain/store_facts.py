"""What is known of a store beside its answers: where it is, who is to act there, whether it is still there."""

from dataclasses import dataclass

from streams.domain.calendar import Hours


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFacts:
    """The facts of one store. All but its key (`brand`, `store`) are optional."""

    brand: str
    store: str
    name: str | None = None
    """What people call it."""
    region: str | None = None
    time_zone: str | None = None
    """Its IANA name."""
    opening_hours: Hours | None = None
    vip: bool = False
    """An unhappy customer here is more urgent than elsewhere."""
    owner: str | None = None
    """Who is to act on its alerts."""
    closed: bool = False
    moved_to: str | None = None
    """The store of the same brand that goes on with its customers."""
