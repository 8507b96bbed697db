"""The worker's parts, wired: the Faust app with its agents, the shards, the transport."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import faust

from streams import topology
from streams.agents.actions import track_follow_ups
from streams.agents.adoption import adopt_rules, adopt_stores
from streams.agents.brands import tally_brands
from streams.agents.ledger import Ledger
from streams.agents.orders import obey_orders
from streams.agents.policy import Policy
from streams.agents.responses import tally_responses
from streams.engine.batches import Batch, BatchThread, BatchTransport, TransportOptions
from streams.engine.config import EngineConfig
from streams.engine.failure import Fail
from streams.engine.gate import Gate
from streams.engine.lookup import Lookup
from streams.engine.shard import Handler
from streams.engine.shards import Shards
from streams.metrics import Metrics
from streams.settings import Settings

HANDLERS: Mapping[str, Handler] = {
    topology.TALLY_RESPONSES.name: tally_responses,
    topology.TALLY_BRANDS.name: tally_brands,
    topology.TRACK_FOLLOW_UPS.name: track_follow_ups,
    topology.ADOPT_RULES.name: adopt_rules,
    topology.ADOPT_STORES.name: adopt_stores,
    topology.OBEY_ORDERS.name: obey_orders,
}
"""What each agent of the topology does with the records of a batch."""

_BUFFERED_BATCHES = 8
_GROUP_COMMIT_S = 2.0
"""How often the group is told our positions: for lag tools, and so that an older copy of a state is known for one."""


@dataclass(frozen=True, slots=True)
class Worker:
    """A wired worker that has not been started."""

    app: faust.App
    shards: Shards
    lookup: Lookup


def engine_config(settings: Settings, cluster_id: str, score_partitions: int, now: Callable[[], float]) -> EngineConfig:
    """What the engine must know of the settings and of the cluster."""
    written = [topic for topic in topology.TOPICS if any(topic in agent.emits for agent in topology.AGENTS)]
    return EngineConfig(
        brokers=settings.brokers,
        app_id=settings.app_id,
        cluster_id=cluster_id,
        partitions=settings.partitions,
        sources=tuple(settings.topic(agent.reads.name) for agent in topology.AGENTS),
        breaker_source=settings.topic(topology.RESPONSES.name),
        state=settings.topic(topology.STATE.name),
        outputs={
            settings.topic(topic.name): settings.partitions if topic.co_partitioned else score_partitions
            for topic in written
        },
        commit_interval_s=settings.commit_interval,
        commit_deadline_s=settings.commit_deadline,
        transaction_timeout_s=settings.transaction_timeout,
        request_timeout_s=settings.request_timeout,
        drain_timeout_s=settings.drain_timeout,
        clock_skew_max_s=settings.clock_skew_max,
        now=now,
    )


def policy(settings: Settings, score_partitions: int, metrics: Metrics) -> Policy:
    """What a ledger must know of the settings and the topics."""
    return Policy(
        responses=settings.topic(topology.RESPONSES.name),
        dead_letters=settings.topic(topology.DEAD_LETTERS.name),
        alerts=settings.topic(topology.ALERTS.name),
        actions=settings.topic(topology.ACTIONS.name),
        actions_dead=settings.topic(topology.ACTIONS_DEAD.name),
        rules=settings.topic(topology.RULES.name),
        stores=settings.topic(topology.STORES.name),
        scores=settings.topic(topology.SCORES.name),
        brand_tallies=settings.topic(topology.BRAND_TALLIES.name),
        trends=settings.topic(topology.TRENDS.name),
        alarms=settings.topic(topology.ALARMS.name),
        audit=settings.topic(topology.AUDIT.name),
        partitions=settings.partitions,
        score_partitions=score_partitions,
        input_bytes_max=topology.INPUT_MAX_BYTES,
        output_bytes_max=topology.OUTPUT_MAX_BYTES,
        alert_max_age_s=settings.alert_max_age,
        score_interval_s=settings.score_interval,
        trend_interval_s=settings.trend_interval,
        freeze_after_s=settings.freeze_after,
        customer_url=settings.customer_url,
        counts=metrics,
    )


def wire(settings: Settings, config: EngineConfig, rules: Policy, metrics: Metrics, fail: Fail) -> Worker:
    """Make the worker of a deployment; call it in a running event loop. Nothing is started yet."""
    gate = Gate()
    options = TransportOptions(
        brokers=settings.brokers,
        partitions=settings.partitions,
        fetch_wait_s=settings.fetch_wait,
        drain_timeout_s=settings.drain_timeout,
        deadline_s=settings.commit_deadline,
        session_timeout_s=settings.session_timeout,
        gate=gate,
    )
    app = _faust_app(settings)
    app.transport = BatchTransport(app.conf.broker_consumer, app, options)
    lookup = Lookup(config)
    shards = Shards(
        config=config,
        gate=gate,
        new_state=lambda number: Ledger(number, rules),
        lookup=lookup,
        thread=lambda: _thread(app),
        fail=fail,
        observer=metrics,
    )
    options.positions = shards.positions
    options.settled_positions = shards.settled_positions
    _follow_rebalances(app, shards, fail)
    for agent in topology.AGENTS:
        channel = app.topic(
            settings.topic(agent.reads.name), value_type=bytes, value_serializer="raw", key_serializer="raw"
        )
        app.agent(channel, name=agent.name)(_agent(shards, HANDLERS[agent.name]))
    return Worker(app, shards, lookup)


def _agent(shards: Shards, handle: Handler) -> Callable[[faust.StreamT[Batch]], AsyncIterator[None]]:
    async def agent(stream: faust.StreamT[Batch]) -> None:
        async for batch in stream:
            await shards.process(batch, handle)

    return agent  # type: ignore[return-value]  # an agent that yields nothing is a coroutine to Faust


def _thread(app: faust.App) -> BatchThread:
    thread = app.consumer.thread  # type: ignore[attr-defined]
    assert isinstance(thread, BatchThread)
    return thread


def _follow_rebalances(app: faust.App, shards: Shards, fail: Fail) -> None:
    async def revoked(_sender: object, /, *_: object, **_more: object) -> None:
        try:
            await shards.on_revoked()
        except Exception as error:  # noqa: BLE001 -- fail stop
            fail(error)

    async def assigned(_sender: object, /, *tps: Any, **_: object) -> None:
        try:
            await shards.on_assigned(tps[0], app.consumer_generation_id)
        except Exception as error:  # noqa: BLE001 -- fail stop
            fail(error)

    # Faust keeps weak references to its signal handlers otherwise.
    app.on_partitions_revoked.connect(revoked, weak=False)
    app.on_partitions_assigned.connect(assigned, weak=False)


class _App(faust.App):
    def _create_directories(self) -> None:
        """Faust would make a directory for tables, which we have none of."""


def _faust_app(settings: Settings) -> faust.App:
    app = _App(
        settings.app_id,
        # Faust lets unprefixed variables of the environment override what is said here; ours are NPS_* alone.
        env_prefix="NPS_FAUST_",
        broker=[f"kafka://{broker.strip()}" for broker in settings.brokers.split(",")],
        broker_client_id=settings.app_id,
        broker_commit_interval=_GROUP_COMMIT_S,
        broker_session_timeout=settings.session_timeout,
        broker_request_timeout=max(settings.request_timeout, settings.session_timeout),
        consumer_group_instance_id=settings.instance_id or None,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=settings.partitions,
        store="memory://",
        table_standby_replicas=0,
        stream_buffer_maxsize=_BUFFERED_BATCHES,
        stream_wait_empty=True,
        processing_guarantee="at_least_once",
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    app.finalize()
    return app
