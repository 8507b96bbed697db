"""The topology as data: every topic, what is in it and who reads and writes it.

The broker's topics, the Faust agents, the diagram in the documents and a test are all made from this page.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

DAY_MS = 86_400_000
INPUT_MAX_BYTES = 1_048_588
"""Largest record batch that `survey.responses` takes: Kafka's own default, said aloud."""
OUTPUT_MAX_BYTES = INPUT_MAX_BYTES + 65_536
"""An output record is at most its input and 64 KiB of headers."""

_COMPACT: Mapping[str, str] = MappingProxyType({"cleanup.policy": "compact"})
_LOG_APPEND_TIME = {"message.timestamp.type": "LogAppendTime"}


def _kept(days: int, **more: str) -> Mapping[str, str]:
    return MappingProxyType({"cleanup.policy": "delete", "retention.ms": str(days * DAY_MS), **more})


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic: its public name (before the prefix), the key of its records and its settings on the broker."""

    name: str
    key: str
    what: str
    config: Mapping[str, str]
    max_bytes: int = OUTPUT_MAX_BYTES
    co_partitioned: bool = True

    def settings(self) -> dict[str, str]:
        """The topic's configuration on the broker."""
        return {**self.config, "max.message.bytes": str(self.max_bytes)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One Faust agent: a verb and a noun, the topic it reads, the state it keeps and the topics it writes.

    `returns` says what it writes to the topic that it reads, where it does.
    """

    name: str
    reads: Topic
    keeps: tuple[str, ...]
    emits: tuple[Topic, ...] = field(default=())
    returns: str = "re-homed"


RESPONSES = Topic(
    name="survey.responses",
    key="brand|store",
    what="responses in",
    config=_kept(28, **_LOG_APPEND_TIME),
    max_bytes=INPUT_MAX_BYTES,
)
DEAD_LETTERS = Topic(
    name="survey.responses.dead",
    key="as received",
    what="what could not be used, bytes untouched, reason in headers",
    config=_kept(28),
)
ALERTS = Topic(name="followup.alerts", key="brand|store", what="alerts and all that happens to them", config=_kept(90))
ACTIONS = Topic(
    name="followup.actions",
    key="brand|store",
    what="what people did about an alert",
    config=_kept(90, **_LOG_APPEND_TIME),
)
ACTIONS_DEAD = Topic(
    name="followup.actions.dead",
    key="as received",
    what="actions, rules and store facts that could not be used, bytes untouched, reason in headers",
    config=_kept(28),
)
RULES = Topic(
    name="followup.rules",
    key="brand, or * for the others",
    what="who is alerted how urgently, by when, and who is to act",
    config=_COMPACT,
)
SCORES = Topic(
    name="nps.scores",
    key="brand or brand|store",
    what="the present figures of a brand or a store",
    config=_COMPACT,
    co_partitioned=False,
)
TRENDS = Topic(
    name="nps.trends",
    key="brand or brand|store",
    what="days, weeks and months of a brand or a store",
    config=_COMPACT,
)
ALARMS = Topic(
    name="nps.alarms",
    key="brand or brand|store",
    what="scores that fell or rose beyond chance, and bursts of unhappy answers at a kiosk",
    config=_kept(90),
)
AUDIT = Topic(
    name="nps.audit",
    key="audit id",
    what="who was forgotten when, without personal data",
    config=_COMPACT,
)
BRAND_TALLIES = Topic(
    name="nps.brand-tallies",
    key="brand|shard|day",
    what="absolute tallies of a brand's day, from each shard to the brand's own",
    config=_COMPACT,
)
STORES = Topic(
    name="nps.stores",
    key="brand|store",
    what="facts of a store: region, owner, hours, whether it closed or moved",
    config=_COMPACT,
)
CONTROL = Topic(name="nps.control", key="shard number", what="orders to a shard: resume", config=_kept(7))
STATE = Topic(
    name="nps.state",
    key="row key",
    what="internal changelog: pages of votes, brand tallies, the marker",
    config=MappingProxyType(
        {
            "cleanup.policy": "compact",
            "segment.ms": "600000",
            "max.compaction.lag.ms": "3600000",
            **_LOG_APPEND_TIME,
        }
    ),
)

TOPICS = (
    RESPONSES,
    DEAD_LETTERS,
    ALERTS,
    ACTIONS,
    ACTIONS_DEAD,
    RULES,
    STORES,
    SCORES,
    TRENDS,
    ALARMS,
    AUDIT,
    BRAND_TALLIES,
    CONTROL,
    STATE,
)

TALLY_RESPONSES = Agent(
    name="tally_responses",
    reads=RESPONSES,
    keeps=("pages of votes",),
    emits=(ALERTS, SCORES, TRENDS, ALARMS, AUDIT, BRAND_TALLIES, DEAD_LETTERS, RESPONSES),
)
TALLY_BRANDS = Agent(name="tally_brands", reads=BRAND_TALLIES, keeps=("brand tallies",), emits=(SCORES, TRENDS, ALARMS))
TRACK_FOLLOW_UPS = Agent(
    name="track_follow_ups",
    reads=ACTIONS,
    keeps=("cases",),
    emits=(ALERTS, SCORES, BRAND_TALLIES, ACTIONS_DEAD, ACTIONS),
)
ADOPT_RULES = Agent(
    name="adopt_rules", reads=RULES, keeps=("rule sets",), emits=(ACTIONS_DEAD, RULES), returns="copies"
)
ADOPT_STORES = Agent(
    name="adopt_stores", reads=STORES, keeps=("store facts",), emits=(ALERTS, SCORES, ACTIONS_DEAD, STORES)
)
OBEY_ORDERS = Agent(name="obey_orders", reads=CONTROL, keeps=("breaker",))

AGENTS = (TALLY_RESPONSES, TALLY_BRANDS, TRACK_FOLLOW_UPS, ADOPT_RULES, ADOPT_STORES, OBEY_ORDERS)


def to_mermaid() -> str:
    """The topology as a Mermaid flow chart: topics are stadiums, agents boxes; every agent also keeps `nps.state`."""
    lines = ["flowchart LR"]
    lines += [f'    {_node(topic.name)}(["{topic.name}"])' for topic in TOPICS]
    for agent in AGENTS:
        lines.append(f'    {agent.name}["{agent.name}<br/>{", ".join(agent.keeps)}"]')
        lines.append(f"    {_node(agent.reads.name)} --> {agent.name}")
        lines += [
            f"    {agent.name} -->{f'|{agent.returns}|' if topic is agent.reads else ''} {_node(topic.name)}"
            for topic in agent.emits
        ]
        lines.append(f"    {agent.name} <-.-> {_node(STATE.name)}")
    return "\n".join(lines) + "\n"


def _node(name: str) -> str:
    return name.replace(".", "_").replace("-", "_")


if __name__ == "__main__":
    print(to_mermaid(), end="")  # noqa: T201 -- this is what it is run for
