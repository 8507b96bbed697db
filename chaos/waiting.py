"""Waiting for a condition instead of a time."""

import asyncio
import inspect
import time
from collections.abc import Callable

DEADLINE_S = 240.0
"""Far more than anything takes even on a machine that others keep busy: whoever hits it is stuck, not slow."""
_POLL_S = 0.05


class Stuck(Exception):
    """A condition did not come true before its deadline; the text says which."""


async def until(what: str, condition: Callable[[], object], *, within_s: float = DEADLINE_S) -> None:
    """Ask until the answer is true (it may have to be awaited). Raises Stuck, saying what was waited for."""
    end_s = time.monotonic() + within_s
    while True:
        answer = condition()
        if await answer if inspect.isawaitable(answer) else answer:
            return
        if time.monotonic() > end_s:
            raise Stuck(f"not within {within_s:g} s: {what}")
        await asyncio.sleep(_POLL_S)
