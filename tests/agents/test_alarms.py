"""Alarms: one per episode, with its evidence, whoever works; and nothing about the past."""

from collections.abc import Iterable
from typing import Any
from uuid import uuid5

import jsonschema_rs
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.agents.alarming import LOOKS_PER_COMMIT
from streams.domain.alarm import Episode
from streams.domain.identity import ALERT_NAMESPACE
from streams.engine.failure import Refusal
from tests.agents.desk import ALARMS, BRAND_TALLIES, NOW_MS, NOW_S, SCORES, Desk, a_policy
from tests.builders import ms, response
from tests.contracts.contracts import ALARM

HOUR_S = 3_600
DAY_S = 86_400
DAY_MS = DAY_S * 1000
HEALTHY = (10, 2, 8, 9, 10, 3, 7, 9, 10, 8)
"""Ten answers with an NPS of 30."""
BAD = (10, 2, 8, 1, 7, 3, 4, 9, 0, 5)
"""And ten with one of -40."""
DAYS = 95
"""Enough of ten answers for both windows and what lies between them."""

Sent = dict[str, Any]


def _alarms(desk: Desk) -> list[Sent]:
    return [orjson.loads(output.value or b"") for output in desk.sent(ALARMS)]


def _kinds(desk: Desk) -> list[tuple[str, str, int]]:
    return [(alarm["kind"], alarm["rule"], alarm["episode"]) for alarm in _alarms(desk)]


def _day(noon_ms: int, scores: Iterable[int], **fields: Any) -> list[bytes]:
    """The answers of a day, a quarter of an hour apart until noon."""
    return [
        response(at_ms, response_id=f"{at_ms}-{number}", score=score, **fields)
        for number, score in enumerate(scores)
        for at_ms in (noon_ms - number * 900_000,)
    ]


def _days(desk: Desk, days: int, scores: Iterable[int] = HEALTHY, *, until_ms: int = NOW_MS, **fields: Any) -> None:
    """So many days with these answers arrive, each on its day, and the last one now."""
    for ago in reversed(range(days)):
        noon_ms = until_ms - ago * DAY_MS
        desk.take(*_day(noon_ms, scores, **fields), at_ms=noon_ms)
        desk.commit(noon_ms / 1000, behind=True)


def _fallen(days: int = 5) -> Desk:
    """A store that fell from 30 to -40 so many days ago; what is due is not done yet."""
    desk = Desk()
    _days(desk, DAYS, until_ms=NOW_MS - days * DAY_MS)
    _days(desk, days, BAD)
    return desk


def _fed_back(desk: Desk, now_s: float) -> None:
    """What a shard hands over comes back to it where it is the brand's own."""
    handed_over = desk.sent(BRAND_TALLIES)
    desk.written.pop((BRAND_TALLIES, 0), None)
    desk.hear(*handed_over)
    desk.settle(now_s)


def test_a_fall_is_said_once() -> None:
    """With its evidence, under the key of the scores, in the partition of the shard; every look after it is silent."""
    desk = _fallen()
    for minute in range(3):
        desk.settle(NOW_S + 60 * minute)
    (output,) = desk.written[ALARMS, 0]
    assert b"Nord|Lyon" == output.key
    (alarm,) = _alarms(desk)
    validator = jsonschema_rs.Draft202012Validator(ALARM.schema, validate_formats=True)
    assert [] == [str(error) for error in validator.iter_errors(alarm)]
    assert ("raised", "drop", "Nord", "Lyon", 1, -70.0, "2026-03-01T12:00:00.000Z") == tuple(
        alarm[name] for name in ("kind", "rule", "brand", "store", "episode", "difference", "as_of")
    )
    windows = [(alarm[name]["from"], alarm[name]["to"], alarm[name]["n"]) for name in ("current", "baseline")]
    assert [
        ("2026-02-25T00:00:00.000Z", "2026-03-02T00:00:00.000Z", 50),
        ("2025-12-07T00:00:00.000Z", "2026-01-16T00:00:00.000Z", 400),
    ] == windows
    assert [(0, 0), (1, 1)] == [
        (desk.told["alarms", "Nord", "rise"], desk.told["alarms", "Nord", "burst"]),
        (desk.told["alarms", "Nord", "drop"], len(desk.sent(SCORES))),
    ]


