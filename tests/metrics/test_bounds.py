"""What nothing that is handed in can do to a scrape."""

from typing import get_args

import pytest
from prometheus_client.exposition import choose_encoder

from streams.domain.life import DISMISSALS, Move
from streams.metrics import Figures, Metrics
from streams.metrics.labels import BRANDS_MAX, OTHER, clean
from tests.metrics.worker import ANSWERED, SOURCES, a_shard, a_source, busy, read_openmetrics, samples, value

ODD = ("", "a\nb", 'quo"te', "back\\slash", "lone \ud800 surrogate", "\x00\x1b[31m", "\u2028", "{}", "x" * 500, "名前")

LIFE = [*get_args(Move), "enriched", "attached", "escalated", "breached", "digest"]
"""More kinds of events than an alert has."""
DISMISSED = ANSWERED._replace(dismissed=dict.fromkeys(DISMISSALS, 1), resolve=ANSWERED.acknowledge)
"""For every reason there is."""


def test_brands_beyond_the_bound_are_folded_into_one() -> None:
    """Their counts are kept, added up; their stores are not shown, since two brands may call a store the same."""
    metrics = Metrics()
    brands = [f"brand {number}" for number in range(BRANDS_MAX + 7)]
    for brand in brands:
        metrics.answers(brand, "promoter", 2)
    metrics.publish_figures(
        Figures(
            brand_windows={brand: {"7d": (1, 0, 1)} for brand in brands},
            stores_by_band={brand: {"good": 3} for brand in brands},
            worst=[(brand, "1", -1.0, -2.0, 0.0, 9) for brand in brands],
        )
    )
    assert value(metrics, "nps_answers_total", brand="brand 0", band="promoter") == 2
    assert value(metrics, "nps_answers_total", brand=OTHER, band="promoter") == 14
    assert value(metrics, "nps_window_answers", brand=OTHER, window="7d", band="detractor") == 7
    assert value(metrics, "nps_stores", brand=OTHER, band="good") == 21
    assert {OTHER}.isdisjoint(dict(labels)["brand"] for name, labels in samples(metrics) if "worst" in name)


def test_fifty_thousand_stores_and_odd_names_stay_under_four_thousand_series() -> None:
    """Whatever brands, stores and reasons are called, a worker with 8 shards shows fewer than 4,000 series."""
    metrics = busy()
    metrics.attach_shards(lambda: [a_shard(number) for number in range(8)])
    brands = [f"{odd}{number}" for number in range(20) for odd in ODD]
    for topic in SOURCES:
        metrics.age(topic, 0.1)
    for brand in brands:
        for band in ("promoter", "passive", "detractor"):
            metrics.answers(brand, band, 1)
        for severity in ("P1", "P2", "P3"):
            metrics.alerts(brand, severity, 1)
        for kind in LIFE:
            metrics.alert_changes(brand, kind, 1)
        for rule in ("drop", "rise", "burst"):
            metrics.alarms(brand, rule, 1)
        metrics.muted(brand, 1)
        metrics.refused(brand)
        metrics.commit_failed(brand)
        metrics.dead_letters(brand, 1)
        metrics.log_message(brand)
    for shard in range(8):
        metrics.commit(shard, 0.01, 1, 1)
    windows = ("24h", "7d", "30d", "90d", "365d", "all")
    metrics.publish_figures(
        Figures(
            brand_windows={brand: dict.fromkeys(windows, (5, 3, 2)) for brand in brands},
            stores_by_band={brand: {"good": 250} for brand in brands},
            worst=[(brands[n % 200], f"store {n}{ODD[n % 10]}", -5.0, -20.0, 12.0, 40) for n in range(50_000)],
            as_of_s=1.0,
            turnarounds=dict.fromkeys(brands, DISMISSED),
        )
    )
    assert len(samples(metrics)) < 4000


def test_no_text_can_break_a_scrape() -> None:
    """Lone surrogates, control characters, quotes and empty names pass through both formats and both parsers."""
    metrics = Metrics()
    for odd in ODD:
        metrics.answers(odd, odd, 1)
        metrics.dead_letters(odd, 1)
        metrics.processed(odd, odd, 1)
        metrics.age(odd, 1.0)
        metrics.log_message(odd)
    metrics.attach_shards(lambda: [a_shard(0, sources=(a_source(topic="\ud800\n"),))])
    metrics.publish_figures(Figures(worst=[(odd, odd, 0.0, 0.0, 0.0, 1) for odd in ODD]))
    assert samples(metrics)
    encode, _ = choose_encoder("application/openmetrics-text; version=1.0.0")
    assert read_openmetrics(encode(metrics.registry).decode())
    assert all("\ud800" not in label and label.isprintable() for _, labels in samples(metrics) for _, label in labels)


@pytest.mark.parametrize(
    ("text", "label"),
    [("Café Nord", "Café Nord"), ("", "_empty"), ("a\tb", "a b"), ("a\x00\ud800b", "a��b"), ("y" * 99, "y" * 64)],
    ids=["plain", "empty", "tab", "unprintable", "long"],
)
def test_label_texts_are_cleaned(text: str, label: str) -> None:
    """What a person can read stays as it is."""
    assert label == clean(text)


def test_a_topic_keeps_its_whole_name() -> None:
    """With a long prefix two topics must not become one by being cut."""
    metrics, prefix = Metrics(), "p" * 100
    metrics.attach_shards(lambda: [a_shard(0, sources=tuple(a_source(topic=prefix + topic) for topic in SOURCES))])
    metrics.consumed(prefix + "survey.responses", 1)
    assert value(metrics, "nps_events_consumed_total", topic=prefix + "survey.responses") == 1
    assert value(metrics, "nps_source_position", topic=prefix + "nps.control", shard="0") == 100
