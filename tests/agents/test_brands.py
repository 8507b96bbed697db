"""A brand is what its shards hand over: absolute tallies, so that saying a thing twice changes nothing."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.domain.tally import ONE, histogram
from streams.engine.partition import partition_of
from streams.engine.state import Output
from tests.agents.desk import BRAND_TALLIES, NOW_MS, NOW_S, Desk, a_policy, home_of
from tests.builders import response
from tests.strategies import SCORES

PARTITIONS = 4


def _handed_over(desk: Desk) -> list[Output]:
    """What the shard hands over next."""
    before = len(desk.sent(BRAND_TALLIES))
    desk.settle(NOW_S + 2)
    return desk.sent(BRAND_TALLIES)[before:]


def _counted(desk: Desk, *scores: int) -> None:
    at = len(desk.pages())
    desk.take(*(response(NOW_MS, response_id=f"{at}-{n}", score=score) for n, score in enumerate(scores)))


def _an_output(**fields: Any) -> Output:
    document = {"brand": "Nord", "shard": 0, "day": "2026-03-01", "hours": {"12": [0] * 10 + [1]}, "schema_version": 1}
    return Output(b"Nord|0|2026-03-01", orjson.dumps({**document, **fields}))


class Cluster:
    """All shards of a deployment; hand-overs travel between them when they are told to."""

    def __init__(self) -> None:
        self.desks = [Desk(number, a_policy(partitions=PARTITIONS)) for number in range(PARTITIONS)]
        self._delivered = [0] * PARTITIONS

    def take(self, store: str, at_ms: int = NOW_MS, **fields: Any) -> None:
        """A response arrives in its partition."""
        self.desks[home_of("Nord", store, PARTITIONS)].take(response(at_ms, store=store, **fields))

    def run(self, now_s: float) -> None:
        """Do what is due, deliver what was handed over, and publish what follows from it."""
        for _ in range(2):
            for desk in self.desks:
                desk.settle(now_s)
            for number, desk in enumerate(self.desks):
                inbox = [out for each in self.desks for out in each.written.get((BRAND_TALLIES, number), [])]
                desk.hear(*inbox)

    def brand(self) -> dict[str, Any]:
        """The brand's last score, from wherever it was published."""
        (score,) = [desk.scores()["Nord"] for desk in self.desks if "Nord" in desk.scores()]
        return score

    def crash(self, number: int, now_s: float) -> None:
        """A shard is taken over."""
        self.desks[number] = self.desks[number].crashed(now_s, compacted=bool(number % 2))


def test_a_hand_over_says_all_hours_of_a_day() -> None:
    """Eleven counts for each hour with answers; in the brand's own partition, keyed by brand, shard and day."""
    desk = Desk(home_of("Nord", "Lyon", PARTITIONS), a_policy(partitions=PARTITIONS))
    _counted(desk, 9, 9, 2)
    desk.take(response(NOW_MS - 3_600_000, response_id="earlier", score=0))
    desk.commit()
    ((place, (output,)),) = [(place, out) for place, out in desk.written.items() if place[0] == BRAND_TALLIES]
    assert (BRAND_TALLIES, partition_of(b"Nord", PARTITIONS)) == place
    assert f"Nord|{desk.number}|2026-03-01".encode() == output.key
    hours = orjson.loads(output.value or b"")["hours"]
    assert {"11": list(histogram(ONE[0])), "12": list(histogram(2 * ONE[9] + ONE[2]))} == hours


def test_a_hand_over_is_due_once_per_interval() -> None:
    """However many answers changed the day."""
    desk = Desk()
    _counted(desk, 9)
    desk.commit(NOW_S)
    _counted(desk, 8)
    desk.commit(NOW_S + 0.5)
    assert 1 == len(desk.sent(BRAND_TALLIES))
    assert desk.ledger.due_in_s(NOW_S + 0.5) <= 0.5
    desk.settle(NOW_S + 1.0)
    assert 2 == len(desk.sent(BRAND_TALLIES))


def test_saying_it_again_is_a_duplicate() -> None:
    """It changes no figure and writes no row."""
    desk = Desk()
    assert {"counted": 1, "duplicate": 0, "dead_letter": 0} == desk.hear(_an_output()).totals
    desk.settle()
    rows = len([row for row in desk.changelog if row.key != b"m"])
    assert {"counted": 0, "duplicate": 2, "dead_letter": 0} == desk.hear(_an_output(), _an_output()).totals
    desk.settle()
    assert rows == len([row for row in desk.changelog if row.key != b"m"])
    assert 1 == desk.scores()["Nord"]["windows"]["24h"]["n"]


