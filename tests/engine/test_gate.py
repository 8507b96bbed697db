"""The gate."""

import asyncio

from faust.types import TP

from streams.engine.gate import Gate

_A, _B = TP("a", 0), TP("b", 0)


def test_a_new_gate_lets_nothing_through() -> None:
    """Whatever Faust resumes."""
    assert frozenset() == Gate().open


def test_partitions_are_admitted_and_held() -> None:
    """As often as one likes; holding what was never admitted is no error."""
    gate = Gate()
    gate.admit(frozenset({_A}))
    gate.admit(frozenset({_A, _B}))
    assert frozenset({_A, _B}) == gate.open
    gate.hold(frozenset({_A, TP("c", 1)}))
    assert frozenset({_B}) == gate.open


async def test_who_waits_is_told_of_a_change() -> None:
    """At once, not after the timeout."""
    gate = Gate()
    waiter = asyncio.create_task(gate.wait_changed(3_600))
    await asyncio.sleep(0)
    gate.admit(frozenset({_A}))
    async with asyncio.timeout(5):
        await waiter


async def test_who_waits_in_vain_goes_on() -> None:
    """A closed gate is looked at again after the timeout."""
    gate = Gate()
    async with asyncio.timeout(5):
        await gate.wait_changed(0.001)
    assert frozenset() == gate.open
