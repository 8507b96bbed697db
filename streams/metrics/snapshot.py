"""What the worker says of itself when it is asked: immutable values, cheap to make, safe to hand to another thread."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from streams.domain.turnaround import Turnaround

ShardState = Literal["opening", "restoring", "open", "draining"]


class SourceStatus(NamedTuple):
    """Where a shard stands in one of its sources. A negative lag is an unknown one, a timestamp of 0 means never."""

    topic: str
    position: int
    last_stable_offset: int
    lag_records: int
    lag_seconds: float
    last_event_timestamp_s: float


class ShardStatus(NamedTuple):
    """One shard of this worker. A timestamp of 0 means never."""

    number: int
    state: ShardState
    restore_remaining: int
    breaker_open: bool
    last_commit_timestamp_s: float
    sources: tuple[SourceStatus, ...]


class WorstStore(NamedTuple):
    """A store in need of attention: NPS and the bounds of its 95 % interval (-100 to 100), and the answers behind."""

    brand: str
    store: str
    score: float
    low: float
    high: float
    n: int


class Figures(NamedTuple):
    """What this worker's shards know of brands and stores. Figures of all workers add up, so none may be said by two.

    `brand_windows`: brand to window to (promoters, passives, detractors). `stores_by_band`: brand to band (critical,
    at_risk, fair, good, insufficient_sample) to number of stores. `worst`: per brand the stores most in need of
    attention, neediest first. `as_of_s`: when this was computed, in seconds since the epoch; 0 for not said.
    `turnarounds`: by brand how its unhappy customers are answered.
    """

    brand_windows: Mapping[str, Mapping[str, tuple[int, int, int]]] = {}
    stores_by_band: Mapping[str, Mapping[str, int]] = {}
    worst: Sequence[WorstStore | tuple[str, str, float, float, float, int]] = ()
    as_of_s: float = 0.0
    turnarounds: Mapping[str, Turnaround] = {}
