"""What is said is counted, and what is counted is shown."""

import subprocess
from threading import Thread

import pytest
from prometheus_client import CollectorRegistry

from streams.metrics import Figures, Metrics, ShardStatus
from streams.metrics.catalogue import CATALOGUE
from tests.metrics.worker import SOURCES, a_shard, a_source, busy, samples, scrape, value
from tests.tools import find_tool


def test_every_metric_of_the_catalogue_is_shown_and_no_other() -> None:
    """The catalogue is what a scrape shows: names, types, labels and help, but for those of the client library."""
    shown = {
        family.name + ("_total" if family.type == "counter" else ""): (family.type, family.documentation)
        for family in busy().registry.collect()
        if not family.name.startswith(("process_", "python_"))
    }
    assert {metric.name: (metric.kind, metric.help) for metric in CATALOGUE} == shown
    labels = {metric.name: set(metric.labels) for metric in CATALOGUE}
    for name, pairs in samples(busy()):
        base = name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
        if base in labels:
            assert labels[base] == {label for label, _ in pairs} - {"le"}


def test_no_metric_says_when_it_was_created() -> None:
    """`_created` would double the lines of each counter."""
    assert [] == [name for name, _ in samples(busy()) if name.endswith("_created")]


def test_what_is_said_is_shown() -> None:
    """Counts add up under their labels, durations land in histograms."""
    metrics = busy()
    metrics.processed("survey.responses", "counted", 1)
    assert value(metrics, "nps_events_processed_total", topic="survey.responses", disposition="counted") == 10
    assert value(metrics, "nps_alerts_total", brand="Norte", severity="P1") == 2
    assert value(metrics, "nps_alert_changes_total", brand="Norte", kind="retracted") == 1
    assert value(metrics, "nps_alarms_total", brand="Norte", rule="drop") == 1
    assert value(metrics, "nps_commit_records_total", shard="3") == 10
    assert value(metrics, "nps_commit_rows_total", shard="3") == 4
    assert value(metrics, "nps_commit_seconds_count") == 1
    assert value(metrics, "nps_event_age_seconds_bucket", topic="survey.responses", le="0.25") == 1
    assert value(metrics, "nps_event_age_seconds_bucket", topic="survey.responses", le="0.1") == 0
    assert value(metrics, "nps_restored_rows_total") == 2000


def test_series_exist_before_their_first_event() -> None:
    """A first dead letter is an increase from 0, not a series that begins at 1 and that no rate can see."""
    metrics = Metrics()
    metrics.expect(sources=SOURCES, reasons=("schema",))
    assert value(metrics, "nps_dead_letters_total", reason="schema") == 0
    assert value(metrics, "nps_events_processed_total", topic="nps.control", disposition="dead_letter") == 0
    assert value(metrics, "nps_log_messages_total", level="ERROR") == 0


def test_shards_are_asked_at_each_scrape() -> None:
    """A status is shown as it is, an unknown lag and an instant that never was are not shown at all."""
    metrics = Metrics()
    metrics.attach_shards(lambda: [a_shard(0), a_shard(1, state="restoring", restore_remaining=70)])
    assert value(metrics, "nps_shards", state="open") == 1
    assert value(metrics, "nps_shards", state="draining") == 0
    assert value(metrics, "nps_restore_remaining_records", shard="1") == 70
    assert value(metrics, "nps_source_lag_records", topic="survey.responses", shard="0") == 10
    never = a_source(lag_records=-1, lag_seconds=-1.0, last_event_timestamp_s=0.0)
    metrics.attach_shards(lambda: [a_shard(0, breaker_open=True, last_commit_timestamp_s=0.0, sources=(never,))])
    assert value(metrics, "nps_breaker_open", shard="0") == 1
    assert value(metrics, "nps_source_position", topic="survey.responses", shard="0") == 100
    assert value(metrics, "nps_source_lag_records", topic="survey.responses", shard="0") is None
    assert value(metrics, "nps_source_lag_seconds", topic="survey.responses", shard="0") is None
    assert value(metrics, "nps_last_commit_timestamp_seconds", shard="0") is None
    assert value(metrics, "nps_last_event_timestamp_seconds", topic="survey.responses", shard="0") is None


def test_shards_that_cannot_be_asked_cost_only_themselves() -> None:
    """The rest of the scrape is shown, and the failure is counted."""

    def broken() -> list[ShardStatus]:
        raise RuntimeError("changed while it was read")

    metrics = busy()
    metrics.attach_shards(broken)
    assert value(metrics, "nps_alerts_total", brand="Norte", severity="P1") == 2
    assert value(metrics, "nps_shards", state="open") is None
    assert value(metrics, "nps_collector_errors_total") == 3


def test_figures_are_replaced_as_a_whole() -> None:
    """A brand that this worker no longer knows is no longer shown; counts of windows not exported are left out."""
    metrics = busy()
    assert value(metrics, "nps_window_answers", brand="Norte", window="30d", band="detractor") == 10
    assert value(metrics, "nps_window_answers", brand="Norte", window="all", band="detractor") is None
    assert value(metrics, "nps_window_answers", brand="Norte", window="90d", band="detractor") == 0
    assert value(metrics, "nps_stores", brand="Norte", band="insufficient_sample") == 0
    assert value(metrics, "nps_worst_store_score_high", brand="Norte", store="Lyon 2") == 1.5
    assert value(metrics, "nps_figures_timestamp_seconds") == 1_700_000_000
    metrics.publish_figures(Figures(brand_windows={"Sur": {"7d": (1, 0, 0)}}))
    assert value(metrics, "nps_window_answers", brand="Norte", window="30d", band="detractor") is None
    assert value(metrics, "nps_window_answers", brand="Sur", window="7d", band="promoter") == 1
    assert value(metrics, "nps_figures_timestamp_seconds") is None


def test_a_worker_brings_its_own_registry() -> None:
    """Two workers in one process share nothing; a registry given is used."""
    first, second, registry = Metrics(), Metrics(), CollectorRegistry()
    first.unknown_fields(5)
    assert value(second, "nps_unknown_fields_total") == 0
    assert registry is Metrics(registry).registry


def test_scrapes_and_counting_go_on_at_the_same_time() -> None:
    """A scrape from another thread while new brands come and figures change is whole, and no count is lost."""
    metrics = busy()
    done: list[int] = []

    def look() -> None:
        for _ in range(20):
            samples(metrics)
        done.append(1)

    thread = Thread(target=look)
    thread.start()
    rounds = 0
    while thread.is_alive():
        rounds += 1
        metrics.answers(f"brand {rounds % 90}", "promoter", 1)
        metrics.publish_figures(Figures(brand_windows={f"brand {rounds % 90}": {"7d": (1, 1, 1)}}))
    thread.join()
    assert done == [1]
    counted = sum(n for (name, labels), n in samples(metrics).items() if name == "nps_answers_total")
    assert counted == 5 + rounds


@pytest.mark.needs("promtool")
def test_promtool_finds_nothing_to_say() -> None:
    """`promtool check metrics` on a live scrape is clean: names, units, types, help."""
    checked = subprocess.run(
        [str(find_tool("promtool")), "check", "metrics"],
        input=scrape(busy()),
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert (0, b"", b"") == (checked.returncode, checked.stdout, checked.stderr)
