"""The consumer group: who works, on which shards, how far behind, and how many more could help."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiokafka import TopicPartition
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.errors import for_code

from streams.doctor.finding import Finding, Level
from streams.doctor.logs import Log, Logs
from streams.engine.assignor import PROTOCOL
from streams.settings import Settings
from streams.topology import RESPONSES

_CHECK = "group"
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The group as its coordinator sees it. `members` are the shards of each; `committed` are positions, for tools."""

    state: str
    protocol: str
    members: Mapping[str, frozenset[int]] = field(default_factory=dict)
    committed: Mapping[TopicPartition, int] = field(default_factory=dict)

    @property
    def shards(self) -> frozenset[int]:
        """Shards that have an owner."""
        return frozenset().union(*self.members.values())


NO_GROUP = Group(state="Dead", protocol="")


async def gather_group(admin: Any, settings: Settings) -> Group:
    """Look at the group, but not for one that never was: asking for it makes a new broker create its offsets topic."""
    if settings.app_id not in {name for name, *_ in await admin.list_consumer_groups()}:
        return NO_GROUP
    coordinator = await admin.find_coordinator(settings.app_id)
    (answer,) = await admin.describe_consumer_groups([settings.app_id], group_coordinator_id=coordinator)
    (group,) = answer.to_object()["groups"]
    if group["error_code"]:
        raise for_code(group["error_code"])(f"group {settings.app_id} cannot be read")
    offsets = await admin.list_consumer_group_offsets(settings.app_id, group_coordinator_id=coordinator)
    return Group(
        state=group["state"],
        protocol=group["protocol"],
        members={_name(member): _shards(member["member_assignment"]) for member in group["members"]},
        committed={tp: position.offset for tp, position in offsets.items() if position.offset >= 0},
    )


def _name(member: Mapping[str, Any]) -> str:
    return f"{member['member_id']} at {member['client_host'].lstrip('/')}"


def _shards(assignment: bytes | None) -> frozenset[int]:
    if not assignment:
        return frozenset()
    decoded = ConsumerProtocolMemberAssignment.decode(assignment)
    return frozenset(shard for _, shards in decoded.assignment for shard in shards)


def judge_group(settings: Settings, group: Group, logs: Logs) -> list[Finding]:
    """Judge the group against the logs it reads."""
    if group.protocol not in {"", PROTOCOL}:
        text = f"group {settings.app_id} is that of another application (its protocol is {group.protocol!r})"
        return [_finding("error", text, "give this deployment an NPS_APP_ID of its own")]
    return [*_judge_members(settings, group), *_judge_lag(settings, group, logs), *_judge_positions(group, logs)]


def _judge_members(settings: Settings, group: Group) -> list[Finding]:
    workers, ceiling = len(group.members), settings.partitions
    if not workers:
        return [_finding("warning", f"no worker runs in group {settings.app_id}", "nps worker")]
    text = f"{workers} worker{'s' * (workers != 1)} in group {settings.app_id}; {ceiling} can share the work at most"
    if group.state != "Stable":
        mend = "look again in a few seconds; if it stays so, a worker joins and dies again and again: see its log"
        return [_finding("warning", f"{text}; shards are being handed out anew ({group.state})", mend)]
    if workers > ceiling:
        mend = f"stop {workers - ceiling}, they have nothing to do: NPS_PARTITIONS is the ceiling, fixed at creation"
        return [_finding("warning", text, mend)]
    missing = sorted(set(range(ceiling)) - group.shards)
    if missing:
        mend = "set the same NPS_PARTITIONS for every worker, and restart those that had another"
        return [_finding("error", f"{text}; nobody works on shards {_list(missing)}", mend)]
    return [_finding("ok", text)]


def _judge_lag(settings: Settings, group: Group, logs: Logs) -> list[Finding]:
    """Records that wait in the input, transactions' markers counted with them."""
    if not logs:
        return []
    topic = settings.topic(RESPONSES.name)
    lags = {tp.partition: _lag(group, tp, log) for tp, log in logs.items() if tp.topic == topic}
    total = sum(lags.values())
    worst = sorted((shard for shard in lags if lags[shard]), key=lambda shard: -lags[shard])[:_SHOWN]
    shown = f" (shard {', '.join(f'{shard}: {lags[shard]:,}' for shard in worst)})" if worst else ""
    text = f"{total:,} records wait in {topic}{shown}"
    if total and not group.members:
        return [_finding("warning", text, "start a worker: nps worker")]
    return [_finding("ok", text)]


def _lag(group: Group, tp: TopicPartition, log: Log) -> int:
    return max(0, log.stable - max(group.committed.get(tp, log.start), log.start))


def _judge_positions(group: Group, logs: Logs) -> list[Finding]:
    """Judge the committed offsets, which no worker starts from, but which tell of what happened to a topic."""
    findings = []
    for tp, position in sorted(group.committed.items()):
        log = logs.get(tp)
        if log is None or log.start <= position <= log.end:
            continue
        name = f"{tp.topic}[{tp.partition}]"
        if position < log.start:
            text = f"{name} begins at {log.start}, the group read only up to {position}: the rest was deleted unread"
        else:
            text = f"{name} ends at {log.end}, the group read up to {position}: the topic was recreated or cut"
        mend = "restore the topic from a backup, or start anew under another NPS_APP_ID and NPS_TOPIC_PREFIX"
        findings.append(_finding("error", text, mend))
    return findings


def _finding(level: Level, text: str, mend: str = "") -> Finding:
    return Finding(check=_CHECK, level=level, text=text, mend=mend)


def _list(shards: list[int]) -> str:
    return ", ".join(map(str, shards))
