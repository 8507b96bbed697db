"""How each brand answers its unhappy customers, as samples of gauges."""

from collections import Counter
from collections.abc import Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily

from streams.domain.turnaround import Turnaround
from streams.metrics import catalogue as c
from streams.metrics.labels import OTHER, Bounded

METRICS = (
    c.CASES,
    c.CASES_OPEN,
    c.CASES_OVERDUE,
    c.CASES_REOPENED,
    c.CASES_EXPIRED,
    c.CASES_DISMISSED,
    c.CASES_WAITING,
    c.TURNAROUND,
)

Samples = Mapping[tuple[c.Metric, tuple[str, ...]], int]
"""By metric and labels."""


def case_samples(turnarounds: Mapping[str, Turnaround], brand_label: Bounded) -> Samples:
    """The samples of all brands; those of brands that share a label are added up, and show no durations."""
    labels = {brand: brand_label(brand) for brand in turnarounds}
    bearers = Counter(labels.values())
    samples = Counter[tuple[c.Metric, tuple[str, ...]]]()
    for brand, turnaround in turnarounds.items():
        label = labels[brand]
        for metric, more, n in _counts(turnaround):
            samples[metric, (label, *more)] += n
        if label != OTHER and bearers[label] == 1:
            for milestone, percentile, seconds in _durations(turnaround):
                samples[c.TURNAROUND, (label, milestone, percentile)] = seconds
    return samples


def case_families(samples: Samples) -> list[GaugeMetricFamily]:
    """All families, those without samples as well."""
    families = {metric: GaugeMetricFamily(metric.name, metric.help, labels=metric.labels) for metric in METRICS}
    for (metric, labels), value in samples.items():
        families[metric].add_metric(labels, value)
    return list(families.values())


def _counts(turnaround: Turnaround) -> Iterator[tuple[c.Metric, tuple[str, ...], int]]:
    late = turnaround.contactable - turnaround.in_time - turnaround.pending
    outcomes = turnaround.in_time, turnaround.pending, late, turnaround.not_contactable
    for outcome, n in zip(c.CASE_OUTCOMES, outcomes, strict=True):
        yield c.CASES, (outcome,), n
    yield c.CASES_OPEN, (), turnaround.open
    yield c.CASES_OVERDUE, (), turnaround.overdue
    yield c.CASES_REOPENED, (), turnaround.reopened
    yield c.CASES_EXPIRED, (), turnaround.expired
    for reason, n in turnaround.dismissed.items():
        yield c.CASES_DISMISSED, (reason,), n
    for milestone in c.MILESTONES:
        yield c.CASES_WAITING, (milestone,), getattr(turnaround, milestone).waiting


def _durations(turnaround: Turnaround) -> Iterator[tuple[str, str, int]]:
    for milestone in c.MILESTONES:
        waiting = getattr(turnaround, milestone)
        for percentile, seconds in zip(c.PERCENTILES, (waiting.median_s, waiting.p90_s), strict=True):
            if seconds is not None:
                yield milestone, percentile, seconds
