"""The topics: are they all there, and as the topology wants them?"""

from streams.cluster.topics import Difference, Report
from streams.doctor.finding import Finding
from streams.settings import Settings

_SAFE_COPIES = 3
_CHECK = "topics"


def judge_topics(settings: Settings, report: Report) -> list[Finding]:
    """Judge every topic; one finding for all that are as they should be, and one for all that are missing."""
    findings = []
    there = [topic for topic in report.topics if topic.outcome == "exists"]
    good = [topic for topic in there if not topic.differences]
    if good:
        text = f"{len(good)} of {len(report.topics)} are as they should be, with {settings.partitions} partitions"
        findings.append(Finding(check=_CHECK, level="ok", text=text))
    missing = [topic.name for topic in report.topics if topic.outcome == "missing"]
    if missing:
        text = f"{len(missing)} of {len(report.topics)} do not exist: {', '.join(missing)}"
        findings.append(Finding(check=_CHECK, level="error", text=text, mend="nps topics create"))
    findings += [_differs(topic.name, difference) for topic in there for difference in topic.differences]
    findings += _judge_copies(sum(topic.behind for topic in there), sum(topic.stalled for topic in there))
    copies = min((topic.replication for topic in there), default=_SAFE_COPIES)
    if copies < _SAFE_COPIES:
        text = f"copies of each record: {copies}; a lost disk may lose data"
        mend = "good for trying things out; in production run three brokers, and create the topics there"
        findings.append(Finding(check=_CHECK, level="warning", text=text, mend=mend))
    return findings


def _judge_copies(behind: int, stalled: int) -> list[Finding]:
    mend = "start the broker that is missing; kafka-topics.sh --describe --under-replicated-partitions says which"
    if stalled:
        text = f"{stalled} partitions take no writes: too few of their copies are in step, a broker is down"
        return [Finding(check=_CHECK, level="error", text=text, mend=mend)]
    if behind:
        text = f"{behind} partitions lack a copy that is in step: a broker is down, or behind"
        return [Finding(check=_CHECK, level="warning", text=text, mend=mend)]
    return []


def _differs(name: str, difference: Difference) -> Finding:
    return Finding(
        check=_CHECK,
        level="error" if difference.essential else "warning",
        text=f"{name} has {difference.setting} {difference.found}, should have {difference.wanted}",
        mend=difference.mend,
    )
