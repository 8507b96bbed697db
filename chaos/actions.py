"""What a step does: it strikes, makes sure that it did, and heals. Each gives what it saw, for the record."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

from chaos.cluster_actions import CLUSTER_ACTIONS
from chaos.flood import flood
from chaos.plan import Step, Vacuous
from chaos.proxy import Api, Loss, Toxic
from chaos.stage import Stage
from chaos.upgrade import upgrade
from chaos.waiting import until
from chaos.worker import Seat

Seen = dict[str, Any]
PROGRESS_MIN = 100


async def kill(stage: Stage, step: Step) -> Seen:
    """Kill -9 of a worker, amid a transaction where the step says so; its seat starts the next one."""
    seat = await _working(stage, step)
    if step.how.get("amid"):
        await _freeze(stage, seat, amid=True)
    victim = seat.worker
    victim.kill()
    await _followed(seat, victim.pid)
    return {"killed": victim.pid, "status": victim.status}


async def kill_at(stage: Stage, step: Step) -> Seen:
    """Kill -9 at the instant at which a request leaves, or its answer comes back; Kafka did what was asked or not."""
    seat = await _working(stage, step)
    victim = seat.worker
    loss = _lose(stage, step, lambda: victim.signal(signal.SIGKILL))
    if loss.api is Api.INIT_PRODUCER_ID:
        # A producer is made when a shard is opened: the others leave their shards to the one that is struck.
        victim.signal(signal.SIGKILL)
        await _followed(seat, victim.pid)
        victim = seat.worker
        loss.strike = lambda: victim.signal(signal.SIGKILL)
    await until(f"{loss.api.name} is struck", lambda: loss.struck)
    status = await victim.ended()
    if status != -signal.SIGKILL:
        raise Vacuous(f"the worker ended with {status} before it was killed")
    await _followed(seat, victim.pid)
    return {"killed": victim.pid, "at": f"{loss.what} of {loss.api.name}"}


async def lose(stage: Stage, step: Step) -> Seen:
    """Lose the answer to one request that Kafka did carry out."""
    seat = await _working(stage, step)
    victim = seat.worker
    loss = _lose(stage, step, lambda: None)
    other = stage.seats[1 - step.target]
    if loss.api in (Api.JOIN_GROUP, Api.INIT_PRODUCER_ID):
        # Only who takes over sends these: somebody has to leave his shards to the one that is struck.
        other.supervised = False
        other.worker.kill()
    await until(f"the answer to {loss.api.name} is lost", lambda: loss.struck)
    other.supervised = True
    return {"lost": loss.api.name, "then": loss.then, "victim": victim.pid}


async def roll(stage: Stage, step: Step) -> Seen:
    """SIGTERM to a worker: it leaves with status 0, and the next one comes."""
    seat = await _working(stage, step)
    began_s = time.monotonic()
    seat.worker.signal(signal.SIGTERM)
    status = await seat.worker.ended()
    left_s = round(time.monotonic() - began_s, 1)
    if status != 0:
        raise AssertionError(f"{seat.worker.log.name} was asked to leave and ended with {status}")
    seat.start()
    await stage.until_shared()
    return {"left": status, "within_s": left_s}


async def freeze(stage: Stage, step: Step) -> Seen:
    """SIGSTOP for longer than the session, until others have its shards; woken, it is fenced and ends with status 1."""
    seat = await _working(stage, step)
    zombie = seat.worker
    shards = zombie.shards()
    await _freeze(stage, seat, amid=bool(step.how.get("amid")))
    await stage.until_taken_over(shards)
    if zombie.status is not None:
        raise Vacuous("the worker ended while it was frozen")
    zombie.signal(signal.SIGCONT)
    status = await zombie.ended()
    if status != 1:
        raise AssertionError(f"the woken worker ended with {status}")
    said = [line["event"].partition(":")[0] for line in zombie.said("Stopped so as not to do harm")]
    await _followed(seat, zombie.pid)
    return {"frozen": zombie.pid, "shards": sorted(shards), "said": said}


async def network(stage: Stage, step: Step) -> Seen:
    """A network that is slow, cuts messages up or off, or swallows them, for a while and for all workers."""
    toxic = Toxic(step.how["kind"], Random(step.at))
    proxies = [proxy for number in range(len(stage.seats)) for proxy in stage.cluster.proxies(number)]
    for proxy in proxies:
        proxy.toxic = toxic
    await asyncio.sleep(step.how["for_s"])
    for proxy in proxies:
        proxy.toxic = None
    if not toxic.times:
        raise Vacuous(f"no message met the network's {toxic.kind}")
    return {"network": toxic.kind, "times": toxic.times}


async def skew(stage: Stage, step: Step) -> Seen:
    """A worker whose clock is off joins: beyond a minute it ends with nothing published, below it does its share."""
    seat = await _working(stage, step)
    offset_s = step.how["offset_s"]
    seat.supervised = False
    seat.worker.kill()
    await seat.worker.ended()
    skewed = seat.start(clock_offset=offset_s)
    if abs(offset_s) < stage.settings.clock_skew_max:
        await stage.until_shared()
        await stage.until_included(await stage.look() + PROGRESS_MIN)
        status = skewed.status
        if status is not None:
            raise AssertionError(f"a clock {offset_s} s off ended the worker with {status}")
    else:
        status = await skewed.ended()
        if status != 1:
            raise AssertionError(f"a clock {offset_s} s off: the worker ended with {status}")
        await stage.until_included(await stage.look() + PROGRESS_MIN)  # the other goes on
    skewed.kill()
    seat.supervised = True
    await until("the next worker comes", lambda: seat.taken)
    return {"offset_s": offset_s, "status": status}


async def storm(stage: Stage, step: Step) -> Seen:
    """Workers come and go, one every few seconds; somebody always works, and records are handled all the while."""
    for number in step.how["seats"]:
        seat = stage.seats[number]
        before = await stage.look()
        if seat.taken:
            seat.worker.signal(signal.SIGTERM)
        else:
            seat.start()
        await asyncio.sleep(step.how["every_s"])
        await stage.until_included(before + PROGRESS_MIN)
    for seat in stage.seats:
        if not seat.taken:
            seat.start()
    return {"came and went": len(step.how["seats"])}


async def outage(stage: Stage, step: Step) -> Seen:
    """Nobody is at work for a while, and responses pour in; then everybody is back at once."""
    for seat in stage.seats:
        await seat.stop()
    stage.feed.per_second *= step.how["times"]
    acked = stage.feed.acked
    await until("a backlog is there", lambda: stage.feed.acked > acked + step.how["backlog"])
    stage.feed.per_second //= step.how["times"]
    for seat in stage.seats:
        seat.start()
    return {"backlog": stage.feed.acked - await stage.look()}


ACTIONS: dict[str, Callable[[Stage, Step], Awaitable[Seen]]] = {
    **{
        each.__name__: each
        for each in (kill, kill_at, lose, roll, freeze, network, skew, storm, outage, flood, upgrade)
    },
    **CLUSTER_ACTIONS,
}


async def _working(stage: Stage, step: Step) -> Seat:
    """The seat that is to be struck, once it does its share."""
    seat = stage.seats[step.target]

    async def works() -> bool:
        return seat.taken and bool(seat.worker.shards()) and await seat.worker.is_ready()

    await until(f"{seat.name} works", works)
    return seat


async def _freeze(stage: Stage, seat: Seat, *, amid: bool) -> None:
    """Stop a worker at an instant at which one of its transactions is open, or none is."""

    async def frozen() -> bool:
        seat.worker.signal(signal.SIGSTOP)
        if await stage.is_open(seat.worker.shards()) is amid:
            return True
        seat.worker.signal(signal.SIGCONT)
        return False

    await until(f"{seat.name} is caught", frozen)


async def _followed(seat: Seat, pid: int) -> None:
    await until(f"{seat.name} has another worker", lambda: seat.taken and seat.worker.pid != pid)


def _lose(stage: Stage, step: Step, strike: Callable[[], None]) -> Loss:
    how = step.how
    loss = Loss(Api[how["api"]], how.get("what", "response"), how.get("skip", 0), how.get("then", "cut"), strike)
    for proxy in stage.cluster.proxies(step.target):
        proxy.loss = loss
    return loss
