"""What ends the process, and how: fail stop."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, NoReturn

Fail = Callable[[BaseException], NoReturn]
"""Ends the process with a status other than 0, at once, acknowledging nothing."""


class Refusal(Exception):
    """A shard that must not be opened: the text says what is wrong and what to do. `kind` is a bounded label."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Broken(Exception):
    """A promise that cannot be kept any more: a deadline passed, a clock is off, an answer makes no sense."""


class Superseded(Exception):
    """The group moved on while a shard was being opened."""


def spawn(work: Coroutine[Any, Any, None], fail: Fail, name: str) -> asyncio.Task[None]:
    """Run a coroutine as a task whose failure ends the process; being cancelled is no failure.

    To end as if cancelled though nobody cancelled it is one: what it awaited let its own end escape, and nobody would
    do the work.
    """
    task = asyncio.get_running_loop().create_task(work, name=name)

    def done(finished: asyncio.Task[None]) -> None:
        if finished.cancelled():
            if not finished.cancelling():
                fail(Broken(f"{name} ended as if cancelled, and nobody had cancelled it"))
        elif (error := finished.exception()) is not None:
            fail(error)

    task.add_done_callback(done)
    return task


@asynccontextmanager
async def deadline(seconds: float, what: str) -> AsyncIterator[None]:
    """Turn a timeout of the body into Broken with a text that says what took too long."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        message = f"{what} took more than {seconds:.0f} s"
        raise Broken(message) from None
