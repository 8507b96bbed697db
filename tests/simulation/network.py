"""Between simulated processes and the broker: every request takes its time, and may meet with a fault.

Requests that change or tell something are numbered in the order in which they are made; a plan says what happens to
which number. So a run is a function of its story, and a fault can be named, left out or tried at every number.
"""

from collections.abc import Callable, Iterable
from contextvars import copy_context
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple, Protocol

from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RequestTimedOutError

from tests.simulation.loop import DEAD, OWNER, Owner, VirtualLoop

FAULTS = (
    *("crash before", "crash after", "freeze", "lose request", "lose answer"),
    *("slow request", "slow answer", "zombie", "outage", "refuse"),
)
"""`crash before`: the process dies, the request is not made; `crash after`: it dies when the broker has done it;
`freeze`: it is stopped when the request is out, for some seconds; `zombie`: until others have made so many requests
that belong to a takeover; `outage`: the broker is away for some seconds once it has done it; `refuse`: the broker says
no for good (data only)."""
_OF_GROUP = ("freeze", "zombie")
"""What may befall a worker where it talks to its group; such requests are numbered for faults `of` them alone."""
_TAKEOVER = ("InitProducerId", "ListOffsets", "Fetch nps.state")
_ZOMBIE_S_MAX = 6.0
_WAKING_S = 0.05
"""How long the request takes at which a zombie wakes up: so that it may do its worst meanwhile."""

_SLOW_S_MAX = 1.0


class Fault(NamedTuple):
    """What happens to the request of a number; `seconds` for those that last, requests for a zombie."""

    number: int
    kind: str
    seconds: float = 0.0
    of: str = ""
    """Only requests that begin with this are counted for the number."""


class Conductor(Protocol):
    """Who stops and kills processes."""

    def kill(self, owner: Owner, why: str) -> None:
        """End a process at this instant."""

    def freeze(self, owner: Owner, seconds: float) -> None:
        """Stop a process for a while."""

    def thaw(self, owner: Owner) -> None:
        """Let a stopped process go on at once."""

    def be_away(self, seconds: float) -> None:
        """Have no broker for a while."""


@dataclass(slots=True)
class Step:
    """A numbered request, for whoever reads the story of a run."""

    number: int
    at_s: float
    who: str
    what: str
    fault: str