def test_the_newest_word_of_a_shard_replaces_the_one_before() -> None:
    """An hour that is left out is empty now."""
    desk = Desk()
    desk.hear(_an_output(), _an_output(hours={"11": [3] + [0] * 10}))
    desk.settle()
    figures = desk.scores()["Nord"]["windows"]["24h"]
    assert (3, 3) == (figures["n"], figures["detractors"])


@pytest.mark.parametrize(
    "output",
    [
        Output(b"Nord|0|2026-03-01", None),
        Output(b"Nord|0|2026-03-01", b"{"),
        _an_output(hours={"24": [0] * 11}),
        _an_output(hours={"1": [1] * 10}),
        _an_output(hours={"1": [-1] + [0] * 10}),
        _an_output(schema_version=2),
        _an_output(day=None),
    ],
    ids=["no value", "no JSON", "hour 24", "ten counts", "negative", "later release", "no day"],
)
def test_what_is_no_hand_over_is_counted_and_changes_nothing(output: Output) -> None:
    """Only our own shards write here; a stranger's record is no figure."""
    desk = Desk()
    assert {"counted": 0, "duplicate": 0, "dead_letter": 1} == desk.hear(output).totals
    assert {} == desk.ledger.totals
    assert {("dead_letters", "schema"): 1} == dict(desk.told)


@pytest.mark.parametrize("key", [b"\xff|0|2026-03-01", b"Sud|0|2026-03-01", b"Nord|0|lifetime", b"", None])
def test_a_hand_over_under_another_key_than_ours_is_a_strangers(key: bytes | None) -> None:
    """Its row would not be found again, or not be readable at all."""
    desk = Desk()
    assert {"counted": 0, "duplicate": 0, "dead_letter": 1} == desk.hear(_an_output()._replace(key=key)).totals
    assert {} == desk.ledger.totals
    assert [] == desk.commit().rows


def test_a_brand_comes_back_from_its_rows() -> None:
    """Days and lifetimes of several shards."""
    desk = Desk()
    lifetime = Output(b"Nord|1|lifetime", _an_output(shard=1, day=None, hours={}, lifetime=[7] * 11).value)
    desk.hear(_an_output(), lifetime, _an_output(day="2026-02-28")._replace(key=b"Nord|0|2026-02-28"))
    desk.settle()
    again = desk.crashed(compacted=True)
    (before, after) = (each.ledger.totals["Nord"].windows(int(NOW_S)) for each in (desk, again))
    assert before == after
    assert (1, 2, 79) == tuple(sum(histogram(before[window])) for window in (0, 1, 5))


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 7),
            st.integers(0, 5),
            SCORES,
            st.sampled_from(["created", "updated", "deleted"]),
            st.booleans(),
        ),
        max_size=25,
    )
)
def test_a_brand_is_the_sum_of_its_stores_wherever_they_are(
    steps: list[tuple[int, int, int, str, bool]],
) -> None:
    """Over four shards, with take-overs in between, and hand-overs that are delivered again and again."""
    cluster = Cluster()
    expected: dict[tuple[int, int], int] = {}
    deleted = set[tuple[int, int]]()
    now_s = NOW_S
    for n, (store, response_id, score, event, crash) in enumerate(steps):
        name = store, response_id
        cluster.take(f"Shop {store}", response_id=f"r-{response_id}", event=event, score=score)
        if event == "deleted":
            deleted.add(name)
        elif event == "updated" or name not in expected:
            expected[name] = score
        if crash:
            now_s += 2
            cluster.run(now_s)
            cluster.crash(n % PARTITIONS, now_s)
    cluster.run(now_s + 2)
    cluster.run(now_s + 4)
    scores = [score for name, score in expected.items() if name not in deleted]
    if not any("Nord" in desk.scores() for desk in cluster.desks):
        assert not scores, "only a brand without answers is not published"
        return
    figures = cluster.brand()["windows"]["24h"]
    assert len(scores) == figures["n"]
    assert sum(score <= 6 for score in scores) == figures["detractors"]
    assert sum(score >= 9 for score in scores) == figures["promoters"]
    assert {**figures, "previous": None, "year_ago": None} == cluster.brand()["windows"]["all"]