def test_a_healthy_store_is_quiet() -> None:
    """And no row says anything about it."""
    desk = Desk()
    _days(desk, DAYS)
    desk.settle()
    assert [] == _alarms(desk)
    assert not any(row.key.startswith(b"a|") for row in desk.changelog)


def test_a_rise_is_said_too() -> None:
    """The mirror image."""
    desk = Desk()
    _days(desk, DAYS, BAD, until_ms=NOW_MS - 5 * DAY_MS)
    _days(desk, 5, HEALTHY)
    desk.settle()
    assert [("raised", "rise", 1)] == _kinds(desk)


@pytest.mark.parametrize(("days", "expected"), [(14, []), (15, [("raised", "drop", 1)])])
def test_a_young_store_is_judged_by_all_it_has(days: int, expected: list[Any]) -> None:
    """A hundred answers before and fifty now are enough; the days between the windows count as before."""
    desk = Desk()
    _days(desk, days - 5, until_ms=NOW_MS - 5 * DAY_MS)
    _days(desk, 5, BAD)
    desk.settle()
    assert expected == _kinds(desk)


def test_an_alarm_ends_when_the_store_recovers() -> None:
    """Under the id of the one that was raised; the next fall is another episode, with another id."""
    desk = _fallen()
    desk.settle()
    at_ms = NOW_MS
    for days, scores in ((10, HEALTHY), (40, HEALTHY), (6, BAD)):
        at_ms += days * DAY_MS
        _days(desk, days, scores, until_ms=at_ms)
        desk.settle(at_ms / 1000)
    assert [("raised", "drop", 1), ("released", "drop", 1), ("raised", "drop", 2)] == _kinds(desk)
    ids = [alarm["alarm_id"] for alarm in _alarms(desk)]
    assert ids[0] == ids[1] != ids[2]
    assert str(uuid5(ALERT_NAMESPACE, "alarm|Nord|Lyon|drop|1")) == ids[0]
    assert _alarms(desk)[1]["z"] > -0.5
    assert 2 == desk.told["alarms", "Nord", "drop"]


def test_a_correction_ends_an_alarm() -> None:
    """The bad answers were somebody's mistake, and are deleted."""
    desk = _fallen()
    desk.settle()
    for ago in range(5):
        noon_ms = NOW_MS - ago * DAY_MS
        desk.take(*(_day(noon_ms, BAD, event="deleted")))
    desk.settle(NOW_S + 5)
    assert [("raised", "drop", 1), ("released", "drop", 1)] == _kinds(desk)


@pytest.mark.parametrize("compacted", [False, True])
def test_whoever_takes_over_repeats_no_alarm(*, compacted: bool) -> None:
    """Its row came with it; and the end of the episode is not lost."""
    desk = _fallen()
    desk.settle()
    for minute in range(1, 4):
        desk = desk.crashed(NOW_S + 60 * minute, compacted=compacted)
        desk.take(response(NOW_MS, response_id=f"more-{minute}", score=8))
        desk.settle(NOW_S + 60 * minute)
    assert [("raised", "drop", 1)] == _kinds(desk)
    _days(desk, 10, until_ms=NOW_MS + 10 * DAY_MS)
    desk = desk.crashed(NOW_S + 10 * DAY_S, compacted=compacted)
    desk.settle(NOW_S + 10 * DAY_S)
    desk = desk.crashed(NOW_S + 10 * DAY_S + 60, compacted=compacted)
    desk.settle(NOW_S + 10 * DAY_S + 60)
    assert [("raised", "drop", 1), ("released", "drop", 1)] == _kinds(desk)


@pytest.mark.parametrize("compacted", [False, True])
def test_an_alarm_that_was_not_committed_is_not_lost(*, compacted: bool) -> None:
    """The score was not published either: the next owner publishes both, once."""
    desk = _fallen()
    desk.ledger.take(NOW_S, behind=False, state_position=desk.changelog[-1].offset + 1)  # dies with it in hand
    desk = desk.crashed(NOW_S + 20, compacted=compacted)
    assert [] == _alarms(desk)
    desk.settle(NOW_S + 20)
    desk = desk.crashed(NOW_S + 40, compacted=compacted)
    desk.settle(NOW_S + 40)
    assert [("raised", "drop", 1)] == _kinds(desk)
    assert 2 == desk.told["alarms", "Nord", "drop"]  # who counts was told twice, as of any work done again


