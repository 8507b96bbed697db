"""Rows for those who run it: how it is, what flows, how late it is."""

from panel import AMBER, BLUE, GREEN, RATE, RED, J, Panel, Query, one, quantiles, stat

OVERVIEW = (
    stat(
        "Workers up",
        "Workers that answer Prometheus.",
        "none",
        f"sum(up{{{J}}})",
        ((None, RED), (1, GREEN)),
        decimals=0,
    ),
    stat(
        "Shards open",
        "Shards that take responses. Together the workers own one per partition.",
        "none",
        f'sum(nps_shards{{{J},state="open"}})',
        ((None, RED), (1, GREEN)),
        decimals=0,
    ),
    stat(
        "Decided",
        "Records of all sources decided per second.",
        "cps",
        f"sum(rate(nps_events_processed_total{{{J}}}{RATE}))",
        ((None, BLUE),),
    ),
    stat(
        "Oldest waiting",
        "Age of the oldest record that waits in any shard. LagSecondsHigh pages after five minutes above 60 s.",
        "s",
        f"max(nps_source_lag_seconds{{{J}}})",
        ((None, GREEN), (5, AMBER), (60, RED)),
    ),
    stat(
        "Alert latency p99",
        "From append of a response to acknowledgement of its alert, oldest of each commit. Promise: 10 s, aim: 0.3 s.",
        "s",
        quantiles("nps_alert_latency_seconds", of=(0.99,))[0].expr,
        ((None, GREEN), (0.3, AMBER), (10, RED)),
    ),
    stat(
        "Dead letters",
        "Share of dead letters over 15 minutes, worst source. DeadLetterRatioHigh is a ticket above 1 %.",
        "percentunit",
        f"max(job_topic:nps_dead_letters:ratio_rate15m{{{J}}})",
        ((None, GREEN), (0.001, AMBER), (0.01, RED)),
        decimals=2,
    ),
    stat(
        "Breakers open",
        "Shards paused because most of what arrived was a dead letter. Each waits for `nps resume`.",
        "none",
        f"sum(nps_breaker_open{{{J}}})",
        ((None, GREEN), (1, RED)),
        decimals=0,
    ),
    stat(
        "Firing",
        "Alert rules that fire now; deploy/runbook.md says what to do about each.",
        "none",
        'count(ALERTS{alertstate="firing"}) or vector(0)',
        ((None, GREEN), (1, RED)),
        decimals=0,
    ),
)

FLOW = (
    Panel(
        title="Records by disposition",
        what="What became of the records decided. The five add up to all that was read.",
        unit="cps",
        stacked=True,
        queries=one(f"sum by (disposition) (rate(nps_events_processed_total{{{J}}}{RATE}))", "{{disposition}}"),
    ),
    Panel(
        title="Records taken, by source",
        what="Records taken from each source topic. More taken than decided for long means a worker cannot keep up.",
        unit="cps",
        queries=one(f"sum by (topic) (rate(nps_events_consumed_total{{{J}}}{RATE}))", "{{topic}}"),
    ),
    Panel(
        title="Dead letters by reason",
        what="Why records could not be used. One reason rising usually is one sender's new release.",
        unit="cps",
        stacked=True,
        queries=one(f"sum by (reason) (rate(nps_dead_letters_total{{{J}}}{RATE}))", "{{reason}}"),
    ),
    Panel(
        title="Detractor alerts",
        what="Alerts raised by severity (P1: score 0-2), those enriched or retracted, and detractors muted.",
        unit="cps",
        queries=(
            Query(expr=f"sum by (severity) (rate(nps_alerts_total{{{J}}}{RATE}))", legend="{{severity}}"),
            Query(expr=f"sum by (kind) (rate(nps_alert_changes_total{{{J}}}{RATE}))", legend="{{kind}}"),
            Query(expr=f"sum(rate(nps_alerts_muted_total{{{J}}}{RATE}))", legend="muted"),
        ),
    ),
    Panel(
        title="Unknown fields",
        what="Fields in responses that the schema does not know: ignored, but somebody hoped for them.",
        unit="cps",
        queries=one(f"sum(rate(nps_unknown_fields_total{{{J}}}{RATE}))", "fields"),
    ),
    Panel(
        title="Dead-letter share",
        what="Dead letters among the decided, over 15 minutes. DeadLetterRatioHigh is a ticket above the line.",
        unit="percentunit",
        steps=((None, GREEN), (0.01, RED)),
        queries=one(f"job_topic:nps_dead_letters:ratio_rate15m{{{J}}}", "{{topic}}"),
    ),
)

LAG = (
    Panel(
        title="Age when decided",
        what="From broker append to decision, oldest record of each batch. The line is the promise: 99 % within 5 s.",
        unit="s",
        steps=((None, GREEN), (5, RED)),
        queries=quantiles("nps_event_age_seconds", "topic", of=(0.5, 0.99)),
    ),
    Panel(
        title="Response to visible alert",
        what="From append of the response to acknowledgement of its alert, oldest of each commit. Line: the promise.",
        unit="s",
        steps=((None, GREEN), (10, RED)),
        queries=quantiles("nps_alert_latency_seconds"),
    ),
    Panel(
        title="Beyond the promise",
        what="Share of commits with an alert older than 10 s, and of batches older than 5 s.",
        unit="percentunit",
        low=0,
        queries=(
            Query(expr=f"job:nps_alerts_late:ratio_rate5m{{{J}}}", legend="alerts, 5 min"),
            Query(expr=f"job:nps_alerts_late:ratio_rate1h{{{J}}}", legend="alerts, 1 h"),
            Query(expr=f"job_topic:nps_events_late:ratio_rate5m{{{J}}}", legend="{{topic}}, 5 min"),
            Query(expr=f"job_topic:nps_events_late:ratio_rate1h{{{J}}}", legend="{{topic}}, 1 h"),
        ),
    ),
    Panel(
        title="Oldest waiting, by source",
        what="Age of the next record to read, worst shard. Unlike a count of records it is what a customer waits.",
        unit="s",
        width=12,
        steps=((None, GREEN), (60, RED)),
        queries=one(f"max by (topic) (nps_source_lag_seconds{{{J}}})", "{{topic}}"),
    ),
    Panel(
        title="Records waiting, by shard",
        what="Last stable offset minus position, the ten worst. One shard alone is a hot store, a breaker or a stall.",
        unit="short",
        width=12,
        queries=one(f"topk(10, sum by (topic, shard) (nps_source_lag_records{{{J}}}))", "{{topic}} {{shard}}"),
    ),
)
