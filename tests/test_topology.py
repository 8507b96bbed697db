"""The topology is what others build on: names, keys, clean-up and sizes of the topics, and who reads and writes."""

import ast
import inspect
from pathlib import Path

import pytest

from streams import topology
from streams.agents import actions, adoption, alarming, alerting, brands, erasure, orders, responses, trends
from streams.app.wiring import HANDLERS, engine_config, policy
from streams.metrics import Metrics
from streams.settings import Settings

DAY_MS = 86_400_000
PUBLIC = {
    # name: (key, cleanup, retention in days, append time, co-partitioned)
    "survey.responses": ("brand|store", "delete", 28, True, True),
    "survey.responses.dead": ("as received", "delete", 28, False, True),
    "followup.alerts": ("brand|store", "delete", 90, False, True),
    "followup.actions": ("brand|store", "delete", 90, True, True),
    "followup.actions.dead": ("as received", "delete", 28, False, True),
    "followup.rules": ("brand, or * for the others", "compact", None, False, True),
    "nps.stores": ("brand|store", "compact", None, False, True),
    "nps.scores": ("brand or brand|store", "compact", None, False, False),
    "nps.trends": ("brand or brand|store", "compact", None, False, True),
    "nps.alarms": ("brand or brand|store", "delete", 90, False, True),
    "nps.audit": ("audit id", "compact", None, False, True),
    "nps.brand-tallies": ("brand|shard|day", "compact", None, False, True),
    "nps.control": ("shard number", "delete", 7, False, True),
    "nps.state": ("row key", "compact", None, True, True),
}


def test_the_topics_are_the_published_ones() -> None:
    """Names, keys, clean-up, retention and time stamps are a contract."""
    found = {
        topic.name: (
            topic.key,
            topic.config["cleanup.policy"],
            int(topic.config["retention.ms"]) // DAY_MS if "retention.ms" in topic.config else None,
            topic.config.get("message.timestamp.type") == "LogAppendTime",
            topic.co_partitioned,
        )
        for topic in topology.TOPICS
    }
    assert PUBLIC == found


def test_the_changelog_is_compacted_soon() -> None:
    """A restore reads it whole, and an active segment is never compacted."""
    assert ("600000", "3600000") == (
        topology.STATE.config["segment.ms"],
        topology.STATE.config["max.compaction.lag.ms"],
    )


@pytest.mark.parametrize("topic", topology.TOPICS, ids=lambda topic: topic.name)
def test_an_output_takes_the_largest_input_and_64_kib(topic: topology.Topic) -> None:
    """Else one record that fits into the input could stop a shard for ever."""
    own = topology.INPUT_MAX_BYTES if topic is topology.RESPONSES else topology.INPUT_MAX_BYTES + 65_536
    assert str(own) == topic.settings()["max.message.bytes"]
    assert dict(topic.config).items() <= topic.settings().items()


def test_nobody_can_change_the_topology_by_accident() -> None:
    """It is shared by all that is made from it."""
    with pytest.raises(TypeError):
        topology.STATE.config["cleanup.policy"] = "delete"  # type: ignore[index]


def test_agents_read_and_write_topics_of_this_page() -> None:
    """Each reads one, no two the same; what is read is co-partitioned, or a shard would not own it."""
    read = [agent.reads for agent in topology.AGENTS]
    assert len(read) == len({topic.name for topic in read})
    assert all(topic in topology.TOPICS and topic.co_partitioned for topic in read)
    assert all(topic in topology.TOPICS for agent in topology.AGENTS for topic in agent.emits)


def test_every_topic_but_those_of_others_is_written_by_an_agent() -> None:
    """Orders come from people, the state from the engine."""
    written = {topic.name for agent in topology.AGENTS for topic in agent.emits}
    assert set(PUBLIC) - {"nps.control", "nps.state"} == written


def test_each_agent_is_carried_out_by_the_function_of_its_name() -> None:
    """In a module under `agents`."""
    carried_out = (
        responses.tally_responses,
        brands.tally_brands,
        actions.track_follow_ups,
        adoption.adopt_rules,
        adoption.adopt_stores,
        orders.obey_orders,
    )
    functions = {function.__name__: function for function in carried_out}
    assert {agent.name for agent in topology.AGENTS} == set(functions) == set(HANDLERS)
    assert functions == dict(HANDLERS)


def test_what_agents_emit_is_what_their_modules_send() -> None:
    """The topics that the policy names are those of the topology."""
    given = policy(Settings(), 8, Metrics())
    named = {given.responses, given.dead_letters, given.alerts, given.scores, given.brand_tallies}
    named |= {given.trends, given.alarms, given.audit, given.actions, given.actions_dead, given.rules, given.stores}
    assert {topic.name for agent in topology.AGENTS for topic in agent.emits} == named
    modules = (responses, alerting, erasure, alarming, trends, actions, adoption)
    sources = [Path(inspect.getfile(module)).read_text() for module in modules]
    sent = {node.attr for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}
    assert {"responses", "dead_letters", "alerts", "audit", "alarms", "trends"} <= sent
    assert {"actions", "actions_dead", "rules", "stores"} <= sent


def test_the_engine_reads_what_the_agents_read() -> None:
    """Under the prefix of the deployment; the breaker watches the responses."""
    config = engine_config(Settings(topic_prefix="x."), "cluster", 3, lambda: 0.0)
    assert tuple(f"x.{agent.reads.name}" for agent in topology.AGENTS) == config.sources
    assert ("x.survey.responses", "x.nps.state") == (config.breaker_source, config.state)


def test_the_engine_knows_every_topic_that_the_agents_write() -> None:
    """And its partitions: a takeover settles what a former owner may have left open there."""
    settings = Settings(topic_prefix="x.")
    outputs = dict(engine_config(settings, "cluster", 3, lambda: 0.0).outputs)
    assert {f"x.{topic.name}" for agent in topology.AGENTS for topic in agent.emits} == outputs.keys()
    assert (3, {settings.partitions}) == (outputs.pop("x.nps.scores"), set(outputs.values()))


def test_the_picture_shows_every_agent_and_every_topic_in_use() -> None:
    """None is left out, and what comes back to its own topic says why."""
    picture = topology.to_mermaid()
    assert picture.startswith("flowchart LR\n")
    for agent in topology.AGENTS:
        assert f'    {agent.name}["{agent.name}<br/>' in picture
        assert f"    {topology._node(agent.reads.name)} --> {agent.name}\n" in picture
        assert f"    {agent.name} <-.-> nps_state\n" in picture
    assert [] == [name for name in PUBLIC if f'"{name}"' not in picture]
    assert "    tally_responses -->|re-homed| survey_responses\n" in picture
    assert "    adopt_rules -->|copies| followup_rules\n" in picture
