"""The state of the shards: is there a marker, is it of this deployment, and can its shard be opened?"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from aiokafka import TopicPartition

from streams.cluster.reading import read_span
from streams.doctor.finding import Finding, Level
from streams.doctor.group import Group
from streams.doctor.logs import Logs
from streams.engine import marker as marker_row
from streams.engine.failure import Refusal
from streams.engine.marker import Marker
from streams.settings import Settings
from streams.topology import RESPONSES, STATE

_STEPS = (64, 4_096, 262_144)
"""How far before the end a marker is looked for. Every commit writes one, and no commit writes as much as the last."""
_CHECK = "state"
_ANEW = "start anew under another NPS_APP_ID and NPS_TOPIC_PREFIX"


async def gather_markers(committed: Any, settings: Settings, logs: Logs) -> dict[int, bytes]:
    """Return the last committed marker row of each shard that has one."""
    found: dict[int, bytes] = {}
    state = {tp: log for tp, log in logs.items() if tp.topic == settings.topic(STATE.name)}
    for step in _STEPS:
        wanted = {tp: log for tp, log in state.items() if tp.partition not in found and log.stable > log.start}
        if not wanted:
            break
        starts = {tp: max(log.start, log.stable - step) for tp, log in wanted.items()}
        ends = {tp: log.stable for tp, log in wanted.items()}
        await read_span(committed, starts, ends, lambda record: _keep_marker(found, record))
    return found


def _keep_marker(found: dict[int, bytes], record: Any) -> None:
    if record.key == marker_row.KEY and record.value:
        found[record.partition] = record.value


def judge_state(
    settings: Settings, cluster_id: str, rows: Mapping[int, bytes], group: Group, logs: Logs
) -> list[Finding]:
    """Judge the marker rows by shard, as a worker will when it opens them."""
    findings: list[Finding] = []
    markers: dict[int, Marker] = {}
    for shard, row in sorted(rows.items()):
        try:
            markers[shard] = Marker.decode(row)
        except Refusal as refusal:
            findings.append(_error(f"shard {shard}: {refusal}", "run the release that wrote it"))
        except (ValueError, LookupError, TypeError):
            findings.append(_error(f"shard {shard}: the marker cannot be read", f"restore the topic, or {_ANEW}"))
    for shard, marker in markers.items():
        findings += _judge_deployment(settings, cluster_id, shard, marker)
        findings += _judge_positions(shard, marker, logs)
        findings += _judge_breaker(shard, marker)
    findings += _judge_missing(settings, rows.keys(), group)
    if not findings:
        findings.append(_summary(settings, markers.values()))
    return findings


def _judge_deployment(settings: Settings, cluster_id: str, shard: int, marker: Marker) -> list[Finding]:
    checks = (
        ("app id", marker.app_id, settings.app_id, f"set NPS_APP_ID={marker.app_id}, or another NPS_TOPIC_PREFIX"),
        ("cluster", marker.cluster_id, cluster_id, f"this state was copied from another cluster: {_ANEW}"),
        ("number of partitions", marker.partitions, settings.partitions, f"set NPS_PARTITIONS={marker.partitions}"),
    )
    return [
        _error(f"shard {shard} was written with {what} {kept!r}, not {ours!r}", mend)
        for what, kept, ours, mend in checks
        if kept != ours
    ]


def _judge_positions(shard: int, marker: Marker, logs: Logs) -> list[Finding]:
    findings = []
    for topic, source in marker.sources.items():
        log = logs.get(TopicPartition(topic, shard))
        if log is None or log.start <= source.position <= log.end:
            continue
        if source.position < log.start:
            text = f"{topic}[{shard}] begins at {log.start}, its shard read only up to {source.position}: input is lost"
        else:
            text = f"{topic}[{shard}] ends at {log.end}, its shard read up to {source.position}: recreated or cut"
        findings.append(_error(text, f"restore the topic from a backup, or {_ANEW}"))
    return findings


def _judge_breaker(shard: int, marker: Marker) -> list[Finding]:
    if not marker.breaker.get("tripped"):
        return []
    text = f"shard {shard} stopped taking responses: about every second one was a dead letter"
    mend = f"see the reasons in the dead letters, mend their sender, then: nps resume --shard {shard}"
    return [_error(text, mend)]


def _judge_missing(settings: Settings, present: Iterable[int], group: Group) -> list[Finding]:
    """A shard without a marker is a first start, unless somebody has worked on it."""
    missing = set(range(settings.partitions)) - set(present)
    worked_on = {tp.partition for tp, position in group.committed.items() if position > 0}
    lost = sorted(missing & worked_on)
    if not lost:
        return []
    shards = ", ".join(map(str, lost))
    text = (
        f"{settings.topic(STATE.name)} holds no marker for shard {shards}, but the group has read on: its state is lost"
    )
    return [_error(text, f"restore the topic from a backup, or {_ANEW}")]


def _summary(settings: Settings, markers: Collection[Marker]) -> Finding:
    """Sum up what became of the responses; the other sources are internal."""
    if not markers:
        return Finding(check=_CHECK, level="ok", text="empty: no worker has committed anything yet")
    totals: Counter[str] = Counter()
    for marker in markers:
        totals.update(marker.totals.get(settings.topic(RESPONSES.name), {}))
    shown = ", ".join(f"{name.replace('_', ' ')} {number:,}" for name, number in totals.items())
    text = f"{len(markers)} of {settings.partitions} shards have a state; responses: {shown}"
    return Finding(check=_CHECK, level="ok", text=text)


def _error(text: str, mend: str) -> Finding:
    level: Level = "error"
    return Finding(check=_CHECK, level=level, text=text, mend=mend)
