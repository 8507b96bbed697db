"""Rows for those who look closer: shards and their commits, and the workers as processes."""

from panel import GREEN, RATE, RED, J, Panel, Query, one, quantiles

_COMMITS = f"sum(rate(nps_commit_seconds_count{{{J}}}{RATE}))"

SHARDS = (
    Panel(
        title="Shards by state",
        what="What the workers own. Anything but open for 15 minutes pages (ShardsNotOpen).",
        unit="none",
        decimals=0,
        stacked=True,
        queries=one(f"sum by (state) (nps_shards{{{J}}})", "{{state}}"),
    ),
    Panel(
        title="Commit duration",
        what="One transaction of one shard. A commit that takes 30 s ends the worker.",
        unit="s",
        steps=((None, GREEN), (10, RED)),
        queries=quantiles("nps_commit_seconds"),
    ),
    Panel(
        title="Size of commits",
        what="Source records and state rows per commit: small when it is quiet, large while a backlog is worked off.",
        unit="short",
        queries=(
            Query(
                expr=f"sum(rate(nps_commit_records_total{{{J}}}{RATE})) / {_COMMITS}",
                legend="records",
            ),
            Query(
                expr=f"sum(rate(nps_commit_rows_total{{{J}}}{RATE})) / {_COMMITS}",
                legend="rows",
            ),
        ),
    ),
    Panel(
        title="Since the last commit",
        what="Per shard, the ten longest. Long is normal where nothing arrives: compare with the youngest record read.",
        unit="s",
        queries=(
            Query(
                expr=f"topk(10, time() - max by (shard) (nps_last_commit_timestamp_seconds{{{J}}}))",
                legend="commit {{shard}}",
            ),
            Query(
                expr=f"time() - max(nps_last_event_timestamp_seconds{{{J}}})",
                legend="youngest record read",
            ),
        ),
    ),
    Panel(
        title="Committed, by shard",
        what="Source records committed per second, the ten busiest shards. One far above the others holds a hot store.",
        unit="cps",
        queries=one(f"topk(10, sum by (shard) (rate(nps_commit_records_total{{{J}}}{RATE})))", "{{shard}}"),
    ),
    Panel(
        title="Positions",
        what="How fast each source is read, ten fastest shards; zero beside waiting records is a stall.",
        unit="cps",
        queries=one(
            f"topk(10, sum by (topic, shard) (deriv(nps_source_position{{{J}}}{RATE})))",
            "{{topic}} {{shard}}",
        ),
    ),
    Panel(
        title="Restores under way",
        what="Records of nps.state still to read, per shard. RestoreStuck pages where it does not fall.",
        unit="short",
        queries=one(f"sum by (shard) (nps_restore_remaining_records{{{J}}}) > 0", "{{shard}}"),
    ),
    Panel(
        title="Takeovers",
        what="How long restores and rebalances took, p95.",
        unit="s",
        queries=(
            Query(expr=quantiles("nps_restore_seconds", of=(0.95,))[0].expr, legend="restore"),
            Query(expr=quantiles("nps_rebalance_seconds", of=(0.95,))[0].expr, legend="rebalance"),
        ),
    ),
    Panel(
        title="Rows restored",
        what="State rows read by restores: how fast a shard comes back.",
        unit="cps",
        queries=one(f"sum(rate(nps_restored_rows_total{{{J}}}{RATE}))", "rows"),
    ),
    Panel(
        title="Failures that end a worker",
        what="Failed commits and refusals to open, by kind: the last that the process said.",
        unit="none",
        decimals=0,
        width=12,
        queries=(
            Query(expr=f"sum by (kind) (nps_commit_failures_total{{{J}}}) > 0", legend="commit: {{kind}}"),
            Query(expr=f"sum by (kind) (nps_refusals_total{{{J}}}) > 0", legend="refused: {{kind}}"),
        ),
    ),
    Panel(
        title="Breakers",
        what="Shards whose breaker is open, and thus take no responses.",
        unit="none",
        decimals=0,
        width=12,
        queries=one(f"max by (shard) (nps_breaker_open{{{J}}}) > 0", "shard {{shard}}"),
    ),
)

WORKERS = (
    Panel(
        title="Processor",
        what="Seconds of processor time per second. A worker uses one core at most; at 1 it needs company.",
        unit="percentunit",
        low=0,
        queries=one(f"rate(process_cpu_seconds_total{{{J}}}{RATE})", "{{instance}}"),
    ),
    Panel(
        title="Memory",
        what="Resident memory. It grows with the number of votes kept, about 20 bytes each.",
        unit="bytes",
        low=0,
        queries=one(f"process_resident_memory_bytes{{{J}}}", "{{instance}}"),
    ),
    Panel(
        title="Event loop",
        what="How late timers run. Beyond the session timeout (20 s) a worker would lose its shards.",
        unit="s",
        steps=((None, GREEN), (1, RED)),
        queries=one(f"nps_event_loop_lag_seconds{{{J}}}", "{{instance}}"),
    ),
    Panel(
        title="Log lines",
        what="Warnings and worse, by level.",
        unit="cps",
        queries=one(
            f'sum by (level) (rate(nps_log_messages_total{{{J},level=~"WARNING|ERROR|CRITICAL"}}{RATE}))', "{{level}}"
        ),
    ),
    Panel(
        title="Series per scrape",
        what="What Prometheus takes from each worker. It refuses a scrape beyond the red line (sample_limit).",
        unit="none",
        decimals=0,
        steps=((None, GREEN), (5000, RED)),
        queries=one(f"scrape_samples_scraped{{{J}}}", "{{instance}}"),
    ),
    Panel(
        title="The eyes themselves",
        what="Duration of a scrape and of asking the shards within it, and failures of either per second.",
        unit="s",
        queries=(
            Query(expr=f"max(scrape_duration_seconds{{{J}}})", legend="scrape"),
            Query(expr=f"max(nps_collector_duration_seconds{{{J}}})", legend="collector"),
            Query(expr=f"sum(increase(nps_collector_errors_total{{{J}}}{RATE}))", legend="collector errors"),
            Query(expr=f"sum(increase(nps_scrape_errors_total{{{J}}}{RATE}))", legend="scrape errors"),
        ),
    ),
    Panel(
        title="Releases",
        what="How many workers run which release, and since when.",
        unit="none",
        kind="table",
        width=24,
        height=5,
        by=("instance", "version"),
        queries=one(f"nps_build_info{{{J}}}", "workers"),
    ),
)
