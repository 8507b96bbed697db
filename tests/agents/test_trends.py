"""Trends: days, weeks and months, provisional and then final, at most once per interval and key."""

import pytest

from streams.agents.trends import TRENDS_PER_COMMIT
from tests.agents.desk import NOW_MS, NOW_S, TRENDS, Desk, a_policy, home_of
from tests.agents.published import at, keys, rest, trend, trends
from tests.builders import response

DAY_S = 86_400
DAY_MS = DAY_S * 1000
MIDNIGHT_S = NOW_S + DAY_S / 2


def test_a_trend_has_the_last_days_weeks_and_months() -> None:
    """The last of each holds the instant of it; the counts are by band."""
    desk = Desk()
    for back, score in ((0, 9), (0, 8), (1, 2), (34, 10), (35, 0), (400, 0)):
        at_ms = NOW_MS - back * DAY_MS
        desk.take(response(at_ms, response_id=f"{back}-{score}", score=score), at_ms=at_ms)
    desk.settle()
    document = trend(desk)
    assert ("Nord", "Lyon", "2026-03-01T12:00:00.000Z") == (document["brand"], document["store"], document["as_of"])
    firsts = [document[name]["first"] for name in ("days", "weeks", "months")]
    assert ["2026-01-26", "2025-W09", "2024-04"] == firsts
    assert [(2, 1, 0), (1, 0, 1), (1, 1, 0)] == [at(document["days"], back) for back in (0, 1, 34)]
    assert [(3, 1, 1), (1, 1, 0), (1, 0, 1)] == [at(document["weeks"], back) for back in (0, 4, 5)]
    assert [(2, 1, 0), (1, 0, 1), (2, 1, 1), (1, 0, 1)] == [at(document["months"], back) for back in (0, 1, 2, 14)]
    assert [4, 5, 6] == [sum(document[name]["n"]) for name in ("days", "weeks", "months")]


def test_a_period_is_provisional_until_72_hours_after_its_end() -> None:
    """Then it is final, by time alone."""
    desk = Desk()
    desk.take(response(NOW_MS - 4 * DAY_MS), at_ms=NOW_MS - 4 * DAY_MS)
    finals = []
    for days in (0, 1, 2, 3, 4):
        desk.settle(NOW_S + days * DAY_S)
        document = trend(desk)
        finals.append(tuple(document[name]["final"] - len(document[name]["n"]) for name in ("days", "weeks", "months")))
    # From Sunday, the first of March, on: its week is final on Thursday, February on Wednesday.
    assert [(-4, -1, -2), (-4, -2, -2), (-4, -2, -2), (-4, -2, -1), (-4, -1, -1)] == finals


def test_an_answer_of_tomorrow_waits_for_its_day() -> None:
    """It is counted, but no period that is shown may hold more than another says of its days."""
    desk = Desk()
    desk.take(response(int(MIDNIGHT_S * 1000) + 60_000), at_ms=int(MIDNIGHT_S * 1000) - 60_000)
    desk.settle(MIDNIGHT_S - 60)
    assert [0, 0, 0] == [sum(trend(desk)[name]["n"]) for name in ("days", "weeks", "months")]
    desk.settle(MIDNIGHT_S + 60)
    assert [1, 1, 1] == [trend(desk)[name]["n"][-1] for name in ("days", "weeks", "months")]


def test_a_key_is_published_once_per_interval() -> None:
    """What changed meanwhile is in the next one; another key does not wait."""
    desk = Desk()
    desk.take(response(NOW_MS))
    desk.settle(NOW_S)
    desk.take(response(NOW_MS, response_id="b"), response(NOW_MS, store="Lille"))
    desk.settle(NOW_S + 1)
    desk.settle(NOW_S + 59)
    assert ["Nord|Lyon", "Nord|Lille"] == keys(desk)
    assert 1 == pytest.approx(desk.ledger.due_in_s(NOW_S + 59))
    desk.settle(NOW_S + 60)
    assert ["Nord|Lyon", "Nord|Lille", "Nord|Lyon"] == keys(desk)
    assert 2 == trend(desk)["days"]["n"][-1]


def test_a_change_that_awaits_its_score_is_in_a_later_trend() -> None:
    """Whatever goes out in between: no change is told by a score alone."""
    desk = Desk()
    desk.take(response(NOW_MS))
    desk.settle(NOW_S)
    desk.take(response(NOW_MS, response_id="b"))
    desk.settle(NOW_S + 1)
    desk.take(response(NOW_MS, response_id="c"))
    desk.commit(NOW_S + 59.5)
    desk.take(response(NOW_MS, response_id="d"))
    desk.commit(NOW_S + 60)
    for seconds in (60.5, 61, 120, 121):
        desk.settle(NOW_S + seconds)
    assert 4 == trend(desk)["days"]["n"][-1]


def test_trends_wait_while_a_backlog_is_worked_off() -> None:
    """As scores do, and they come after them."""
    desk = Desk()
    desk.take(response(NOW_MS))
    desk.commit(behind=True)
    assert [] == keys(desk)
    desk.commit()
    assert ["nps.scores", TRENDS] == [topic for topic, _ in desk.written if topic in {"nps.scores", TRENDS}]


