"""An event loop of virtual time: when nothing is ready, the clock jumps to the next timer. Nothing waits in earnest.

Everything runs on behalf of an owner, a simulated process, or of nobody (the network, the broker, the conductor). What
an owner started belongs to it, by way of the context of asyncio's handles. A frozen owner's handles are kept until it
is thawed, as the kernel keeps what arrives for a stopped process; a dead owner's are dropped: not one instruction of it
runs any more, no `finally` and no `except` either.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from heapq import heappop, heappush
from typing import Any

RUNNING, FROZEN, DEAD = range(3)
_CLOSING_STEPS = 20


class Owner:
    """A simulated process, as the loop sees it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state = RUNNING
        self.held: list[Handle] = []
        """What became ready since it was frozen or died, in order."""


OWNER: ContextVar[Owner | None] = ContextVar("OWNER", default=None)


class Handle:
    """A callback that is to run; what asyncio asks of one."""

    __slots__ = ("args", "callback", "context", "stopped")

    def __init__(self, callback: Callable[..., object], args: tuple[Any, ...], context: Context) -> None:
        self.callback = callback
        self.args = args
        self.context = context
        self.stopped = False

    def cancel(self) -> None:
        self.stopped = True

    def cancelled(self) -> bool:
        return self.stopped


class Stuck(Exception):
    """Nothing is left that could ever happen."""


class VirtualLoop:
    """What tasks, futures and timeouts of asyncio ask of a loop, and nothing else: no selector, no threads."""

    def __init__(self, start_s: float = 0.0) -> None:
        self.now_s = start_s
        self.steps = 0
        self.strange: list[str] = []
        """What callbacks and tasks raised without anybody looking."""
        self._ready: deque[Handle] = deque()
        self._timers: list[tuple[float, int, Handle]] = []
        self._order = 0
        self._tasks: list[asyncio.Task[Any]] = []
        self._halted: dict[Owner, None] = {}
        self._to_asyncio: Any = self

    def time(self) -> float:
        return self.now_s

    def call_soon(self, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Any:
        handle = Handle(callback, args, copy_context() if context is None else context)
        self._ready.append(handle)
        return handle

    def call_later(
        self, delay: float, callback: Callable[..., object], *args: Any, context: Context | None = None
    ) -> Any:
        handle = Handle(callback, args, copy_context() if context is None else context)
        self._order += 1
        heappush(self._timers, (self.now_s + delay, self._order, handle))
        return handle

    def call_at(self, when: float, callback: Callable[..., object], *args: Any, context: Context | None = None) -> Any:
        handle = Handle(callback, args, copy_context() if context is None else context)
        self._order += 1
        heappush(self._timers, (when, self._order, handle))
        return handle

    def create_future(self) -> "asyncio.Future[Any]":
        return asyncio.Future(loop=self._to_asyncio)

    def create_task(
        self, coro: Coroutine[Any, Any, Any], *, name: str | None = None, context: Context | None = None
    ) -> "asyncio.Task[Any]":
        task = asyncio.Task(coro, loop=self._to_asyncio, name=name, context=context)
        self._tasks.append(task)
        return task

    get_debug = staticmethod(bool)
    """False: said in C, because every future asks."""

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        # A dead process leaves futures behind that nobody will ever look at: no news.
        if isinstance(error, Exception) and "never retrieved" not in context["message"]:
            self.strange.append(f"{context['message']}: {error!r}")

    def thaw(self, owner: Owner) -> None:
        """Let a frozen owner go on, with all that became ready meanwhile."""
        owner.state = RUNNING
        self._ready.extend(owner.held)
        owner.held = []

    def run(self, coro: Coroutine[Any, Any, Any]) -> Any:
        """Run until a coroutine is done and return what it gives; raises Stuck where it waits for ever."""
        asyncio._set_running_loop(self._to_asyncio)
        try:
            task = self.create_task(coro)
            while not task.done():
                self._step()
            return task.result()
        finally:
            asyncio._set_running_loop(None)

    def close(self) -> None:
        """Cancel whatever is left and let it unwind, so that no coroutine is dropped half way."""
        asyncio._set_running_loop(self._to_asyncio)
        try:
            left = self._tasks
            for task in left:
                task.cancel()
            for owner in self._halted:
                # A task that was woken waits for its own step, and knows no other way to end.
                self._ready.extend(owner.held)
            while left := [task for task in left if not task.done()]:
                # `asyncio.wait_for` may swallow a cancellation, and a loop around it goes on then: ask again.
                for task in left:
                    task.cancel()
                for _ in range(_CLOSING_STEPS):
                    if not self._ready:
                        break
                    self._step(dead=False)
        finally:
            asyncio._set_running_loop(None)
            self._tasks.clear()
            self._ready.clear()
            self._timers.clear()

    def _step(self, *, dead: bool = True) -> None:
        """Run all that is ready now, after a jump to the next timer where nothing is."""
        ready = self._ready
        if not ready:
            self._jump()
        next_ready = ready.popleft
        for _ in range(len(ready)):
            handle = next_ready()
            if handle.stopped:
                continue
            context = handle.context
            owner = context.get(OWNER)
            if owner is not None and owner.state and dead:
                owner.held.append(handle)
                self._halted[owner] = None
                continue
            self.steps += 1
            try:
                context.run(handle.callback, *handle.args)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:  # noqa: BLE001 -- as asyncio does: tell the handler, go on
                self.call_exception_handler({"message": "a callback failed", "exception": error})

    def _jump(self) -> None:
        timers = self._timers
        while timers and timers[0][2].stopped:
            heappop(timers)
        if not timers:
            raise Stuck
        when, _, handle = heappop(timers)
        self._ready.append(handle)
        self.now_s = max(self.now_s, when)
        while timers and timers[0][0] <= self.now_s:
            self._ready.append(heappop(timers)[2])
