"""The faults of the matrix on one node or three, each as a plan that is drawn from its seed."""

from random import Random

from chaos.cluster_actions import CONTROLLER
from chaos.finales import lose_input, lose_state
from chaos.plan import Case, Step, evenly

_APIS = ("PRODUCE", "END_TXN", "INIT_PRODUCER_ID", "ADD_PARTITIONS_TO_TXN", "JOIN_GROUP")
_STRIKES = tuple(
    (api, what)
    for api in ("ADD_PARTITIONS_TO_TXN", "PRODUCE", "END_TXN", "INIT_PRODUCER_ID")
    for what in ("request", "response")
)
_TOXICS = ("latency", "slices", "half_close", "cut", "black_hole")


def _count(records: int, pace: int, most: int) -> int:
    """One fault for so many records, two at least."""
    return max(2, min(most, records // pace))


def _kills(random: Random, records: int) -> list[Step]:
    count = _count(records, 1_500, 5)
    return [
        Step(at=at, action="kill", target=number % 2, how={"amid": random.random() < 0.7})
        for number, at in enumerate(evenly(random, records, count))
    ]


def _kills_at(random: Random, records: int) -> list[Step]:
    strikes = random.sample(_STRIKES, _count(records, 1_000, len(_STRIKES)))
    return [
        Step(at=at, action="kill_at", target=number % 2, how={"api": api, "what": what, "skip": _skip(random, api)})
        for number, (at, (api, what)) in enumerate(zip(evenly(random, records, len(strikes)), strikes, strict=True))
    ]


def _skip(random: Random, api: str) -> int:
    """How many requests go through before one is struck: a takeover may make one alone of its kind."""
    drawn = random.randrange(4)
    return 0 if api in ("INIT_PRODUCER_ID", "JOIN_GROUP") else drawn


def _rolls(random: Random, records: int) -> list[Step]:
    count = _count(records, 2_000, 4)
    return [Step(at=at, action="roll", target=n % 2) for n, at in enumerate(evenly(random, records, count))]


def _freezes(random: Random, records: int) -> list[Step]:
    first = random.random() < 0.5
    return [
        Step(at=at, action="freeze", target=number, how={"amid": first is (number == 0)})
        for number, at in enumerate(evenly(random, records, 2))
    ]


def _storm(random: Random, records: int) -> list[Step]:
    seats = [random.randrange(1, 4) for _ in range(max(4, records // 900))]
    return [Step(at=records // 6, action="storm", how={"seats": seats, "every_s": 3.0})]


def _broker_kills(random: Random, records: int) -> list[Step]:
    (at,) = evenly(random, records, 1)
    return [Step(at=at, action="broker_down", how={"for_s": 3.0 if records < 5_000 else 10.0})]


def _networks(random: Random, records: int) -> list[Step]:
    kinds = random.sample(_TOXICS, _count(records, 1_500, len(_TOXICS)))
    ats = evenly(random, records, len(kinds))
    return [
        Step(at=at, action="network", how={"kind": kind, "for_s": random.uniform(3, 8)})
        for at, kind in zip(ats, kinds, strict=True)
    ]


def _losses(random: Random, records: int) -> list[Step]:
    apis = random.sample(_APIS, _count(records, 1_200, len(_APIS)))
    ats = evenly(random, records, len(apis))
    return [
        Step(
            at=at,
            action="lose",
            target=number % 2,
            how={"api": api, "then": random.choice(("cut", "silence")), "skip": _skip(random, api)},
        )
        for number, (at, api) in enumerate(zip(ats, apis, strict=True))
    ]


def _skews(random: Random, records: int) -> list[Step]:
    offsets = [random.choice((-1, 1)) * size for size in (random.choice((61.5, 3_600, 86_400)), random.uniform(5, 55))]
    return [
        Step(at=at, action="skew", target=1, how={"offset_s": round(offset, 1)})
        for at, offset in zip(evenly(random, records, 2), offsets, strict=True)
    ]


_LED = ("survey.responses", "__consumer_offsets", "__transaction_state", CONTROLLER)


def _leaders(random: Random, records: int) -> list[Step]:
    """The leaders of input, offsets and transactions and the controller, by kill -9 or a freeze."""
    ats = evenly(random, records, len(_LED))
    return [
        Step(
            at=at,
            action="leader_down",
            how={"topic": topic, "partition": 0, "how": random.choice(("kill", "freeze")), "for_s": 10.0},
        )
        for at, topic in zip(ats, random.sample(_LED, len(_LED)), strict=True)
    ]


def _chases(random: Random, records: int) -> list[Step]:
    partition = random.randrange(4)
    return [Step(at=at, action="chase", how={"partition": partition}) for at in evenly(random, records, 5)]


def _two_brokers(random: Random, records: int) -> list[Step]:
    (at,) = evenly(random, records, 1)
    return [Step(at=at, action="brokers_down", how={"brokers": random.sample(range(3), 2), "for_s": 20.0})]


def _one_kill(random: Random, records: int) -> list[Step]:
    (at,) = evenly(random, records, 1)
    return [Step(at=at, action="kill", how={"amid": True})]


_BELOW, _ABOVE = [900, 1_100, 1], [1_100, 1_650, 0]
"""Two hundred unusable records in one partition, beside a third of all others: not enough for a breaker. Then more than
it takes in another one, and not so many that those left at `nps resume` are enough again with that third."""


def _kill_and_flood(random: Random, _records: int) -> list[Step]:
    return [
        Step(at=random.randrange(200, 500), action="kill", how={"amid": True}),
        Step(at=random.randrange(600, 800), action="flood", how={"shard": _ABOVE[2]}),
    ]


def _upgrade(random: Random, records: int) -> list[Step]:
    return [Step(at=random.randrange(records // 6, records // 4), action="upgrade", target=random.randrange(2))]


def _outage(random: Random, records: int) -> list[Step]:
    (at,) = evenly(random, records, 1)
    return [Step(at=at, action="outage", how={"times": 5, "backlog": records})]


CASES = {
    case.id: case
    for case in (
        Case(id="F01", title="kill -9 of one of two workers, again and again", steps=_kills, replays=True),
        Case(id="F02", title="kill -9 at each request of a commit and a takeover", steps=_kills_at, proxied=True),
        Case(id="F03", title="rolling restart by SIGTERM", steps=_rolls),
        Case(id="F04", title="a worker frozen past its session, and woken", steps=_freezes, replays=True),
        Case(id="F05", title="workers that come and go every three seconds", steps=_storm, workers=4),
        Case(id="F07", title="the state lost, or rolled back to an older copy", finale=lose_state),
        Case(id="F08", title="kill -9 of the broker", steps=_broker_kills),
        Case(
            id="F09", title="leaders of three brokers and their controller killed or frozen", steps=_leaders, brokers=3
        ),
        Case(id="F10", title="the leader asked to leave, five times", steps=_chases, brokers=3),
        Case(id="F11", title="two of three brokers down", steps=_two_brokers, brokers=3),
        Case(id="F14", title="a network that delays, cuts up, cuts off and swallows", steps=_networks, proxied=True),
        Case(id="F15", title="an answer lost after Kafka did what was asked", steps=_losses, proxied=True),
        Case(id="F18", title="a worker whose clock is off", steps=_skews),
        Case(
            id="F19",
            title="a third of malformed records, then nothing else",
            steps=_kill_and_flood,
            shape={"invalid": 0.3, "floods": [_BELOW, _ABOVE]},
        ),
        Case(id="F20", title="records about the size limits", steps=_one_kill, shape={"size": 0.3}, per_second=60),
        Case(id="F21", title="fields of a later release", steps=_one_kill, shape={"strange": 0.5}),
        Case(id="F22", title="nobody at work, then a backlog", steps=_outage),
        Case(
            id="F23",
            title="one hot store, and stores never heard of",
            steps=_one_kill,
            shape={"hot": 0.8, "new_stores": 0.1},
        ),
        Case(id="UPGRADE", title="one of two workers is of a later release, then both are", steps=_upgrade),
        Case(id="F26", title="input deleted unread, made anew, or spread over more partitions", finale=lose_input),
    )
}
SHORT = ("F01", "F02", "F03", "F04", "F08", "F15", "F19")
"""The seeded set that runs with the tests."""
