"""What befalls brokers: they are killed, frozen, asked to leave, one after another or two at once, and come back."""

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient

from chaos.deployment import RESPONSES
from chaos.plan import Step, Vacuous
from chaos.stage import Stage

CONTROLLER = "__cluster_metadata"
"""The topic in which the controllers agree on everything."""
Seen = dict[str, Any]
_TIMES_ASKED = 10


async def broker_down(stage: Stage, step: Step) -> Seen:
    """Kill -9 of a broker; it comes back on the same data after a while."""
    return await _down(stage, [step.target], step.how["for_s"])


async def brokers_down(stage: Stage, step: Step) -> Seen:
    """Kill -9 of several brokers at once: too few copies are left, nothing is acknowledged until they return."""
    return await _down(stage, step.how["brokers"], step.how["for_s"])


async def leader_down(stage: Stage, step: Step) -> Seen:
    """Kill -9 or SIGSTOP of the broker that leads a partition, or the controllers; another one leads then."""
    topic, partition = step.how["topic"], step.how["partition"]
    number = await _leader(stage, topic, partition)
    broker = stage.cluster.broker(number)
    acked = stage.feed.acked
    if step.how["how"] == "freeze":
        os.kill(broker.pid, signal.SIGSTOP)
        await asyncio.sleep(step.how["for_s"])
        during = stage.feed.acked - acked
        os.kill(broker.pid, signal.SIGCONT)
        seen: Seen = {"frozen": broker.pid, "acked during": during}
    else:
        seen = await _down(stage, [number], step.how["for_s"])
    return {
        **seen,
        "led": f"{topic}|{partition}",
        "led by": [number, await _leader(stage, topic, partition, other_than=number)],
    }


async def chase(stage: Stage, step: Step) -> Seen:
    """An orderly restart of whoever leads a partition."""
    number = await _leader(stage, RESPONSES, step.how["partition"])
    broker = stage.cluster.broker(number)
    pid, acked = broker.pid, stage.feed.acked
    await asyncio.to_thread(broker.restart)
    if broker.pid == pid:
        raise Vacuous("the broker was not restarted")
    return {"restarted": pid, "broker": number, "acked during": stage.feed.acked - acked}


async def _down(stage: Stage, numbers: list[int], for_s: float) -> Seen:
    brokers = [stage.cluster.broker(number) for number in numbers]
    pids = [broker.pid for broker in brokers]
    await asyncio.gather(*(asyncio.to_thread(broker.kill) for broker in brokers))
    acked = stage.feed.acked
    await asyncio.sleep(for_s)
    during = stage.feed.acked - acked
    await asyncio.gather(*(asyncio.to_thread(broker.restart) for broker in brokers))
    if any(broker.pid == pid for broker, pid in zip(brokers, pids, strict=True)):
        raise Vacuous("a broker was not restarted")
    return {"killed": pids, "acked during": during}


async def _leader(stage: Stage, topic: str, partition: int, *, other_than: int | None = None) -> int:
    """The place among the nodes of the broker that leads a partition; a topic of ours is named without prefix.

    `other_than` one that was away: it may be the one that is asked, and hears late that it leads no more. Raises
    Vacuous where nobody does, or nobody else.
    """
    for _ in range(_TIMES_ASKED):
        number = await _asked(stage, topic, partition)
        if number is not None and number != other_than:
            return number
        await asyncio.sleep(1)
    raise Vacuous(f"nobody {'' if other_than is None else 'else '}came to lead {topic}|{partition}")


async def _asked(stage: Stage, topic: str, partition: int) -> int | None:
    """Who leads, as the one that is asked knows it; None where nobody does."""
    if topic == CONTROLLER:
        return await asyncio.to_thread(_controller, stage)
    name = topic if topic.startswith("__") else stage.deployment.topic(topic)
    admin = AIOKafkaAdminClient(bootstrap_servers=stage.deployment.brokers)
    try:
        await admin.start()
        (found,) = await admin.describe_topics([name])
    finally:
        await admin.close()
    leaders: dict[int, int] = {each["partition"]: each["leader"] for each in found["partitions"]}
    leader = leaders[partition]
    return leader - 1 if leader > 0 else None


def _controller(stage: Stage) -> int:
    """The place among the nodes of the one that leads the controllers: what the newest of their own notes says.

    No request tells it: asked for the controller, a broker names any broker, which passes on what it is asked.
    """
    notes = [node.folder / "data" / f"{CONTROLLER}-0" / "quorum-state" for node in stage.cluster.nodes]
    found = [json.loads(note.read_text()) for note in notes]
    led = [(note["leaderEpoch"], note["leaderId"]) for note in found if note["leaderId"] > 0]
    return int(max(led)[1]) - 1


CLUSTER_ACTIONS: dict[str, Callable[[Stage, Step], Awaitable[Seen]]] = {
    each.__name__: each for each in (broker_down, brokers_down, leader_down, chase)
}
