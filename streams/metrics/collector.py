"""What is not counted but asked: shards and figures, at scrape time, in the thread of the scrape."""

from collections.abc import Callable, Iterable, Iterator
from time import perf_counter
from typing import NamedTuple

from prometheus_client import Counter, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from streams.metrics import catalogue as c
from streams.metrics.cases import METRICS as CASE_METRICS
from streams.metrics.cases import Samples, case_families, case_samples
from streams.metrics.labels import OTHER, TOPIC_NAME_MAX, Bounded, clean
from streams.metrics.snapshot import Figures, ShardStatus, WorstStore

WORST_PER_BRAND = 10
WORST_MAX = 80
"""Worst stores of a worker, all brands together: shared evenly where there are more than eight brands."""

_SHARDS = (c.RESTORE_REMAINING, c.BREAKER_OPEN, c.LAST_COMMIT, c.POSITION, c.LAG_RECORDS, c.LAG_SECONDS, c.LAST_EVENT)
_WORST = (c.WORST_STORE_SCORE, c.WORST_STORE_LOW, c.WORST_STORE_HIGH, c.WORST_STORE_ANSWERS)


class Prepared(NamedTuple):
    """Figures with bounded labels, ready to be written."""

    windows: dict[tuple[str, str], tuple[int, int, int]]
    stores: dict[tuple[str, str], int]
    worst: dict[tuple[str, str], WorstStore]
    cases: Samples
    as_of_s: float


NOTHING = Prepared({}, {}, {}, {}, 0.0)


def prepare(figures: Figures, brand_label: Bounded) -> Prepared:
    """Bound and clean the labels of figures; what falls together is added up, and a folded brand shows no stores."""
    windows: dict[tuple[str, str], tuple[int, int, int]] = {}
    for brand, by_window in figures.brand_windows.items():
        label = brand_label(brand)
        for window in c.WINDOWS:
            more = by_window.get(window, (0, 0, 0))
            had = windows.get((label, window), (0, 0, 0))
            windows[label, window] = (had[0] + more[0], had[1] + more[1], had[2] + more[2])
    stores: dict[tuple[str, str], int] = {}
    for brand, by_band in figures.stores_by_band.items():
        label = brand_label(brand)
        for band in c.STORE_BANDS:
            stores[label, band] = stores.get((label, band), 0) + by_band.get(band, 0)
    cases = case_samples(figures.turnarounds, brand_label)
    return Prepared(windows, stores, _worst(figures, brand_label), cases, figures.as_of_s)


def _worst(figures: Figures, brand_label: Bounded) -> dict[tuple[str, str], WorstStore]:
    by_brand: dict[str, dict[str, WorstStore]] = {}
    for row in map(WorstStore._make, figures.worst):
        label = brand_label(row.brand)
        if label != OTHER:
            by_brand.setdefault(label, {}).setdefault(clean(row.store), row)
    share = min(WORST_PER_BRAND, WORST_MAX // max(1, len(by_brand)))
    return {(brand, store): row for brand, rows in by_brand.items() for store, row in list(rows.items())[:share]}


class StatusCollector(Collector):
    """Asks for the shards and writes them and the last figures. `shards` and `figures` may be replaced at any time."""

    def __init__(self, errors: Counter) -> None:
        self.shards: Callable[[], Iterable[ShardStatus]] = tuple
        self.figures = NOTHING
        self._errors = errors

    def describe(self) -> Iterable[Metric]:
        """The names that this collector answers for."""
        figures = (c.WINDOW_ANSWERS, c.STORES, *_WORST, *CASE_METRICS, c.FIGURES_TIMESTAMP)
        return [_family(metric) for metric in (c.SHARDS, *_SHARDS, *figures, c.COLLECTOR_DURATION)]

    def collect(self) -> Iterator[Metric]:
        """All families; without the shards, and counted as an error, where they could not be asked."""
        began = perf_counter()
        try:
            shard_families = _shard_families(tuple(self.shards()))
        except Exception:  # noqa: BLE001 - the rest of the scrape is worth having, and the failure is counted
            self._errors.inc()
            shard_families = []
        yield from (*shard_families, *_figure_families(self.figures))
        took = _family(c.COLLECTOR_DURATION)
        took.add_metric((), perf_counter() - began)
        yield took


def _family(metric: c.Metric) -> GaugeMetricFamily:
    return GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)


def _shard_families(shards: tuple[ShardStatus, ...]) -> list[Metric]:
    states = _family(c.SHARDS)
    for state in c.SHARD_STATES:
        states.add_metric((state,), sum(shard.state == state for shard in shards))
    remaining, breaker, commit, position, lag_records, lag_seconds, event = families = [_family(m) for m in _SHARDS]
    for shard in shards:
        number = str(shard.number)
        remaining.add_metric((number,), shard.restore_remaining)
        breaker.add_metric((number,), float(shard.breaker_open))
        if shard.last_commit_timestamp_s > 0:
            commit.add_metric((number,), shard.last_commit_timestamp_s)
        for source in shard.sources:
            labels = (clean(source.topic, TOPIC_NAME_MAX), number)
            position.add_metric(labels, source.position)
            if source.lag_records >= 0:
                lag_records.add_metric(labels, source.lag_records)
            if source.lag_seconds >= 0:
                lag_seconds.add_metric(labels, source.lag_seconds)
            if source.last_event_timestamp_s > 0:
                event.add_metric(labels, source.last_event_timestamp_s)
    return [states, *families]


def _figure_families(figures: Prepared) -> list[Metric]:
    windows, stores, as_of = _family(c.WINDOW_ANSWERS), _family(c.STORES), _family(c.FIGURES_TIMESTAMP)
    for (brand, window), counts in figures.windows.items():
        for band, count in zip(c.ANSWER_BANDS, counts, strict=True):
            windows.add_metric((brand, window, band), count)
    for labels, count in figures.stores.items():
        stores.add_metric(labels, count)
    worst = score, low, high, answers = tuple(_family(m) for m in _WORST)
    for labels, row in figures.worst.items():
        score.add_metric(labels, row.score)
        low.add_metric(labels, row.low)
        high.add_metric(labels, row.high)
        answers.add_metric(labels, row.n)
    if figures.as_of_s > 0:
        as_of.add_metric((), figures.as_of_s)
    return [windows, stores, *worst, *case_families(figures.cases), as_of]