def test_a_store_that_goes_quiet_is_released() -> None:
    """Nobody answers any more: the hour looks at what is open, until there are too few answers to say that it holds."""
    desk = _fallen()
    desk.settle()
    now_s = NOW_S
    while len(_alarms(desk)) < 2:
        assert desk.ledger.due_in_s(now_s) <= HOUR_S
        now_s += DAY_S
        desk.settle(now_s)
    _, alarm = _alarms(desk)
    assert ("released", 20) == (alarm["kind"], alarm["current"]["n"])
    assert (NOW_S + 88 * DAY_S) == now_s
    desk.settle(now_s + 365 * DAY_S)
    assert 2 == len(_alarms(desk))


def test_an_alarm_that_nobody_can_judge_any_more_is_released() -> None:
    """The next owner comes years later; there are no answers in any window."""
    desk = _fallen()
    desk.settle()
    later_s = NOW_S + 2_000 * DAY_S
    desk = desk.crashed(later_s)
    desk.settle(later_s)
    _, alarm = _alarms(desk)
    validator = jsonschema_rs.Draft202012Validator(ALARM.schema, validate_formats=True)
    assert [] == [str(error) for error in validator.iter_errors(alarm)]
    assert ("released", 0, None, None) == (alarm["kind"], alarm["current"]["n"], alarm["current"]["nps"], alarm["z"])


def test_history_raises_nothing_about_the_past() -> None:
    """It comes in from its beginning, and is looked at again and again on the way; what fell in it rose long ago."""
    desk = Desk()
    for ago in reversed(range(8, 300)):
        noon_ms = NOW_MS - ago * DAY_MS
        scores = BAD if 20 <= ago < 60 else HEALTHY
        desk.take(*_day(noon_ms, scores, imported=True))
        desk.settle(NOW_S + 300 - ago)
    assert [] == _alarms(desk)
    assert 293 == len(desk.sent(SCORES)) - len([out for out in desk.sent(SCORES) if out.key == b"Nord"]) + 1


def test_a_backlog_is_looked_at_when_it_is_over() -> None:
    """A fall and a recovery that both lie in it are no news."""
    desk = _fallen()
    _days(desk, 20, until_ms=NOW_MS + 20 * DAY_MS)
    desk.settle(NOW_S + 20 * DAY_S)
    assert [] == _alarms(desk)


def test_a_brand_falls_with_its_stores() -> None:
    """Under its own key, in its own shard; its row has no store."""
    desk = Desk()
    for store in ("Lyon", "Lille"):
        _days(desk, DAYS, until_ms=NOW_MS - 5 * DAY_MS, store=store)
        _days(desk, 5, BAD, store=store)
    desk.settle(NOW_S)
    _fed_back(desk, NOW_S + 2)
    assert {("Lyon", "drop"), ("Lille", "drop"), (None, "drop")} == {
        (alarm["store"], alarm["rule"]) for alarm in _alarms(desk)
    }
    assert b"Nord" == desk.sent(ALARMS)[-1].key
    rows = {row.key: row.value for row in desk.changelog if row.key.startswith(b"a|")}
    assert dict.fromkeys((b"a|Nord|Lyon|drop", b"a|Nord|Lille|drop", b"a|Nord||drop"), Episode(1, True).pack()) == rows
    desk = desk.crashed(NOW_S + 60)
    desk.settle(NOW_S + 60)
    assert 3 == len(_alarms(desk))


def test_open_alarms_are_looked_at_a_few_at_a_time() -> None:
    """A bad day of a whole brand must not keep alerts waiting at each full hour."""
    stores = LOOKS_PER_COMMIT + 30
    desk = Desk()
    for number in range(stores):
        desk.ledger.restore(f"a|Nord|Shop {number}|drop".encode(), Episode(1, is_open=True).pack(), number)
    desk.commit()
    assert LOOKS_PER_COMMIT == len(_alarms(desk))
    assert desk.ledger.due_in_s(NOW_S) <= 0
    desk.settle()
    assert {f"Shop {number}" for number in range(stores)} == {alarm["store"] for alarm in _alarms(desk)}
    assert stores == len(_alarms(desk))


@pytest.mark.parametrize(
    ("key", "row"),
    [("a|Nord|Lyon|drop", b"\x02"), ("a|Nord|Lyon|swing", Episode(1, is_open=True).pack())],
)
def test_an_episode_of_a_later_release_is_refused(key: str, row: bytes) -> None:
    """A later form of the row, or a rule that this release does not know."""
    with pytest.raises(Refusal, match="later release"):
        Desk().ledger.restore(key.encode(), row, 0)


