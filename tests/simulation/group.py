"""The group coordinator of the toy broker: an eager rebalance whenever a member comes, goes or falls silent.

Members say when they join which topics they want and what they held; the leader's assignor, the engine's own, shares
out the shards. A member that is silent for longer than the session timeout is dropped; so is one that has not joined
again within the rebalance timeout.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from tests.simulation.network import Network


class Joined(NamedTuple):
    """The answer to a join: the generation, and the member's part; -1 where the member is not known any more."""

    generation: int
    assignment: Any


@dataclass(slots=True)
class _Member:
    assignor: Any
    topics: tuple[str, ...]
    heard_at_s: float
    answer: Callable[[Joined], None] | None = None
    note: Any = None


class Group:
    """One consumer group."""

    def __init__(self, network: Network, session_s: float, rebalance_s: float) -> None:
        self.generation = 0
        self.stable = False
        """Whether all members have their part of the present generation."""
        self._members: dict[str, _Member] = {}
        self._network = network
        self._session_s = session_s
        self._rebalance_s = rebalance_s
        self._round = 0

    @property
    def members(self) -> set[str]:
        """The names of those who belong to it."""
        return set(self._members)

    def join(self, name: str, assignor: Any, topics: tuple[str, ...], answer: Callable[[Joined], None]) -> None:
        """Join, or join again; answered when everybody has."""
        now_s = self._network.loop.time()
        member = self._members.get(name)
        if member is None:
            member = self._members[name] = _Member(assignor, topics, now_s)
            self._watch(name, member)
        member.heard_at_s = now_s
        member.answer = answer
        member.note = assignor.metadata(topics)
        if self.stable or self._round == 0:
            self._begin()
        self._complete()

    def heartbeat(self, name: str, generation: int) -> str:
        """`ok`, `rebalance`, or `unknown` for one that was dropped."""
        member = self._members.get(name)
        if member is None:
            return "unknown"
        member.heard_at_s = self._network.loop.time()
        return "ok" if self.stable and generation == self.generation else "rebalance"

    def leave(self, name: str) -> None:
        """Be forgotten; the others share what was held."""
        if self._members.pop(name, None) is not None:
            self._begin()
            self._complete()

    def disturb(self) -> None:
        """Rebalance for no reason that anybody here knows of."""
        if self._members:
            self._begin()

    def _begin(self) -> None:
        self.stable = False
        self._round += 1
        this = self._round

        def too_late() -> None:
            if this == self._round and not self.stable:
                for name in [name for name, member in self._members.items() if member.answer is None]:
                    del self._members[name]
                self._complete()

        self._network.later(self._rebalance_s, too_late)

    def _complete(self) -> None:
        members = self._members
        if self.stable or not members or any(member.answer is None for member in members.values()):
            return
        self.generation += 1
        self.stable = True
        leader = next(iter(members.values()))
        parts = leader.assignor.assign(None, {name: member.note for name, member in members.items()})
        for name, member in members.items():
            assert member.answer is not None
            answer, member.answer = member.answer, None
            member.heard_at_s = self._network.loop.time()
            answer(Joined(self.generation, parts[name]))

    def _watch(self, name: str, member: _Member) -> None:
        def look() -> None:
            if self._members.get(name) is not member:
                return
            silent_s = self._network.loop.time() - member.heard_at_s
            if silent_s >= self._session_s and member.answer is None:
                self.leave(name)
            else:
                self._network.later(max(self._session_s - silent_s, 0.01), look)

        self._network.later(self._session_s, look)