class Network:
    """All connections of all simulated processes."""

    def __init__(self, loop: VirtualLoop, chance: Random, faults: Iterable[Fault], conductor: Conductor) -> None:
        self.loop = loop
        self.steps: list[Step] = []
        self.met: list[Fault] = []
        """The faults that had something to happen to."""
        self.closed = False
        self.is_down = False
        """Whether the broker answers nobody; the group goes on."""
        self._chance = chance
        self._faults = {(fault.of, fault.number): fault for fault in faults}
        self._counts = dict.fromkeys((fault.of for fault in faults), 0)
        """Requests so far, by what they begin with."""
        self._conductor = conductor
        self._zombies: dict[Owner, float] = {}
        """How many requests of a takeover others have to make until it wakes up."""
        self._nobody = copy_context()
        self._nobody.run(OWNER.set, None)

    def latency_s(self) -> float:
        """How long one way takes: a millisecond, now and then ten."""
        chance = self._chance.random()
        return 0.0005 + 0.001 * chance if chance < 0.9 else 0.01 * chance

    def later(self, delay_s: float, what: Callable[[], None]) -> None:
        """Have something done on behalf of nobody."""
        self.loop.call_later(delay_s, what, context=self._nobody)

    def request(
        self,
        what: str,
        apply: Callable[[], Any],
        done: Callable[[Any], None],
        *,
        timeout_s: float = 0.0,
        refusable: bool = False,
    ) -> None:
        """Ask the broker on behalf of the running owner; `done` gets the answer or the exception, if it comes."""
        owner = OWNER.get()
        if self.closed or (owner is not None and owner.state == DEAD):
            return
        fault = self._next(what, owner, refusable=refusable, told=timeout_s > 0)
        kind = "" if fault is None else fault.kind
        woken_s = self._wake(what, owner)
        if kind == "crash before":
            assert owner is not None
            self._conductor.kill(owner, "crashed")
            return
        context = copy_context()
        out_s, back_s = self.latency_s(), self.latency_s() + woken_s
        if kind == "slow request":
            out_s += _slow_s(timeout_s)
        elif kind == "slow answer":
            back_s += _slow_s(timeout_s)

        def arrive() -> None:
            result = _answer("lose request" if self.is_down and timeout_s > 0 else kind, apply)
            if fault is not None and kind == "outage":
                self._conductor.be_away(fault.seconds)
            elif kind == "crash after":
                assert owner is not None
                self._conductor.kill(owner, "crashed")
                return
            is_lost = isinstance(result, RequestTimedOutError)
            self.loop.call_later(max(0.0, timeout_s - out_s) if is_lost else back_s, done, result, context=context)

        self.loop.call_later(out_s, arrive, context=self._nobody)
        self._stop(owner, fault)

    def deliver(self, what: str, done: Callable[[bool], None], timeout_s: float) -> None:
        """Bring the running owner an answer that is ready; `done` is told whether it has arrived, or was lost."""
        owner = OWNER.get()
        if self.closed or (owner is not None and owner.state == DEAD):
            return
        fault = self._next(what, owner)
        kind = "" if fault is None else fault.kind
        wait_s = self.latency_s() + self._wake(what, owner)
        if kind.startswith("slow"):
            wait_s += _slow_s(timeout_s)
        elif kind.startswith("lose"):
            wait_s = timeout_s
        elif kind.startswith("crash"):
            assert owner is not None
            self._conductor.kill(owner, "crashed")
        self.loop.call_later(wait_s, done, not kind.startswith("lose"))
        self._stop(owner, fault)

    async def ask(self, what: str, apply: Callable[[], Any], *, timeout_s: float = 0.0) -> Any:
        """As `request`, and wait for the answer; raises the exception. Without a timeout it is one to the group."""
        answer = self.loop.create_future()

        def done(result: Any) -> None:
            if not answer.done():
                if isinstance(result, Exception):
                    answer.set_exception(result)
                else:
                    answer.set_result(result)

        self.request(what, apply, done, timeout_s=timeout_s)
        return await answer

    def _stop(self, owner: Owner | None, fault: Fault | None) -> None:
        if fault is not None and fault.kind in {"freeze", "zombie"}:
            assert owner is not None
            if fault.kind == "zombie":
                self._zombies[owner] = fault.seconds
            self._conductor.freeze(owner, _ZOMBIE_S_MAX if fault.kind == "zombie" else fault.seconds)

    def _wake(self, what: str, owner: Owner | None) -> float:
        """Wake the zombies that this request was awaited by; gives how much longer it takes for that."""
        if not self._zombies or not what.startswith(_TAKEOVER):
            return 0.0
        woken_s = 0.0
        for zombie in [one for one in self._zombies if one is not owner]:
            self._zombies[zombie] -= 1
            if self._zombies[zombie] <= 0:
                del self._zombies[zombie]
                self._conductor.thaw(zombie)
                woken_s = _WAKING_S
        return woken_s

    def _next(self, what: str, owner: Owner | None, *, refusable: bool = False, told: bool = True) -> Fault | None:
        """Number a request, and give its fault."""
        if owner is None:
            return None
        fault = None
        for of, count in self._counts.items():
            if what.startswith(of) and (of or told):
                self._counts[of] = count + 1
                fault = self._faults.get((of, count), fault)
        if fault is not None and fault.kind not in (FAULTS if refusable else FAULTS[:-1] if told else _OF_GROUP):
            fault = None
        if fault is not None:
            self.met.append(fault)
        if told or fault is not None:
            self.steps.append(
                Step(len(self.steps), self.loop.now_s, owner.name, what, "" if fault is None else fault.kind)
            )
        return fault


def _answer(kind: str, apply: Callable[[], Any]) -> Any:
    """What comes back of a request: an answer, or the exception that stands for it."""
    if kind == "lose request":
        return RequestTimedOutError()
    if kind == "refuse":
        return MessageSizeTooLargeError()
    try:
        result = apply()
    except KafkaError as error:
        result = error
    return RequestTimedOutError() if kind == "lose answer" else result


def _slow_s(timeout_s: float) -> float:
    """Long, and not so long that the request is made again: what was given up may not arrive later."""
    return 0.8 * min(timeout_s, _SLOW_S_MAX)