def test_alarms_go_to_the_partition_of_their_shard() -> None:
    """However many partitions the topic of scores has."""
    desk = Desk(3, a_policy(partitions=8, score_partitions=5))
    desk.ledger.restore(b"a|Nord|Lyon|drop", Episode(1, is_open=True).pack(), 0)
    desk.settle()
    assert [(ALARMS, 3)] == [place for place in desk.written if place[0] == ALARMS]


class _Book:
    """What was answered and what was taken back, to be counted again."""

    def __init__(self) -> None:
        self.votes: dict[str, tuple[str, int, int, bool]] = {}
        self._answers = 0

    def answer(self, store: str, at_ms: int, score: int, *, kiosk: bool) -> bytes:
        """Another answer."""
        self._answers += 1
        name = f"r-{self._answers}"
        self.votes[name] = (store, at_ms, score, kiosk)
        return response(at_ms, response_id=name, store=store, score=score, channel="kiosk" if kiosk else None)

    def take_back(self, chance: Any) -> bytes:
        """Somebody deletes one of the latest answers."""
        name = chance.choice(list(self.votes)[-100:])
        store, at_ms, _, _ = self.votes.pop(name)
        return response(at_ms, response_id=name, store=store, score=None, event="deleted")

    def counts(self, alarm: Sent, window: Sent) -> dict[str, int]:
        """What a window of an alarm must hold."""
        scores = [
            score
            for store, at_ms, score, kiosk in self.votes.values()
            if alarm["store"] in {store, None}
            and ms(window["from"]) <= at_ms < ms(window["to"])
            and (kiosk or alarm["rule"] != "burst")
        ]
        return {
            "n": len(scores),
            "promoters": sum(score >= 9 for score in scores),
            "passives": sum(score in {7, 8} for score in scores),
            "detractors": sum(score <= 6 for score in scores),
        }


STEPS = st.lists(
    st.tuples(
        st.sampled_from(((HEALTHY, 3), (BAD, 3), (HEALTHY * 2, 12), (BAD, 6), ((), 8), ((0,), 2))),
        st.sampled_from(("Lyon", "Lille")),
        st.booleans(),
        st.sampled_from((0.0, 0.1, 0.5)),
    ),
    max_size=5,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS, st.randoms(use_true_random=False))
def test_whatever_happens_alarms_take_turns_and_can_be_counted_again(steps: list[Any], chance: Any) -> None:
    """Raised and released in turn, numbered from 1, by key and rule; never of too few; figures equal to a recount."""
    desk, book, now_ms, seen = Desk(), _Book(), NOW_MS, 0
    for (scores, days), store, kiosk, crash in [((HEALTHY * 2, 8), "Lyon", False, 0.0), *steps]:
        for _ in range(days):
            now_ms += DAY_MS
            votes = [
                book.answer(store, now_ms - chance.randrange(1_800) * 1000, score, kiosk=kiosk)
                for score in chance.sample(scores, len(scores))
            ]
            corrections = [book.take_back(chance) for _ in range(chance.randrange(3)) if book.votes]
            desk.take(*votes, *corrections, at_ms=now_ms)
            desk.settle(now_ms / 1000)
            _fed_back(desk, now_ms / 1000 + 2)
            alarms = _alarms(desk)
            for alarm in alarms[seen:]:
                for window in filter(None, (alarm["current"], alarm["baseline"])):
                    counts = book.counts(alarm, window)
                    assert counts == {name: window[name] for name in counts}
            seen = len(alarms)
            if chance.random() < crash:
                desk = desk.crashed(now_ms / 1000 + 5)
    turns: dict[tuple[str | None, str], int] = {}
    for alarm in _alarms(desk):
        turn = turns.get((alarm["store"], alarm["rule"]), 0)
        turns[alarm["store"], alarm["rule"]] = turn + 1
        assert (turn // 2 + 1, ("raised", "released")[turn % 2]) == (alarm["episode"], alarm["kind"])
        least = (4, 0) if alarm["rule"] == "burst" else (50, 100)
        if alarm["kind"] == "raised":
            assert least <= (alarm["current"]["n"], (alarm["baseline"] or {"n": 0})["n"])
