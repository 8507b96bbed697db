"""What a worker says of itself: alive, ready, how far its shards are, and the figures for the metrics."""

import asyncio
import time
from collections.abc import Callable, Iterator

from streams.agents.ledger import Ledger
from streams.domain.store import Store
from streams.domain.tally import figures, histogram
from streams.domain.turnaround import Turnaround
from streams.domain.window import DAY_S, WINDOWS
from streams.engine.shards import Shards
from streams.metrics import Figures, Metrics, ShardState, ShardStatus, SourceStatus, WorstStore

_TICK_S = 1.0
_STUCK_S = 15.0
_FIGURES_S = 15.0
_STORES_AT_ONCE = 500
_SAMPLE_MIN = 30
_WORST = 10
_BANDS = ((0.0, "critical"), (20.0, "at_risk"), (50.0, "fair"), (101.0, "good"))
"""A store's band in the metrics: NPS below the bound, by its 30 days; below _SAMPLE_MIN answers it has none."""


class Status:
    """Kept by a task of the event loop; `live` and `ready` are asked from other threads."""

    def __init__(self, metrics: Metrics, now: Callable[[], float]) -> None:
        self._metrics = metrics
        self._now = now
        self._shards: Shards | None = None
        self._beat = time.monotonic()

    def attach(self, shards: Shards) -> None:
        """From now on there are shards to speak of."""
        self._shards = shards
        self._metrics.attach_shards(lambda: tuple(_shard_statuses(shards, self._now())))

    def live(self) -> bool:
        """Whether the event loop of this process still turns; Kafka has no part in it."""
        return time.monotonic() - self._beat < _STUCK_S

    def ready(self) -> tuple[bool, str]:
        """Whether the worker is assigned, restored and not rebalancing, or why not."""
        shards = self._shards
        if shards is None:
            return False, "waiting for Kafka"
        if not shards.assigned:
            return False, "waiting for an assignment"
        restoring = dict(shards.restoring)
        if restoring:
            return False, f"opening shards {sorted(restoring)}"
        return shards.ready, "ready" if shards.ready else "opening shards"

    async def watch(self) -> None:
        """Measure how late the event loop is, and sum up the figures now and then."""
        figures_at = 0.0
        while True:
            expected = time.monotonic() + _TICK_S
            await asyncio.sleep(_TICK_S)
            self._beat = time.monotonic()
            self._metrics.loop_lag(max(0.0, self._beat - expected))
            if self._shards is not None and self._beat - figures_at >= _FIGURES_S:
                figures_at = self._beat
                self._metrics.publish_figures(await _figures(self._shards, self._now()))


def _shard_statuses(shards: Shards, now_s: float) -> Iterator[ShardStatus]:
    for number, remaining in list(shards.restoring.items()):
        state: ShardState = "opening" if remaining < 0 else "restoring"
        yield ShardStatus(number, state, max(0, remaining), breaker_open=False, last_commit_timestamp_s=0.0, sources=())
    for shard in list(shards.open.values()):
        sources = []
        for topic, source in list(shard.marker.sources.items()):
            end = shard.stable_ends.get(topic, source.position)
            lag = max(0, end - source.position)
            last_s = shard.last_event_s.get(topic, 0.0)
            lag_s = max(0.0, now_s - last_s) if lag and last_s else 0.0
            sources.append(SourceStatus(topic, source.position, end, lag, lag_s, last_s))
        yield ShardStatus(
            shard.number,
            "draining" if shard.drained else "open",
            0,
            shard.breaker.tripped,
            shard.last_commit_s,
            tuple(sources),
        )


async def _figures(shards: Shards, now_s: float) -> Figures:
    """Sum up all stores of this worker, a few at a time so that no alert waits."""
    windows: dict[str, dict[str, tuple[int, int, int]]] = {}
    bands: dict[str, dict[str, int]] = {}
    worst: dict[str, list[WorstStore]] = {}
    turnarounds: dict[str, Turnaround] = {}
    for shard in list(shards.open.values()):
        ledger = shard.state
        assert isinstance(ledger, Ledger)
        for total in list(ledger.totals.values()):
            rolled = (figures(tally) for tally in total.windows(int(now_s)))
            windows[total.brand_name] = {
                name: (f.promoters, f.passives, f.detractors) for name, f in zip(WINDOWS, rolled, strict=True)
            }
            turnarounds[total.brand_name] = total.turnaround(int(now_s))
        for share in list(ledger.brands.values()):
            for position, store in enumerate(list(share.stores.values()), 1):
                _judge(store, now_s, bands.setdefault(share.name, {}), worst.setdefault(share.name, []))
                if position % _STORES_AT_ONCE == 0:
                    await asyncio.sleep(0)
    for candidates in worst.values():
        candidates.sort(key=lambda store: store.high)
        del candidates[_WORST:]
    neediest = [store for candidates in worst.values() for store in candidates]
    return Figures(windows, bands, neediest, now_s, turnarounds)


def _judge(store: Store, now_s: float, bands: dict[str, int], worst: list[WorstStore]) -> None:
    tally = store.rolling.last_30_days(int(now_s // DAY_S))
    if sum(histogram(tally)) < _SAMPLE_MIN:  # most stores, and each is asked again and again
        band = "insufficient_sample"
    else:
        of_30_days = figures(tally)
        nps = of_30_days.nps
        assert nps is not None
        band = next(name for bound, name in _BANDS if nps < bound)
        assert of_30_days.low is not None
        assert of_30_days.high is not None
        worst.append(WorstStore(store.brand_name, store.name, nps, of_30_days.low, of_30_days.high, of_30_days.n))
    bands[band] = bands.get(band, 0) + 1
