"""Virtual time, and processes that are stopped and killed in it."""

import asyncio
from contextvars import copy_context

import pytest

from tests.simulation.loop import DEAD, FROZEN, OWNER, Owner, Stuck, VirtualLoop


def _run_as(loop: VirtualLoop, owner: Owner, work: object) -> "asyncio.Task[None]":
    context = copy_context()
    context.run(OWNER.set, owner)
    return loop.create_task(work, context=context)  # type: ignore[arg-type]


def test_time_jumps_to_the_next_timer() -> None:
    """An hour of sleep takes none."""
    loop = VirtualLoop()

    async def sleep() -> list[float]:
        times = [loop.time()]
        for seconds in (3_600.0, 0.5):
            await asyncio.sleep(seconds)
            times.append(loop.time())
        return times

    assert [0.0, 3_600.0, 3_600.5] == loop.run(sleep())


def test_timeouts_and_timers_go_by_the_same_time() -> None:
    """And those who wait are told in the order of their times."""
    loop = VirtualLoop()
    told: list[str] = []

    async def tell(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        told.append(name)

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await asyncio.gather(tell("second", 2), tell("never", 9), tell("first", 1))

    loop.run(main())
    assert (["first", "second"], 5.0) == (told, loop.time())


def test_who_waits_for_nothing_is_stuck() -> None:
    """There is nobody left who could do it."""
    loop = VirtualLoop()

    async def wait() -> None:
        await loop.create_future()

    with pytest.raises(Stuck):
        loop.run(wait())
    loop.close()


def test_a_frozen_process_does_nothing_until_it_is_thawed() -> None:
    """Then it finds what came meanwhile, in order."""
    loop = VirtualLoop()
    owner = Owner("frozen")
    done: list[float] = []

    async def work() -> None:
        for _ in range(3):
            await asyncio.sleep(1)
            done.append(loop.time())

    async def main() -> None:
        task = _run_as(loop, owner, work())
        await asyncio.sleep(1.5)
        owner.state = FROZEN
        await asyncio.sleep(10)
        loop.thaw(owner)
        await task

    loop.run(main())
    assert [1.0, 11.5, 12.5] == done


def test_not_one_instruction_of_a_dead_process_runs() -> None:
    """No `finally` either, until the loop is closed."""
    loop = VirtualLoop()
    owner = Owner("dead")
    done: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(2)
        finally:
            done.append("unwound")

    async def main() -> list[str]:
        _run_as(loop, owner, work())
        await asyncio.sleep(1)
        owner.state = DEAD
        await asyncio.sleep(5)
        return list(done)

    assert [] == loop.run(main())
    loop.close()
    assert ["unwound"] == done


def test_what_a_process_starts_belongs_to_it() -> None:
    """Tasks, timers and callbacks, by their context."""
    loop = VirtualLoop()
    owner = Owner("one")
    seen: list[Owner | None] = []

    async def child() -> None:
        seen.append(OWNER.get())

    async def work() -> None:
        asyncio.get_running_loop().call_later(1, lambda: seen.append(OWNER.get()))
        await asyncio.ensure_future(child())

    async def main() -> None:
        await _run_as(loop, owner, work())
        await asyncio.sleep(2)

    loop.run(main())
    assert [owner, owner] == seen
