"""Waiting for a condition instead of a time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

DEADLINE_S = 90.0
"""Far more than anything takes on an idle machine: whoever hits it is stuck, not slow."""
_POLL_S = 0.05


async def until(what: str, condition: Callable[[], object], *, within_s: float = DEADLINE_S) -> None:
    """Ask until the answer is true (it may have to be awaited); fail, saying what was waited for, if it never is."""
    end_s = time.monotonic() + within_s
    while True:
        answer = condition()
        if await answer if inspect.isawaitable(answer) else answer:
            return
        assert time.monotonic() < end_s, f"not within {within_s:g} s: {what}"
        await asyncio.sleep(_POLL_S)


async def until_none(what: str, look: Callable[[], Awaitable[list[str]]], *, within_s: float = DEADLINE_S) -> None:
    """Look until there is nothing left to complain about; fail with the first complaints of the last look, if never."""
    end_s = time.monotonic() + within_s
    while complaints := await look():
        assert time.monotonic() < end_s, f"not within {within_s:g} s: {what}\n" + "\n".join(complaints[:20])
        await asyncio.sleep(_POLL_S)
