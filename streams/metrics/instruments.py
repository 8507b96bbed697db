"""The instruments: one method for each thing worth counting, called per batch or per commit, never per event."""

from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

from streams.metrics import catalogue as c
from streams.metrics.collector import StatusCollector, prepare
from streams.metrics.labels import BRANDS_MAX, KINDS_MAX, SHARDS_MAX, TOPIC_NAME_MAX, TOPICS_MAX, Bounded
from streams.metrics.snapshot import Figures, ShardStatus


class Metrics:
    """All metrics of one worker.

    A count of 0 makes a series exist before its first event. Label values are cleaned and bounded (`labels`): nothing
    handed in can break a scrape or flood Prometheus. Any thread may call. Seconds are durations.
    """

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # they would double the lines of every counter
        self.registry = registry if registry is not None else CollectorRegistry()
        self._brand = brand = Bounded(BRANDS_MAX)
        topic, shard = Bounded(TOPICS_MAX, TOPIC_NAME_MAX), Bounded(SHARDS_MAX)
        self._make_counters(brand, topic, shard)
        self._age = Histogram(c.AGE.name, c.AGE.help, c.AGE.labels, buckets=c.AGE.buckets, registry=self.registry)
        self._ages: dict[str, Histogram] = {}
        self._topic = topic
        self._alert_latency = self._histogram(c.ALERT_LATENCY)
        self._commit = self._histogram(c.COMMIT)
        self._rebalance = self._histogram(c.REBALANCE)
        self._restore = self._histogram(c.RESTORE)
        self._loop_lag = Gauge(c.LOOP_LAG.name, c.LOOP_LAG.help, registry=self.registry)
        self._make_self()

    def consumed(self, topic: str, n: int) -> None:
        """`n` records were taken from a topic."""
        self._consumed.add(n, topic)

    def processed(self, topic: str, disposition: str, n: int) -> None:
        """`n` records ended as counted, duplicate, correction, dead_letter or rehomed."""
        self._processed.add(n, topic, disposition)

    def dead_letters(self, reason: str, n: int) -> None:
        """`n` records became dead letters, for a reason of the closed list."""
        self._dead_letters.add(n, reason)

    def unknown_fields(self, n: int) -> None:
        """`n` fields of responses were not in the schema."""
        self._unknown_fields.inc(n)

    def answers(self, brand: str, band: str, n: int) -> None:
        """`n` answers of a brand were counted as promoter, passive or detractor."""
        self._answers.add(n, brand, band)

    def alerts(self, brand: str, severity: str, n: int) -> None:
        """`n` alerts of a brand were raised as P1, P2 or P3."""
        self._alerts.add(n, brand, severity)

    def alert_changes(self, brand: str, kind: str, n: int) -> None:
        """`n` alerts of a brand were enriched or retracted."""
        self._alert_changes.add(n, brand, kind)

    def alarms(self, brand: str, rule: str, n: int) -> None:
        """`n` alarms of a brand were raised by a rule: drop, rise or burst."""
        self._alarms.add(n, brand, rule)

    def muted(self, brand: str, n: int) -> None:
        """`n` detractors of a brand raised nothing."""
        self._muted.add(n, brand)

    def age(self, topic: str, seconds: float) -> None:
        """From broker append to decision, of the oldest record of a batch; once per batch."""
        child = self._ages.get(topic)
        if child is None:
            child = self._age.labels(self._topic(topic))
            if len(self._ages) < TOPICS_MAX:
                self._ages[topic] = child
        child.observe(seconds)

    def latency(self, seconds: float) -> None:
        """From append of the response to the broker's acknowledgement, of the oldest alert of a commit; once each."""
        self._alert_latency.observe(seconds)

    def commit(self, shard: int, seconds: float, records: int, rows: int) -> None:
        """A shard committed the effects of `records` source records in `rows` state rows."""
        self._commit.observe(seconds)
        self._commit_records.add(records, str(shard))
        self._commit_rows.add(rows, str(shard))

    def commit_failed(self, kind: str) -> None:
        """A commit failed; `kind` is the name of a class of errors, not its text."""
        self._commit_failures.add(1, kind)

    def rebalanced(self, seconds: float) -> None:
        """A rebalance is over."""
        self._rebalance.observe(seconds)

    def restored(self, shard: int, seconds: float, rows: int) -> None:  # noqa: ARG002 - series per shard say too little
        """A shard was restored from `rows` rows."""
        self._restore.observe(seconds)
        self._restored_rows.inc(rows)

    def refused(self, kind: str) -> None:
        """A shard refused to open; `kind` is one of the refusals of the engine."""
        self._refusals.add(1, kind)

    def log_message(self, level: str) -> None:
        """A line was logged."""
        self._log_messages.add(1, level)

    def loop_lag(self, seconds: float) -> None:
        """The event loop ran a timer this late."""
        self._loop_lag.set(seconds)

    def scrape_failed(self) -> None:
        """A request to the metrics port was answered with 500."""
        self._scrape_errors.inc()

    def expect(self, *, sources: Iterable[str], reasons: Iterable[str]) -> None:
        """Make the series of all source topics and dead-letter reasons exist, so that a first error is an increase."""
        for topic in sources:
            self.consumed(topic, 0)
            for disposition in c.DISPOSITIONS:
                self.processed(topic, disposition, 0)
        for reason in reasons:
            self.dead_letters(reason, 0)

    def attach_shards(self, shards: Callable[[], Iterable[ShardStatus]]) -> None:
        """Ask `shards` at each scrape, from another thread: it must be quick and return an immutable snapshot."""
        self._status.shards = shards

    def publish_figures(self, figures: Figures) -> None:
        """Replace what is shown of brands and stores; all of it at once, so that no scrape sees a mixture."""
        self._status.figures = prepare(figures, self._brand)

    def _make_counters(self, brand: Bounded, topic: Bounded, shard: Bounded) -> None:
        registry = self.registry
        self._consumed = _Counters(registry, c.CONSUMED, topic)
        self._processed = _Counters(registry, c.PROCESSED, topic, Bounded(KINDS_MAX))
        self._dead_letters = _Counters(registry, c.DEAD_LETTERS, Bounded(KINDS_MAX))
        self._unknown_fields = Counter(c.UNKNOWN_FIELDS.name, c.UNKNOWN_FIELDS.help, registry=registry)
        self._answers = _Counters(registry, c.ANSWERS, brand, Bounded(len(c.ANSWER_BANDS)))
        self._alerts = _Counters(registry, c.ALERTS, brand, Bounded(len(c.SEVERITIES)))
        self._alert_changes = _Counters(registry, c.ALERT_CHANGES, brand, Bounded(KINDS_MAX))
        self._alarms = _Counters(registry, c.ALARMS, brand, Bounded(KINDS_MAX))
        self._muted = _Counters(registry, c.MUTED, brand)
        self._commit_records = _Counters(registry, c.COMMIT_RECORDS, shard)
        self._commit_rows = _Counters(registry, c.COMMIT_ROWS, shard)
        self._commit_failures = _Counters(registry, c.COMMIT_FAILURES, Bounded(KINDS_MAX))
        self._restored_rows = Counter(c.RESTORED_ROWS.name, c.RESTORED_ROWS.help, registry=registry)
        self._refusals = _Counters(registry, c.REFUSALS, Bounded(KINDS_MAX))

    def _make_self(self) -> None:
        registry = self.registry
        self._log_messages = _Counters(registry, c.LOG_MESSAGES, Bounded(KINDS_MAX))
        for level in c.LOG_LEVELS:
            self._log_messages.add(0, level)
        self._scrape_errors = Counter(c.SCRAPE_ERRORS.name, c.SCRAPE_ERRORS.help, registry=registry)
        errors = Counter(c.COLLECTOR_ERRORS.name, c.COLLECTOR_ERRORS.help, registry=None)
        self._status = StatusCollector(errors)
        registry.register(self._status)
        registry.register(errors)  # after what it counts, so that a scrape shows its own failure
        Gauge(c.BUILD_INFO.name, c.BUILD_INFO.help, c.BUILD_INFO.labels, registry=registry).labels(_release()).set(1)
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)

    def _histogram(self, metric: c.Metric) -> Histogram:
        return Histogram(metric.name, metric.help, buckets=metric.buckets, registry=self.registry)


class _Counters:
    """A counter by its label values, children cached."""

    __slots__ = ("_bounds", "_children", "_counter")

    def __init__(self, registry: CollectorRegistry, metric: c.Metric, *bounds: Bounded) -> None:
        self._counter = Counter(metric.name, metric.help, metric.labels, registry=registry)
        self._bounds = bounds
        self._children: dict[tuple[str, ...], Counter] = {}

    def add(self, n: int, *values: str) -> None:
        child = self._children.get(values)
        if child is None:
            labels = tuple(bound(value) for bound, value in zip(self._bounds, values, strict=True))
            child = self._counter.labels(*labels)
            if labels == values:  # of folded and cleaned values there may be any number, and they are not kept
                self._children[values] = child
        child.inc(n)


def _release() -> str:
    try:
        return version("nps-streams")
    except PackageNotFoundError:
        return "unknown"