def test_a_commit_takes_a_bounded_number_of_trends() -> None:
    """The rest follow in the next ones; so it is after midnight."""
    stores = TRENDS_PER_COMMIT + 20
    desk = Desk()
    desk.take(*(response(NOW_MS, store=f"Shop {n}") for n in range(stores)))
    for now_s in (NOW_S, MIDNIGHT_S + 60):
        before = len(keys(desk))
        desk.commit(now_s)
        assert TRENDS_PER_COMMIT == len(keys(desk)) - before
        assert desk.ledger.due_in_s(now_s) <= 0
        desk.settle(now_s)
        assert stores == len(set(keys(desk)[before:])) == len(keys(desk)) - before


def test_a_trend_goes_where_its_subject_lives() -> None:
    """The topic has as many partitions as there are shards."""
    desk = Desk(home_of("Nord", "Lyon", 8), a_policy(partitions=8, score_partitions=3))
    desk.take(response(NOW_MS))
    desk.commit()
    assert [(TRENDS, desk.number)] == [place for place in desk.written if place[0] == TRENDS]


@pytest.mark.parametrize("compacted", [False, True])
@pytest.mark.parametrize("scored", [False, True])
def test_a_crash_between_commit_and_publication_loses_no_trend(scored: bool, compacted: bool) -> None:
    """Its score may have been published, or not."""
    desk = Desk()
    desk.take(response(NOW_MS))
    desk.settle(NOW_S)
    desk.take(response(NOW_MS, response_id="b"))
    desk.commit(NOW_S + 2, behind=not scored)
    for n in range(5):
        desk.take(response(NOW_MS, store=f"Shop {n}"))
        desk.commit(NOW_S + 3 + n, behind=not scored)
    assert 1 == trend(desk)["days"]["n"][-1]
    desk = desk.crashed(NOW_S + 9, compacted=compacted)
    rest(desk, NOW_S + 9)
    assert [2, 7] == [trend(desk, key)["days"]["n"][-1] for key in ("Nord|Lyon", "Nord")]


def test_a_restart_after_everything_was_published_publishes_nothing() -> None:
    """A rolling upgrade is no storm."""
    desk = Desk()
    desk.take(*(response(NOW_MS, store=f"Shop {n}") for n in range(30)))
    rest(desk, NOW_S)
    rest(desk, NOW_S + 100)
    before = len(keys(desk))
    desk = desk.crashed(NOW_S + 300)
    desk.settle(NOW_S + 400)
    assert before == len(keys(desk))


def test_what_an_owner_without_trends_left_behind_is_published() -> None:
    """An older release noted nothing of them: everybody gets one, whatever was scored long ago."""
    desk = Desk()
    desk.take(response(NOW_MS))
    rest(desk, NOW_S)
    desk.note = {name: value for name, value in desk.note.items() if not name.startswith("trend")}
    desk.written.clear()
    desk = desk.crashed(NOW_S + 200)
    desk.settle(NOW_S + 200)
    assert {"Nord", "Nord|Lyon"} == set(keys(desk))


def test_midnight_moves_every_trend_once() -> None:
    """An interval later, so that what was published before midnight is an interval old."""
    desk = Desk()
    desk.take(response(NOW_MS), response(NOW_MS, store="Lille"))
    desk.settle(NOW_S)
    desk.take(response(NOW_MS, response_id="b"))
    desk.settle(MIDNIGHT_S - 1)
    assert ["Nord|Lyon", "Nord|Lille", "Nord|Lyon"] == keys(desk)
    desk.settle(MIDNIGHT_S + 59)
    assert 3 == len(keys(desk))
    desk.settle(MIDNIGHT_S + 60)
    assert ["Nord|Lille", "Nord|Lyon"] == sorted(keys(desk)[3:])
    assert "2026-01-27" == trend(desk)["days"]["first"]
    desk.settle(MIDNIGHT_S + DAY_S)
    assert 5 == len(keys(desk))


@pytest.mark.parametrize("compacted", [False, True])
def test_a_store_that_fell_silent_is_shown_until_nothing_is_left(compacted: bool) -> None:
    """Its last trend is empty; after that it is left in peace."""
    desk = Desk()
    desk.take(response(NOW_MS))
    desk.settle(NOW_S)
    for days, expected in ((35, 1), (300, 1), (730, 1), (731, 0)):
        desk = desk.crashed(NOW_S + days * DAY_S, compacted=compacted)
        desk.settle(NOW_S + days * DAY_S)
        assert expected == sum(trend(desk)["months"]["n"])
    before = len(keys(desk))
    desk.settle(NOW_S + 740 * DAY_S)
    assert before == len(keys(desk))


@pytest.mark.parametrize("commits", range(1, 5))
def test_a_crash_in_the_middle_of_a_days_pass_leaves_no_old_trend(commits: int) -> None:
    """The day counts as done when all of it is published."""
    stores = 2 * TRENDS_PER_COMMIT + 50
    desk = Desk()
    desk.take(*(response(NOW_MS, store=f"Shop {n}") for n in range(stores)))
    desk.settle(NOW_S)
    for _ in range(commits):
        desk.commit(MIDNIGHT_S + 60)
    desk = desk.crashed(MIDNIGHT_S + 70)
    desk.settle(MIDNIGHT_S + 70)
    assert {"2026-01-27"} == {one["days"]["first"] for one in trends(desk).values()}
