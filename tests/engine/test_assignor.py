"""Shards are assigned whole, evenly and stickily, by whatever member is the leader."""

import random

import pytest
from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment, ConsumerProtocolMemberMetadata
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.engine.assignor import ShardAssignor, share_out

TOPICS = ("nps.brand-tallies", "nps.control", "survey.responses")


class Group:
    """A consumer group without a broker: each rebalance is one generation, its leader the first of the members."""

    def __init__(self, shards: int, members: list[str]) -> None:
        self.generation = 0
        self.topics: dict[str, tuple[str, ...]] = dict.fromkeys(members, TOPICS)
        self._shards = shards
        self._assignors = {member: self._new() for member in members}

    def _new(self) -> ShardAssignor:
        return ShardAssignor(self._shards, lambda: self.generation)

    def join(self, member: str, topics: tuple[str, ...] = TOPICS) -> None:
        """A member comes, or comes back with another release."""
        self.topics[member] = topics
        self._assignors[member] = self._new()

    def leave(self, member: str) -> None:
        """A member goes."""
        del self.topics[member], self._assignors[member]

    def rebalance(self) -> dict[str, dict[str, list[int]]]:
        """What each member gets, by topic; everything goes over the wire as it would."""
        self.generation += 1
        told = {
            member: ConsumerProtocolMemberMetadata.decode(assignor.metadata(set(self.topics[member])).encode())
            for member, assignor in self._assignors.items()
        }
        leader = next(iter(self._assignors.values()))
        assigned: dict[str, dict[str, list[int]]] = {}
        for member, assignment in leader.assign(None, told).items():
            received = ConsumerProtocolMemberAssignment.decode(assignment.encode())
            self._assignors[member].on_assignment(received)
            assigned[member] = {topic: list(partitions) for topic, partitions in received.assignment}
        return assigned


def _shards_of(assigned: dict[str, dict[str, list[int]]]) -> dict[str, list[int]]:
    """The shards of each member; the same ones of every topic."""
    shards: dict[str, list[int]] = {}
    for member, by_topic in assigned.items():
        kinds = {tuple(partitions) for partitions in by_topic.values()} or {()}
        assert 1 == len(kinds), "a shard was torn apart"
        shards[member] = list(kinds.pop())
    return shards


def _moved(before: dict[str, list[int]], after: dict[str, list[int]]) -> set[int]:
    owner = {shard: member for member, shards in before.items() for shard in shards}
    return {shard for member, shards in after.items() for shard in shards if owner.get(shard) not in {None, member}}


@pytest.mark.parametrize("members", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("shards", [1, 3, 8, 12])
def test_every_shard_has_one_owner_and_all_have_a_fair_share(members: int, shards: int) -> None:
    """The floor or the ceiling of the share; of every topic or of none."""
    group = Group(shards, [f"worker-{n}" for n in range(members)])
    owned = _shards_of(group.rebalance())
    assert list(range(shards)) == sorted(shard for mine in owned.values() for shard in mine)
    sizes = {len(mine) for mine in owned.values()}
    assert sizes <= {shards // members, -(-shards // members)}


@pytest.mark.parametrize("members", [1, 2, 3, 4, 5])
def test_a_rebalance_without_a_change_moves_nothing(members: int) -> None:
    """Any number of times."""
    group = Group(8, [f"worker-{n}" for n in range(members)])
    first = _shards_of(group.rebalance())
    assert [first] * 3 == [_shards_of(group.rebalance()) for _ in range(3)]


@pytest.mark.parametrize("members", [1, 2, 3, 4])
def test_a_member_that_joins_takes_its_share_and_nothing_else_moves(members: int) -> None:
    """What moves, moves to the new one."""
    group = Group(8, [f"worker-{n}" for n in range(members)])
    before = _shards_of(group.rebalance())
    group.join("new")
    after = _shards_of(group.rebalance())
    assert set(after["new"]) == _moved(before, after)
    assert 8 // (members + 1) == len(after["new"])


@pytest.mark.parametrize("members", [2, 3, 4, 5])
def test_when_a_member_goes_only_its_shards_move(members: int) -> None:
    """The others keep what they have."""
    group = Group(8, [f"worker-{n}" for n in range(members)])
    before = _shards_of(group.rebalance())
    group.leave("worker-1")
    after = _shards_of(group.rebalance())
    assert set(before["worker-1"]) == _moved(before, after)
    assert all(set(mine) <= set(after[member]) for member, mine in before.items() if member != "worker-1")


def test_a_topic_that_not_every_member_knows_waits() -> None:
    """In a rolling upgrade nobody gets it until all of them do; the others stay where they are."""
    group = Group(8, ["a", "b", "c"])
    before = group.rebalance()
    upgraded = (*TOPICS, "followup.actions")
    for done, member in enumerate(("a", "b", "c"), 1):
        group.topics[member] = upgraded
        now = group.rebalance()
        assert _shards_of(before) == _shards_of(now)
        assert {("followup.actions" in topics) for topics in now.values()} == {done == 3}


def test_a_topic_that_was_given_up_waits_as_well() -> None:
    """An older release that joins takes part in what all have in common."""
    group = Group(8, ["a", "b"])
    group.rebalance()
    group.join("old", TOPICS[:2])
    assert {TOPICS[:2]} == {tuple(topics) for topics in group.rebalance().values()}


def test_members_with_no_topic_in_common_get_nothing() -> None:
    """An empty assignment, no error."""
    group = Group(8, ["a"])
    group.join("stranger", ("other",))
    assert {"a": {}, "stranger": {}} == group.rebalance()


def test_the_later_generation_wins_a_shard_that_two_claim() -> None:
    """A worker that was frozen comes back with what it held long ago."""
    claims = {"woken": (3, frozenset({0, 1})), "present": (9, frozenset({0, 1})), "other": (9, frozenset({2, 3}))}
    shares = share_out(6, claims)
    assert {0, 1} == set(shares["present"])
    assert {2, 3} == set(shares["other"])
    assert {4, 5} == set(shares["woken"])


def test_more_workers_than_shards_leave_some_without() -> None:
    """The number of partitions is the ceiling."""
    owned = _shards_of(Group(3, ["a", "b", "c", "d", "e"]).rebalance())
    assert [0, 0, 1, 1, 1] == sorted(len(mine) for mine in owned.values())


CLAIMS = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3),
    st.tuples(st.integers(-1, 9), st.frozensets(st.integers(-3, 40), max_size=20)),
    min_size=1,
    max_size=7,
)


