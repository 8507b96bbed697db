"""All checks in the order in which they help: what comes first is often the cause of what comes later."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from aiokafka.errors import KafkaConnectionError

from streams.cluster.connection import admin_client, reader
from streams.cluster.topics import Report, inspect_topics
from streams.doctor.clock import judge_clock, newest_stamp
from streams.doctor.cluster import judge_cluster, release_of
from streams.doctor.environment import check_metrics_port, check_settings
from streams.doctor.finding import Finding
from streams.doctor.group import NO_GROUP, gather_group, judge_group
from streams.doctor.logs import gather_logs, judge_logs, with_ends_now
from streams.doctor.state import gather_markers, judge_state
from streams.doctor.topics import judge_topics
from streams.settings import Settings

T = TypeVar("T")

_PATIENCE_S = 60.0
_WATCH_S = 1.0
"""Where workers run, the clock check watches this long for a record to be appended."""


async def examine(environ: Mapping[str, str], now: Callable[[], float]) -> list[Finding]:
    """Examine settings and deployment; `now` gives seconds since the epoch. Reads only, never raises for what it finds.

    A check that fails is a finding, too, and those that can do without it go on.
    """
    findings, settings = check_settings(environ)
    findings += check_metrics_port(settings)
    try:
        async with (
            asyncio.timeout(_PATIENCE_S),
            admin_client(settings) as admin,
            reader(settings, "read_committed") as committed,
            reader(settings, "read_uncommitted") as uncommitted,
        ):
            await _examine_kafka(findings, settings, admin, committed, uncommitted, now)
    except KafkaConnectionError:
        text = f"no Kafka answers at {settings.brokers}; nothing else could be checked"
        mend = "start it, or set NPS_BROKERS to where it is; to try things out: nps broker start"
        findings.append(Finding(check="broker", level="error", text=text, mend=mend))
    except Exception as error:  # noqa: BLE001 (a doctor that dies of the illness helps nobody)
        findings.append(_unchecked("broker", error))
    return findings


async def _examine_kafka(
    findings: list[Finding],
    settings: Settings,
    admin: Any,
    committed: Any,
    uncommitted: Any,
    now: Callable[[], float],
) -> None:
    cluster = await admin.describe_cluster()
    release = await _attempt(findings, "broker", release_of(admin), "")
    findings += judge_cluster(
        bootstrap=settings.brokers,
        brokers=len(cluster["brokers"]),
        cluster_id=cluster["cluster_id"],
        release=release,
    )
    report = await _attempt(findings, "topics", inspect_topics(settings), Report(brokers=0, topics=()))
    findings += judge_topics(settings, report)
    began_s = now()
    logs = {}
    if report.topics and all(topic.outcome == "exists" for topic in report.topics):
        logs = await _attempt(findings, "logs", gather_logs(settings, admin, committed, uncommitted), {})
    group = await _attempt(findings, "group", gather_group(admin, settings), NO_GROUP)
    if not logs:
        findings += judge_group(settings, group, logs)
        return
    markers = await _attempt(findings, "state", gather_markers(committed, settings, logs), {})
    logs_after = await _attempt(findings, "logs", with_ends_now(uncommitted, logs), logs)
    findings += judge_group(settings, group, logs_after)
    findings += judge_logs(settings, logs_after, now())
    findings += judge_state(settings, cluster["cluster_id"], markers, group, logs_after)
    watch_s = _WATCH_S if group.members else 0
    stamp = await _attempt(
        findings, "clock", newest_stamp(uncommitted, logs, began_s=began_s, now=now, watch_s=watch_s), None
    )
    findings += judge_clock(settings, stamp)


async def _attempt(findings: list[Finding], check: str, work: Awaitable[T], otherwise: T) -> T:
    """Do one part of the examination; what goes wrong with it becomes a finding."""
    try:
        return await work
    except Exception as error:  # noqa: BLE001 (as above)
        findings.append(_unchecked(check, error))
        return otherwise


def _unchecked(check: str, error: Exception) -> Finding:
    text = f"could not be checked: {str(error) or type(error).__name__}"
    mend = "see the log of the broker; a missing right (an ACL to describe and to read) shows like this, too"
    return Finding(check=check, level="error", text=text, mend=mend)
