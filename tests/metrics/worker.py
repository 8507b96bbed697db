"""A worker of which everything has been said, and what a scrape of it shows."""

from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
from prometheus_client.parser import text_string_to_metric_families

from streams.domain.turnaround import Turnaround, Waiting
from streams.metrics import Figures, Metrics, ShardStatus, SourceStatus

SOURCES = ("survey.responses", "nps.brand-tallies", "nps.control")

ANSWERED = Turnaround(
    cases=12,
    open=5,
    overdue=2,
    contactable=10,
    in_time=6,
    pending=1,
    in_time_share=0.6,
    not_contactable=2,
    reopened=1,
    expired=1,
    dismissed={"not_reachable": 2},
    acknowledge=Waiting(10, 1, 1_800, 9_060),
    contact=Waiting(7, 2, 23_250, None),
    resolve=Waiting(4, 5, None, None),
)
"""Ten of twelve customers can be contacted, and six were in time."""


def a_source(**overrides: float | str) -> SourceStatus:
    """A shard ten records behind in a source."""
    source = SourceStatus("survey.responses", 100, 110, 10, 0.5, 1_700_000_000.0)
    return source._replace(**overrides)  # type: ignore[arg-type]


def a_shard(number: int, **overrides: object) -> ShardStatus:
    """An open shard and its sources."""
    sources = tuple(a_source(topic=topic) for topic in SOURCES)
    shard = ShardStatus(number, "open", 0, False, 1_700_000_000.0, sources)
    return shard._replace(**overrides)  # type: ignore[arg-type]


def busy() -> Metrics:
    """A worker of which everything has been said at least once."""
    metrics = Metrics()
    metrics.expect(sources=SOURCES, reasons=("schema", "too_old"))
    metrics.consumed("survey.responses", 10)
    metrics.processed("survey.responses", "counted", 9)
    metrics.dead_letters("schema", 1)
    metrics.unknown_fields(3)
    metrics.answers("Norte", "promoter", 5)
    metrics.alerts("Norte", "P1", 2)
    metrics.alert_changes("Norte", "retracted", 1)
    metrics.alarms("Norte", "drop", 1)
    metrics.muted("Norte", 1)
    metrics.age("survey.responses", 0.2)
    metrics.latency(0.08)
    metrics.commit(3, 0.005, 10, 4)
    metrics.commit_failed("KafkaTimeoutError")
    metrics.rebalanced(0.4)
    metrics.restored(3, 1.5, 2000)
    metrics.refused("lost_input")
    metrics.log_message("WARNING")
    metrics.loop_lag(0.001)
    metrics.attach_shards(lambda: [a_shard(3)])
    metrics.publish_figures(
        Figures(
            brand_windows={"Norte": {"24h": (3, 2, 1), "7d": (6, 4, 2), "30d": (30, 20, 10), "all": (300, 200, 100)}},
            stores_by_band={"Norte": {"critical": 1, "good": 4}},
            worst=[("Norte", "Lyon 2", -20.0, -40.0, 1.5, 30)],
            as_of_s=1_700_000_000.0,
            turnarounds={"Norte": ANSWERED},
        )
    )
    return metrics


def scrape(metrics: Metrics) -> bytes:
    """The answer to a scrape, in Prometheus's text format."""
    return generate_latest(metrics.registry)


def read_openmetrics(text: str) -> list[Metric]:
    """What Prometheus would read in OpenMetrics; raises ValueError where it would not."""
    return list(parse(text))  # type: ignore[no-untyped-call]


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """All samples of a scrape in Prometheus's text format, parsed; fails where two are of the same series."""
    parsed = [
        ((sample.name, tuple(sorted(sample.labels.items()))), sample.value)
        for family in text_string_to_metric_families(scrape(metrics).decode())
        for sample in family.samples
    ]
    assert len(dict(parsed)) == len(parsed)
    return dict(parsed)


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    """One sample of a scrape; None where it is not shown."""
    return samples(metrics).get((name, tuple(sorted(labels.items()))))
