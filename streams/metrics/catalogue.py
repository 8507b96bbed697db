"""Every metric of a worker as data: name, type, labels, help, buckets.

The instruments, the table in `deploy/metrics.md` and the tests of dashboard and rules are all made from this page.
Units are base units; instants are exported as instants (`_timestamp_seconds`), never as "time since"; a histogram has
a boundary at each threshold that a rule or a panel asks for. `process_*`, `python_gc_*` and `python_info` come with
the client library and are not listed.
"""

from dataclasses import dataclass
from typing import Literal

SHARD_STATES = ("opening", "restoring", "open", "draining")
STORE_BANDS = ("critical", "at_risk", "fair", "good", "insufficient_sample")
DISPOSITIONS = ("counted", "duplicate", "correction", "dead_letter", "rehomed")
ANSWER_BANDS = ("promoter", "passive", "detractor")
SEVERITIES = ("P1", "P2", "P3")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
WINDOWS = ("24h", "7d", "30d", "90d")
"""The windows exported as metrics. The longer ones hardly move within a dashboard's range; `nps.scores` has them."""

CASE_OUTCOMES = ("in_time", "pending", "late", "not_contactable")
MILESTONES = ("acknowledge", "contact", "resolve")
PERCENTILES = ("p50", "p90")

AGE_SLO_S = 5.0
"""99 % of batches are decided within this time of the append of their oldest record."""
ALERT_SLO_S = 10.0
"""99.9 % of commits have their oldest alert acknowledged within this time of the response's append."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `name` is that of its samples, but for a histogram's `_bucket`, `_sum` and `_count`."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


CONSUMED = Metric("nps_events_consumed_total", "counter", "Records taken from a source topic.", ("topic",))
PROCESSED = Metric(
    "nps_events_processed_total",
    "counter",
    "Records decided, by what became of them: counted, duplicate, correction, dead_letter or rehomed.",
    ("topic", "disposition"),
)
DEAD_LETTERS = Metric("nps_dead_letters_total", "counter", "Records sent to the dead letters.", ("reason",))
UNKNOWN_FIELDS = Metric("nps_unknown_fields_total", "counter", "Fields of responses that are not in the schema.")
AGE = Metric(
    "nps_event_age_seconds",
    "histogram",
    "From broker append to decision, of the oldest record of each batch.",
    ("topic",),
    (0.05, 0.1, 0.25, 0.5, 1, 2.5, AGE_SLO_S, 10, 30, 60, 300, 900),
)
ALERT_LATENCY = Metric(
    "nps_alert_latency_seconds",
    "histogram",
    "From append of the response to acknowledgement of its alert, of the oldest alert of each commit.",
    (),
    (0.02, 0.04, 0.08, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2.5, 5, ALERT_SLO_S, 30, 60, 300),
)

COMMIT = Metric(
    "nps_commit_seconds",
    "histogram",
    "Duration of a commit: one transaction of one shard.",
    (),
    (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
COMMIT_RECORDS = Metric(
    "nps_commit_records_total", "counter", "Source records whose effects were committed.", ("shard",)
)
COMMIT_ROWS = Metric("nps_commit_rows_total", "counter", "State rows written by commits.", ("shard",))
COMMIT_FAILURES = Metric(
    "nps_commit_failures_total", "counter", "Commits that failed; each ends the process.", ("kind",)
)
REBALANCE = Metric(
    "nps_rebalance_seconds",
    "histogram",
    "From revocation until every assigned shard was open or being restored.",
    (),
    (0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60),
)
RESTORE = Metric(
    "nps_restore_seconds",
    "histogram",
    "Duration of a shard's restore from nps.state.",
    (),
    (0.1, 0.5, 1, 5, 10, 30, 60, 300, 900),
)
RESTORED_ROWS = Metric("nps_restored_rows_total", "counter", "State rows read by restores.")
REFUSALS = Metric("nps_refusals_total", "counter", "Shards that refused to open; each ends the process.", ("kind",))

SHARDS = Metric("nps_shards", "gauge", "Shards that this worker owns, by state.", ("state",))
RESTORE_REMAINING = Metric(
    "nps_restore_remaining_records", "gauge", "Records of nps.state that a restore still has to read.", ("shard",)
)
BREAKER_OPEN = Metric(
    "nps_breaker_open", "gauge", "1 where too many dead letters paused the responses of a shard.", ("shard",)
)
LAST_COMMIT = Metric("nps_last_commit_timestamp_seconds", "gauge", "When a shard last committed.", ("shard",))
POSITION = Metric("nps_source_position", "gauge", "Next offset that a shard reads from a source.", ("topic", "shard"))
LAG_RECORDS = Metric(
    "nps_source_lag_records", "gauge", "Last stable offset minus position, of a source.", ("topic", "shard")
)
LAG_SECONDS = Metric(
    "nps_source_lag_seconds",
    "gauge",
    "Age of the next record to read from a source; 0 where there is none.",
    ("topic", "shard"),
)
LAST_EVENT = Metric(
    "nps_last_event_timestamp_seconds",
    "gauge",
    "Append time of the last record read from a source.",
    ("topic", "shard"),
)

ANSWERS = Metric(
    "nps_answers_total",
    "counter",
    "Answers counted for the first time, by brand and band; corrections are not taken back.",
    ("brand", "band"),
)
ALERTS = Metric("nps_alerts_total", "counter", "Detractor alerts raised.", ("brand", "severity"))
ALERT_CHANGES = Metric(
    "nps_alert_changes_total", "counter", "What happened to alerts after they were raised.", ("brand", "kind")
)
ALARMS = Metric(
    "nps_alarms_total",
    "counter",
    "Alarms raised about a score that fell or rose, or a burst at a kiosk.",
    ("brand", "rule"),
)
MUTED = Metric("nps_alerts_muted_total", "counter", "Detractors that raised nothing: too old or imported.", ("brand",))
WINDOW_ANSWERS = Metric(
    "nps_window_answers",
    "gauge",
    "Answers in a rolling window, by band: this worker's part of the brand. Sum over workers before any division.",
    ("brand", "window", "band"),
)
STORES = Metric("nps_stores", "gauge", "Stores of this worker by the band of their score.", ("brand", "band"))
WORST_STORE_SCORE = Metric(
    "nps_worst_store_score",
    "gauge",
    "NPS (-100 to 100) of the stores of a brand most in need of attention.",
    ("brand", "store"),
)
WORST_STORE_LOW = Metric(
    "nps_worst_store_score_low",
    "gauge",
    "Lower bound of the 95 % interval of that score.",
    ("brand", "store"),
)
WORST_STORE_HIGH = Metric(
    "nps_worst_store_score_high",
    "gauge",
    "Upper bound of the 95 % interval of that score.",
    ("brand", "store"),
)
WORST_STORE_ANSWERS = Metric("nps_worst_store_answers", "gauge", "Answers behind that score.", ("brand", "store"))
CASES = Metric(
    "nps_cases",
    "gauge",
    "Cases submitted in the last 30 days, by whether the customer was contacted in time, may still be, was not, or "
    "cannot be contacted. A brand is told by one worker.",
    ("brand", "outcome"),
)
CASES_OPEN = Metric("nps_cases_open", "gauge", "Those that somebody still has to do something about.", ("brand",))
CASES_OVERDUE = Metric("nps_cases_overdue", "gauge", "Open ones, due and not contacted.", ("brand",))
CASES_REOPENED = Metric("nps_cases_reopened", "gauge", "Those that were reopened at least once.", ("brand",))
CASES_EXPIRED = Metric("nps_cases_expired", "gauge", "Those that nobody ended.", ("brand",))
CASES_DISMISSED = Metric("nps_cases_dismissed", "gauge", "Those that were dismissed, by reason.", ("brand", "reason"))
CASES_WAITING = Metric(
    "nps_cases_waiting", "gauge", "Open ones that have not come to a milestone so far.", ("brand", "milestone")
)
TURNAROUND = Metric(
    "nps_turnaround_seconds",
    "gauge",
    "From submission to acknowledge, contact or resolve: Kaplan-Meier median (p50) and p90 of the last 30 days' cases, "
    "in which open ones count. Not shown while too few came to it to tell.",
    ("brand", "milestone", "percentile"),
)
FIGURES_TIMESTAMP = Metric(
    "nps_figures_timestamp_seconds", "gauge", "When the figures of brands and stores were computed."
)

BUILD_INFO = Metric("nps_build_info", "gauge", "Always 1; the label says which release runs.", ("version",))
LOOP_LAG = Metric("nps_event_loop_lag_seconds", "gauge", "How late the event loop last ran a timer.")
LOG_MESSAGES = Metric("nps_log_messages_total", "counter", "Lines logged.", ("level",))
COLLECTOR_DURATION = Metric(
    "nps_collector_duration_seconds", "gauge", "What the last collection of shards and figures took."
)
COLLECTOR_ERRORS = Metric("nps_collector_errors_total", "counter", "Collections that could not ask the shards.")
SCRAPE_ERRORS = Metric(
    "nps_scrape_errors_total", "counter", "Requests to the metrics port that were answered with 500."
)

CATALOGUE: tuple[Metric, ...] = (
    *(CONSUMED, PROCESSED, DEAD_LETTERS, UNKNOWN_FIELDS, AGE, ALERT_LATENCY),
    *(COMMIT, COMMIT_RECORDS, COMMIT_ROWS, COMMIT_FAILURES, REBALANCE, RESTORE, RESTORED_ROWS, REFUSALS),
    *(SHARDS, RESTORE_REMAINING, BREAKER_OPEN, LAST_COMMIT, POSITION, LAG_RECORDS, LAG_SECONDS, LAST_EVENT),
    *(ANSWERS, ALERTS, ALERT_CHANGES, ALARMS, MUTED, WINDOW_ANSWERS, STORES),
    *(CASES, CASES_OPEN, CASES_OVERDUE, CASES_REOPENED, CASES_EXPIRED, CASES_DISMISSED, CASES_WAITING, TURNAROUND),
    *(WORST_STORE_SCORE, WORST_STORE_LOW, WORST_STORE_HIGH, WORST_STORE_ANSWERS, FIGURES_TIMESTAMP),
    *(BUILD_INFO, LOOP_LAG, LOG_MESSAGES, COLLECTOR_DURATION, COLLECTOR_ERRORS, SCRAPE_ERRORS),
)


def to_markdown() -> str:
    """The catalogue as the Markdown page that `deploy/metrics.md` holds."""
    lines = [
        "# Metrics of a worker",
        "",
        "Made from `streams/metrics/catalogue.py` by `deploy/metrics_table.py`; a test compares.",
        "`process_*`, `python_gc_*` and `python_info` come with the client library.",
        "",
        "| metric | type | labels | what |",
        "|---|---|---|---|",
    ]
    lines += [f"| `{m.name}` | {m.kind} | {', '.join(m.labels)} | {m.help} |" for m in CATALOGUE]
    return "\n".join(lines) + "\n"
