"""Assigns shard numbers, stickily: a member gets partition p of every topic, or of none.

Kafka's stock strategies assign topic by topic and tear shards apart. Here the unit is the shard number: every member
says in its metadata which shards it held and in which generation; the leader gives each shard back to its last holder
as long as nobody holds more than his fair share, and the rest to those who hold least. A topic that not every member
knows yet (a rolling upgrade) waits: nobody gets it until all of them do.

aiokafka calls `name`, `metadata`, `assign` and `on_assignment`; the generation is what `generation()` says when asked.
"""

from collections.abc import Callable, Iterable, Mapping

import orjson
from aiokafka.coordinator.assignors.abstract import AbstractPartitionAssignor
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata

PROTOCOL = "nps-shards"
_VERSION = 0


class ShardAssignor(AbstractPartitionAssignor):  # type: ignore[misc]  # aiokafka has no types
    """One instance per consumer. `partitions` is the number of shards, the same for every member of a deployment."""

    name = PROTOCOL

    def __init__(self, partitions: int, generation: Callable[[], int]) -> None:
        self._partitions = partitions
        self._generation = generation
        self._held: tuple[int, ...] = ()
        self._held_in = -1

    def metadata(self, topics: Iterable[str]) -> ConsumerProtocolMemberMetadata:
        """What this member tells the leader: its topics, the shards it held last and when."""
        note = orjson.dumps({"shards": self._held, "generation": self._held_in})
        return ConsumerProtocolMemberMetadata(_VERSION, sorted(topics), note)

    def assign(
        self, cluster: object, members: Mapping[str, ConsumerProtocolMemberMetadata]
    ) -> dict[str, ConsumerProtocolMemberAssignment]:
        """The assignment of every member, made by the leader."""
        del cluster
        topics = sorted(set.intersection(*(set(member.subscription) for member in members.values())))
        claims = {name: _claim(member.user_data) for name, member in members.items()}
        return {
            name: ConsumerProtocolMemberAssignment(_VERSION, [(topic, shards) for topic in topics if shards], b"")
            for name, shards in share_out(self._partitions, claims).items()
        }

    def on_assignment(self, assignment: ConsumerProtocolMemberAssignment) -> None:
        """Remember what was assigned, for the next time."""
        self._held = tuple(sorted({partition for _, partitions in assignment.assignment for partition in partitions}))
        self._held_in = self._generation()


def share_out(shard_count: int, claims: Mapping[str, tuple[int, frozenset[int]]]) -> dict[str, list[int]]:
    """Share `shard_count` shards among members; a claim is the generation and the shards held in it.

    Everyone gets the floor or the ceiling of the fair share. Of two claims to one shard the later generation wins.
    Deterministic: the same claims give the same shares whoever computes them.
    """
    floor, extra = divmod(shard_count, len(claims))
    shares: dict[str, list[int]] = {member: [] for member in sorted(claims)}
    free = set(range(shard_count))
    by_age = sorted(claims, key=lambda member: (-claims[member][0], member))
    for room in (floor, floor + 1):
        for member in by_age:
            if room > floor and extra == 0:
                break
            wanted = sorted(claims[member][1] & free)[: room - len(shares[member])]
            if room > floor:
                extra -= bool(wanted)
            shares[member] += wanted
            free -= set(wanted)
    for shard in sorted(free):
        least = min(shares, key=lambda member: (len(shares[member]), member))
        shares[least].append(shard)
    return {member: sorted(shards) for member, shards in shares.items()}


def _claim(note: bytes | None) -> tuple[int, frozenset[int]]:
    try:
        told = orjson.loads(note or b"{}")
        return int(told.get("generation", -1)), frozenset(int(shard) for shard in told.get("shards", ()))
    except (ValueError, TypeError, AttributeError):
        return -1, frozenset()
