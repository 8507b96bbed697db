"""The row for the follow-up desk: who is answered, how soon, and who waits."""

from panel import BLUE, RED, B, Panel, Query, one

_IN_TIME = f"job_brand:nps_cases_in_time:ratio{{{B}}}"

FOLLOW_UP = (
    Panel(
        title="Unhappy customers, 30 days",
        what="Cases of each brand; open, overdue, and the share contacted in time, in which who still waits counts.",
        unit="none",
        decimals=0,
        kind="table",
        width=10,
        by=("brand",),
        queries=(
            Query(expr=f"sum by (brand) (nps_cases{{{B}}})", legend="cases"),
            Query(expr=f"nps_cases_open{{{B}}}", legend="open"),
            Query(expr=f"nps_cases_overdue{{{B}}}", legend="overdue"),
            Query(expr=f"100 * {_IN_TIME}", legend="% in time"),
        ),
    ),
    Panel(
        title="Contacted in time",
        what="Of those who can be contacted, the share that was within 48 hours; who still has time counts as not.",
        unit="percentunit",
        decimals=1,
        width=14,
        low=0,
        high=1,
        queries=one(_IN_TIME, "{{brand}}"),
    ),
    Panel(
        title="Time to contact",
        what="From submission, of 30 days: by then half were contacted, and nine in ten, counting those who wait.",
        unit="s",
        width=12,
        steps=((None, BLUE), (172_800, RED)),
        queries=one(
            f'max by (brand, percentile) (nps_turnaround_seconds{{{B},milestone="contact"}})',
            "{{brand}} {{percentile}}",
        ),
    ),
    Panel(
        title="Time to acknowledge and to resolve",
        what="Median from submission, of 30 days, counting those who wait.",
        unit="s",
        width=12,
        queries=one(
            f'max by (brand, milestone) (nps_turnaround_seconds{{{B},milestone!="contact",percentile="p50"}})',
            "{{brand}} {{milestone}}",
        ),
    ),
    Panel(
        title="Cases overdue",
        what="Open ones, due and not contacted. CasesOverdue fires when they are many.",
        unit="none",
        decimals=0,
        queries=one(f"sum by (brand) (nps_cases_overdue{{{B}}})", "{{brand}}"),
    ),
    Panel(
        title="Who waits for what",
        what="Open cases that were not acknowledged, not contacted, not resolved so far.",
        unit="none",
        decimals=0,
        kind="bars",
        queries=one(f"sum by (milestone) (nps_cases_waiting{{{B}}})", "{{milestone}}"),
    ),
    Panel(
        title="Cases that ended unanswered",
        what="Dismissed by reason, expired; and those that were reopened.",
        unit="none",
        decimals=0,
        kind="bars",
        queries=(
            Query(expr=f"sum by (reason) (nps_cases_dismissed{{{B}}})", legend="{{reason}}"),
            Query(expr=f"sum(nps_cases_expired{{{B}}})", legend="expired"),
            Query(expr=f"sum(nps_cases_reopened{{{B}}})", legend="reopened"),
        ),
    ),
)