@settings(deadline=None, max_examples=150)
@given(st.integers(1, 24), CLAIMS, st.randoms(use_true_random=False))
def test_shares_are_even_complete_and_the_same_whoever_computes_them(
    shards: int, claims: dict[str, tuple[int, frozenset[int]]], chance: random.Random
) -> None:
    """Whatever is claimed, shards that do not exist among it, and in whatever order the members are listed."""
    shares = share_out(shards, claims)
    assert list(range(shards)) == sorted(shard for mine in shares.values() for shard in mine)
    assert {len(mine) for mine in shares.values()} <= {shards // len(claims), -(-shards // len(claims))}
    listed = list(claims.items())
    chance.shuffle(listed)
    assert shares == share_out(shards, dict(listed))


@settings(deadline=None, max_examples=150)
@given(st.integers(1, 24), CLAIMS)
def test_a_claim_that_nobody_disputes_is_kept_up_to_the_fair_share(
    shards: int, claims: dict[str, tuple[int, frozenset[int]]]
) -> None:
    """Nobody loses a shard to make room for one that he did not hold."""
    shares = share_out(shards, claims)
    for member, (_, held) in claims.items():
        mine = {shard for shard in held if 0 <= shard < shards}
        disputed = {shard for other, (_, theirs) in claims.items() if other != member for shard in theirs}
        kept = mine & set(shares[member])
        assert min(len(mine - disputed), shards // len(claims)) <= len(kept)


@settings(deadline=None, max_examples=150)
@given(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [
                b"",
                b"[]",
                b"null",
                b"7",
                b'{"shards": null}',
                b'{"shards": 3}',
                b'{"shards": ["x"]}',
                b'{"shards": [[1]]}',
                b'{"generation": []}',
                b'{"generation": "x"}',
                b'{"shards": [99, -1, 2.5]}',
                b'{"generation": null}',
            ]
        ),
    )
)
def test_a_member_that_talks_nonsense_is_a_member_without_claims(note: bytes) -> None:
    """Another release, or a stranger: it gets its share like a new one, and the others keep theirs."""
    group = Group(8, ["a", "b"])
    group.rebalance()
    told = {
        "a": ConsumerProtocolMemberMetadata(0, list(TOPICS), b'{"shards": [0, 1, 2, 3], "generation": 1}'),
        "b": ConsumerProtocolMemberMetadata(0, list(TOPICS), note),
    }
    assigned = ShardAssignor(8, lambda: 1).assign(None, told)
    assert [(topic, [0, 1, 2, 3]) for topic in TOPICS] == assigned["a"].assignment
    assert [(topic, [4, 5, 6, 7]) for topic in TOPICS] == assigned["b"].assignment


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), max_size=12))
def test_no_coming_and_going_unbalances_the_group_or_moves_more_than_it_must(steps: list[tuple[bool, int]]) -> None:
    """After each step all is even, and a shard moves only if its owner went or had more than his share."""
    group = Group(8, ["m0"])
    before = _shards_of(group.rebalance())
    for joins, number in steps:
        member = f"m{number}"
        if joins and member not in group.topics:
            group.join(member)
        elif not joins and member in group.topics and len(group.topics) > 1:
            group.leave(member)
        after = _shards_of(group.rebalance())
        floor, ceiling = 8 // len(after), -(-8 // len(after))
        assert {len(mine) for mine in after.values()} <= {floor, ceiling}
        must = sum(len(mine) if m not in after else max(0, len(mine) - floor) for m, mine in before.items())
        assert len(_moved(before, after)) <= must
        before = after
