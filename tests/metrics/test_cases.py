"""What the metrics show of the cases of each brand."""

from streams.domain.turnaround import NO_CASES
from streams.metrics import Figures, Metrics
from streams.metrics.labels import BRANDS_MAX, OTHER
from tests.metrics.worker import ANSWERED, busy, samples, value


def test_every_case_has_one_outcome() -> None:
    """In time, pending, late or not to be contacted; together they are all cases."""
    metrics = busy()
    outcomes = {dict(labels)["outcome"]: n for (name, labels), n in samples(metrics).items() if name == "nps_cases"}
    assert {"in_time": 6, "pending": 1, "late": 3, "not_contactable": 2} == outcomes
    assert ANSWERED.cases == sum(outcomes.values())


def test_a_brand_shows_what_became_of_its_cases() -> None:
    """Open, overdue, reopened, expired, dismissed by the reasons that occur."""
    metrics = busy()
    for name, n in {"open": 5, "overdue": 2, "reopened": 1, "expired": 1}.items():
        assert n == value(metrics, f"nps_cases_{name}", brand="Norte")
    assert value(metrics, "nps_cases_dismissed", brand="Norte", reason="not_reachable") == 2
    assert value(metrics, "nps_cases_dismissed", brand="Norte", reason="other") is None
    assert value(metrics, "nps_cases_waiting", brand="Norte", milestone="resolve") == 5


def test_a_duration_that_is_not_known_is_not_shown() -> None:
    """Where too few were contacted there is no p90, and not 0 s."""
    metrics = busy()
    assert value(metrics, "nps_turnaround_seconds", brand="Norte", milestone="acknowledge", percentile="p90") == 9_060
    assert value(metrics, "nps_turnaround_seconds", brand="Norte", milestone="contact", percentile="p50") == 23_250
    assert value(metrics, "nps_turnaround_seconds", brand="Norte", milestone="contact", percentile="p90") is None
    assert value(metrics, "nps_turnaround_seconds", brand="Norte", milestone="resolve", percentile="p50") is None


def test_a_brand_without_cases_has_zeros_and_no_durations() -> None:
    """Its series exist before its first case."""
    metrics = Metrics()
    metrics.publish_figures(Figures(turnarounds={"Sur": NO_CASES}))
    assert value(metrics, "nps_cases", brand="Sur", outcome="late") == 0
    assert value(metrics, "nps_cases_overdue", brand="Sur") == 0
    assert [] == [name for name, _ in samples(metrics) if name == "nps_turnaround_seconds"]


def test_brands_that_share_a_label_share_no_duration() -> None:
    """Their cases are added up; the median of two medians would be that of nobody."""
    metrics = Metrics()
    brands = [f"brand {number}" for number in range(BRANDS_MAX + 7)]
    twins = {"a\nb": ANSWERED, "a b": ANSWERED}
    metrics.publish_figures(Figures(turnarounds={**twins, **dict.fromkeys(brands, ANSWERED)}))
    assert value(metrics, "nps_cases_open", brand=OTHER) == 8 * 5
    assert value(metrics, "nps_cases_open", brand="a b") == 10
    shown = {dict(labels)["brand"] for name, labels in samples(metrics) if name == "nps_turnaround_seconds"}
    assert set(brands[: BRANDS_MAX - 1]) == shown
