"""What befalls the workers of a story: half of the time anything, else what one rule of the protocol is there for."""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from tests.simulation.network import Fault


class Event(NamedTuple):
    """What happens at a time, whatever the workers are doing. `target` is a slot or a partition."""

    at_s: float
    kind: str
    target: int = 0
    seconds: float = 0.0


SPOILING = ("roll back", "cut", "lose")
"""These kill everybody, and leave of a shard's state an older copy, its last rows, or nothing: it must never be opened
again."""
EVENTS = ("kill", "freeze", "leave", "join", "rebalance", "foreign", "compact", "displace", "outage", *SPOILING)
"""`outage`: the broker is away for some seconds, and drops the markers that are due then; `foreign`: a transaction of
somebody else is open in a shard's state for some seconds; `displace`: a consumer is sought to where no shard is."""
Mishaps = tuple[int, tuple[Event, ...], tuple[Fault, ...]]
"""Workers at the start, events, faults."""

_FAULTS = (
    *("crash before", "crash after", "crash after", "freeze", "zombie", "zombie", "zombie"),
    *("lose request", "lose answer", "lose answer", "slow request", "slow answer", "refuse"),
)
_REQUESTS = (
    *("", "", "Fetch survey.responses", "Fetch survey.responses", "AddPartitionsToTxn", "Produce", "Produce nps.state"),
    *("EndTxn", "EndTxn", "InitProducerId", "ListOffsets", "Fetch nps.state", "OffsetFetch"),
)
_BEFORE_COMMITS = ("", "Fetch survey.responses", "Fetch survey.responses", "AddPartitionsToTxn", "OffsetFetch")
_REFUSABLE = ("", "Produce", "Produce followup.alerts", "Produce survey.responses", "Produce nps.scores")


def mishaps(chance: Random, partitions: int) -> Mishaps:
    """The mishaps of one story."""
    if chance.random() < 0.5:
        return chance.choice([1, 2, 2]), _events(chance, partitions), _faults(chance)
    return chance.choice(_SCENARIOS)(chance, partitions)


def _duel(chance: Random, _: int) -> Mishaps:
    """A worker is stopped with input in hand, and wakes up in the middle of the takeover of its shard."""
    return 2, (), (Fault(chance.randrange(12), "zombie", float(chance.randint(1, 6)), "Fetch survey.responses"),)


def _exile(chance: Random, _: int) -> Mishaps:
    """A worker without work misses a generation in which another one had its shards, and gets them back."""
    stopped = Fault(chance.randrange(8, 24), "freeze", chance.uniform(1.6, 3.2), "Heartbeat")
    return 2, (Event(6.0, "rebalance"),), (stopped,)


def _hidden(chance: Random, partitions: int) -> Mishaps:
    """Somebody else's open transaction hides what was committed behind it while a shard is taken over."""
    at_s = chance.uniform(0.1, 1.0)
    shard = chance.randrange(partitions)
    return 1, (Event(at_s, "foreign", shard, 4.0), Event(at_s + chance.uniform(0.2, 1.2), "kill")), ()


def _refused(chance: Random, _: int) -> Mishaps:
    """The broker refuses one batch of a transaction for good."""
    return 1, (), (Fault(chance.randrange(8), "refuse", 0.0, chance.choice(_REFUSABLE)),)


def _displaced(chance: Random, _: int) -> Mishaps:
    """The consumer is sought ahead and back, again and again."""
    times = sorted(chance.uniform(0.1, 2.0) for _ in range(4))
    return 1, tuple(Event(at_s, "displace") for at_s in times), ()


def _overtaken(chance: Random, _: int) -> Mishaps:
    """A worker is stopped in the middle of a takeover, and wakes up when another one has gone on from there."""
    stopped = Fault(chance.randrange(4), "freeze", chance.uniform(3.5, 7.0), "Fetch nps.state")
    return 2, (Event(chance.uniform(0.4, 1.2), "kill", chance.randrange(2)),), (stopped,)


def _spoiled(chance: Random, partitions: int) -> Mishaps:
    """The state of a shard is not what was written."""
    at_s = chance.uniform(1.3, 3.5)
    return chance.choice([1, 2]), (Event(at_s, chance.choice(SPOILING), chance.randrange(partitions)),), ()


def _forgetful(chance: Random, _: int) -> Mishaps:
    """The broker goes away amid a transaction and forgets what it should write; others may own the shard soon."""
    of = chance.choice(["EndTxn", "EndTxn", "Produce nps.state", "Produce followup.alerts"])
    away = Fault(chance.randrange(8), "outage", chance.uniform(0.2, 2.0), of)
    more = [Fault(away.number + 1, "crash before", 0.0, of)] if chance.random() < 0.5 else []
    if chance.random() < 0.3:
        # Again, when what the first time left open is to be ended.
        ending = chance.choice(["EndTxn", "InitProducerId"])
        more.append(Fault(chance.randrange(2, 8), "outage", chance.uniform(0.2, 1.0), ending))
    handed_on = Event(chance.uniform(0.3, 3.0), chance.choice(["kill", "leave", "rebalance"]), chance.randrange(2))
    events = (handed_on,) if chance.random() < 0.5 else ()
    return chance.choice([1, 2]), events, tuple(sorted((away, *more)))


_SCENARIOS: tuple[Callable[[Random, int], Mishaps], ...] = (
    *(
        _duel,
        _duel,
        _exile,
        _hidden,
        _refused,
        _displaced,
        _overtaken,
        _spoiled,
        _spoiled,
        _forgetful,
        _forgetful,
        _forgetful,
    ),
)


def _events(chance: Random, partitions: int) -> tuple[Event, ...]:
    events = []
    for _ in range(chance.choice([0, 0, 1, 1, 2])):
        at_s = chance.uniform(0.1, 2.5)
        kind = chance.choice([kind for kind in EVENTS if kind not in SPOILING])
        seconds = {
            "freeze": chance.choice([0.3, 1.0, 2.5, 4.0]),
            "foreign": chance.uniform(0.2, 3.0),
            "outage": chance.uniform(0.1, 1.5),
        }.get(kind, 0.0)
        target = chance.randrange(partitions if kind in {"foreign", "compact"} else 2)
        events.append(Event(at_s, kind, target, seconds))
    return tuple(sorted(events))


def _faults(chance: Random) -> tuple[Fault, ...]:
    faults = []
    for _ in range(chance.choice([0, 1, 1, 2, 3])):
        kind = chance.choice(_FAULTS)
        of = chance.choice({"refuse": _REFUSABLE, "zombie": _BEFORE_COMMITS}.get(kind, _REQUESTS))
        lasts = {"freeze": chance.choice([0.2, 1.0, 2.5, 4.0]), "zombie": float(chance.randint(1, 5))}
        faults.append(Fault(chance.randrange(20 if of else 200), kind, lasts.get(kind, 0.0), of))
    return tuple(sorted(faults))
