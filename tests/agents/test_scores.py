"""Scores: what changed, at most once per interval and key, and the last one of a key is always right."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.agents.ledger import ROWS_PER_COMMIT
from streams.domain.comparison import compare
from streams.domain.tally import ONE, figures
from tests.agents import oracle
from tests.agents.desk import NOW_MS, NOW_S, SCORES, Desk, a_policy, home_of
from tests.builders import ms, response
from tests.contracts.contracts import SCORE
from tests.strategies import SCORES as ANSWERED

HOUR_S = 3_600
DAY_S = 86_400
AGES_H = st.one_of(
    st.integers(0, 60),
    st.sampled_from([7, 14, 30, 60, 90, 180, 365, 366, 372, 395, 400, 402, 455, 730, 799]).flatmap(
        lambda days: st.integers(days * 24 - 30, days * 24 + 30)
    ),
)
"""Hours: the last two days and around the ends of all windows."""


def _published(desk: Desk) -> list[str]:
    return [(output.key or b"").decode() for output in desk.sent(SCORES)]


def _n(desk: Desk, key: str, window: str) -> int:
    n = desk.scores()[key]["windows"][window]["n"]
    assert isinstance(n, int)
    return n


def _fed_back(desk: Desk, now_s: float) -> None:
    """What a shard hands over comes back to it where it is the brand's own."""
    handed_over = desk.sent("nps.brand-tallies")
    desk.written.pop(("nps.brand-tallies", 0), None)
    desk.hear(*handed_over)
    desk.settle(now_s)


def test_a_score_has_all_windows_and_is_admitted_by_its_schema() -> None:
    """Empty ones are n 0 and nulls."""
    desk = Desk()
    desk.take(response(NOW_MS - 2 * DAY_S * 1000, score=0))
    desk.settle()
    score = desk.scores()["Nord|Lyon"]
    validator = jsonschema_rs.Draft202012Validator(SCORE.schema, validate_formats=True)
    assert [] == [str(error) for error in validator.iter_errors(score)]
    nothing = {"n": 0, "nps": None, "low": None, "high": None}
    not_compared = {**nothing, "difference": None, "z": None, "p": None}
    counted = {"promoters": 0, "passives": 0, "detractors": 0, "histogram": [0] * 11, "mean": None}
    compared = {"low_confidence": True, "previous": not_compared, "year_ago": not_compared}
    assert nothing | counted | compared == score["windows"]["24h"]
    assert ("Nord", "Lyon", "2026-03-01T12:00:00.000Z", -100.0) == (
        score["brand"],
        score["store"],
        score["as_of"],
        score["windows"]["7d"]["nps"],
    )
    assert ["24h", "7d", "30d", "90d", "365d", "all"] == list(score["windows"])


def test_a_window_is_compared_with_the_one_before_and_with_a_year_ago() -> None:
    """Raw difference, z and p of the adjusted Wald; the brand's as well as the store's."""
    desk = Desk()
    of_days = {3: [10] * 6 + [2] * 3, 10: [9] * 4 + [7], 365 + 3: [0] * 5 + [8] * 2}
    for days, scores in of_days.items():
        at_ms = NOW_MS - days * DAY_S * 1000
        desk.take(*(response(at_ms, response_id=f"{days}-{n}", score=score) for n, score in enumerate(scores)))
    desk.settle(NOW_S)
    _fed_back(desk, NOW_S + 2)
    now, previous, year_ago = (sum(ONE[score] for score in scores) for scores in of_days.values())
    for key in ("Nord|Lyon", "Nord"):
        week = desk.scores()[key]["windows"]["7d"]
        assert ([0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 6], 66 / 9) == (week["histogram"], week["mean"])
        for then, tally in (("previous", previous), ("year_ago", year_ago)):
            before = figures(tally)
            other = {"n": before.n, "nps": before.nps, "low": before.low, "high": before.high}
            assert other | compare(now, tally)._asdict() == week[then]
        assert 100 / 3 - 80 == pytest.approx(week["previous"]["difference"])
        assert 100 / 3 + 500 / 7 == pytest.approx(week["year_ago"]["difference"])


def test_what_is_counted_in_all_is_compared_with_nothing() -> None:
    """There is no other of as many days."""
    desk = Desk()
    desk.take(*(response(NOW_MS, response_id=f"r-{n}", score=n % 11) for n in range(33)))
    desk.settle()
    window = desk.scores()["Nord|Lyon"]["windows"]["all"]
    assert (None, None, False) == (window["previous"], window["year_ago"], window["low_confidence"])
    assert ([3] * 11, 5.0) == (window["histogram"], window["mean"])


def test_the_first_change_is_published_at_once() -> None:
    """Together with its row, in the same transaction."""
    desk = Desk()
    desk.take(response(NOW_MS))
    assert desk.ledger.due_in_s(NOW_S) <= 0
    changes = desk.commit()
    assert [b"p|Nord|Lyon|20513|0"] == [key for key, _ in changes.rows]
    assert ["Nord|Lyon"] == _published(desk)


def test_a_key_is_published_once_per_interval() -> None:
    """What changed meanwhile is in the next one; another key does not wait."""
    desk = Desk()
    desk.take(response(NOW_MS))
    desk.commit(NOW_S)
    desk.take(response(NOW_MS, response_id="b"), response(NOW_MS, store="Lille"))
    desk.commit(NOW_S + 0.4)
    assert ["Nord|Lyon", "Nord|Lille"] == _published(desk)
    assert 0.6 == pytest.approx(desk.ledger.due_in_s(NOW_S + 0.4))
    desk.take(response(NOW_MS, response_id="c"))
    desk.commit(NOW_S + 0.9)
    assert 2 == len(_published(desk))
    desk.commit(NOW_S + 1.0)
    assert ["Nord|Lyon", "Nord|Lille", "Nord|Lyon"] == _published(desk)
    assert 3 == _n(desk, "Nord|Lyon", "all")


def test_nothing_is_due_when_nothing_changed() -> None:
    """Until the hour is over."""
    desk = Desk()
    desk.take(response(NOW_MS))
    desk.settle()
    assert HOUR_S == desk.ledger.due_in_s(NOW_S)


def test_scores_wait_while_a_backlog_is_worked_off() -> None:
    """Alerts do not."""
    desk = Desk()
    desk.take(response(NOW_MS, score=1))
    desk.commit(behind=True)
    assert ([], 1) == (_published(desk), len(desk.alerts()))
    desk.settle()
    assert ["Nord|Lyon"] == _published(desk)


def test_a_commit_takes_a_bounded_number_of_scores() -> None:
    """The rest follow in the next ones."""
    desk = Desk()
    desk.take(*(response(NOW_MS, store=f"Shop {n}") for n in range(ROWS_PER_COMMIT + 20)))
    desk.commit()
    assert ROWS_PER_COMMIT == len(_published(desk))
    assert desk.ledger.due_in_s(NOW_S) <= 0
    desk.commit()
    assert ROWS_PER_COMMIT + 20 == len(set(_published(desk))) == len(_published(desk))


@pytest.mark.parametrize("compacted", [False, True])
def test_a_crash_between_commit_and_publication_loses_no_score(compacted: bool) -> None:
    """The marker says since when rows may lack their score."""
    desk = Desk()
    desk.take(response(NOW_MS))
    desk.settle()
    desk.take(response(NOW_MS, response_id="b"), response(NOW_MS, response_id="c", store="Lille"))
    desk.commit(behind=True)
    desk.commit(NOW_S + 0.1, behind=True)
    desk = desk.crashed(NOW_S + 5, compacted=compacted)
    desk.settle(NOW_S + 5)
    _fed_back(desk, NOW_S + 7)
    assert [2, 1, 3] == [_n(desk, key, "24h") for key in ("Nord|Lyon", "Nord|Lille", "Nord")]


def test_a_score_that_waits_for_its_interval_survives_a_crash() -> None:
    """Its row was committed long before others that were published since."""
    desk = Desk()
    desk.take(response(NOW_MS))
    desk.commit(NOW_S)
    desk.take(response(NOW_MS, response_id="b"))
    desk.commit(NOW_S + 0.1)
    for n in range(5):
        desk.take(response(NOW_MS, store=f"Shop {n}"))
        desk.commit(NOW_S + 0.2 + n / 10)
    desk = desk.crashed(NOW_S + 60)
    desk.settle(NOW_S + 60)
    assert 2 == _n(desk, "Nord|Lyon", "24h")


def test_a_restart_after_everything_was_published_publishes_nothing() -> None:
    """A rolling upgrade is no storm."""
    desk = Desk()
    desk.take(*(response(NOW_MS, store=f"Shop {n}") for n in range(30)))
    desk.settle(NOW_S)
    desk.settle(NOW_S + 2)
    before = len(_published(desk)), len(desk.sent("nps.brand-tallies"))
    desk = desk.crashed(NOW_S + 60)
    desk.settle(NOW_S + 60)
    assert before == (len(_published(desk)), len(desk.sent("nps.brand-tallies")))


def test_scores_decay_without_traffic() -> None:
    """Each window runs empty by the clock, the brand's too, then the one before it; each change is published once."""
    desk = Desk()
    desk.take(response(NOW_MS))
    desk.settle(NOW_S)
    _fed_back(desk, NOW_S + 2)
    for hours, expected in ((23, 1), (24, 0)):
        desk.settle(NOW_S + hours * HOUR_S)
        assert [expected] * 2 == [_n(desk, key, "24h") for key in ("Nord|Lyon", "Nord")]
    assert 4 == len(_published(desk))
    for days, window, before in ((7, "7d", "24h"), (30, "30d", "7d"), (90, "90d", "30d"), (365, "365d", "90d")):
        desk.settle(NOW_S + (days - 1) * DAY_S)
        assert [1, 0] == [_n(desk, "Nord", name) for name in (window, before)]
        desk.settle(NOW_S + days * DAY_S)
        assert [0, 0, 1] == [_n(desk, "Nord", name) for name in (window, before, "all")]
    # At first, after a day, and around the ends of 7, 30, 90 and 365 days: the first of two empties the one before.
    assert 2 * (1 + 1 + 4 * 2) == len(_published(desk))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(AGES_H, st.sampled_from(["Lyon", "Lille"]), ANSWERED), max_size=12),
    st.lists(st.sampled_from([1, 2, 11, 24, 25, 6 * 24, 7 * 24, 30 * 24, 90 * 24]), min_size=1, max_size=5),
    st.booleans(),
)
def test_time_alone_brings_every_score_up_to_date(
    answers: list[tuple[int, str, int]], waits_h: list[int], compacted: bool
) -> None:
    """Windows, the ones before and those of a year ago: whatever an hour changed is published, and right.

    Answers of more than two years, each arriving on time, then nothing but the clock, and a crash in between.
    """
    answers.sort(key=lambda answer: -answer[0])
    votes = dict[str, list[tuple[int, int]]]()
    desk = Desk(now_s=NOW_S - 800 * DAY_S)
    for n, (age_h, store, score) in enumerate(answers):
        at_ms = NOW_MS - age_h * HOUR_S * 1000
        desk.take(response(at_ms, store=store, response_id=f"r-{n}", score=score), at_ms=at_ms)
        desk.commit(at_ms / 1000, behind=n % 2 == 0)
        for key in (f"Nord|{store}", "Nord"):
            votes.setdefault(key, []).append((at_ms, score))
    now_s = NOW_S
    for number, wait_h in enumerate([0, *waits_h]):
        now_s += wait_h * HOUR_S
        if number == 2:
            desk = desk.crashed(now_s, compacted=compacted)
        desk.settle(now_s)
        desk.settle(now_s + 1)  # a hand-over within the interval of the last one waits for it
        _fed_back(desk, now_s + 2)
        found = {
            key: {name: oracle.without_doubles(window) for name, window in score["windows"].items()}
            for key, score in desk.scores().items()
        }
        assert {key: oracle.figures(counted, now_s) for key, counted in votes.items()} == found


def test_an_answer_ahead_of_its_hour_comes_in_with_the_hour() -> None:
    """It is in `all` at once, in `24h` when its bucket begins."""
    desk = Desk()
    at_ms = ms("2026-03-01T12:57:00Z")
    desk.take(response(at_ms + 4 * 60_000), at_ms=at_ms)
    desk.settle(at_ms / 1000)
    assert [0, 1] == [_n(desk, "Nord|Lyon", window) for window in ("24h", "all")]
    desk.settle(at_ms / 1000 + 180)
    assert [1, 1] == [_n(desk, "Nord|Lyon", window) for window in ("24h", "all")]


@pytest.mark.parametrize("compacted", [False, True])
@pytest.mark.parametrize("days", [1, 2, 3, 10, 100])
def test_an_outage_leaves_no_old_figures(days: int, compacted: bool) -> None:
    """However long nobody worked, the windows are right soon after somebody does."""
    desk = Desk()
    desk.take(response(NOW_MS))
    desk.settle(NOW_S)
    _fed_back(desk, NOW_S + 2)
    later_s = NOW_S + days * DAY_S
    desk = desk.crashed(later_s, compacted=compacted)
    desk.settle(later_s)
    for key in ("Nord|Lyon", "Nord"):
        assert [0, int(days < 7), int(days < 30)] == [_n(desk, key, window) for window in ("24h", "7d", "30d")]


@pytest.mark.parametrize("commits", range(1, 6))
def test_a_crash_in_the_middle_of_a_tick_leaves_no_old_figures(commits: int) -> None:
    """The hour counts as done when all that it changed is published."""
    stores = ROWS_PER_COMMIT + 100
    desk = Desk()
    desk.take(*(response(NOW_MS, store=f"Shop {n}") for n in range(stores)))
    desk.settle(NOW_S)
    later_s = NOW_S + DAY_S
    for _ in range(commits):
        desk.commit(later_s)
    desk = desk.crashed(later_s + 10)
    desk.settle(later_s + 10)
    scores = desk.scores()
    assert {0} == {scores[f"Nord|Shop {n}"]["windows"]["24h"]["n"] for n in range(stores)}


def test_a_tick_publishes_only_what_it_changed() -> None:
    """A store whose figures stay is not written."""
    desk = Desk()
    desk.take(response(NOW_MS - 2 * DAY_S * 1000), response(NOW_MS, store="Lille"))
    desk.settle(NOW_S)
    before = len(_published(desk))
    desk.settle(NOW_S + 11 * HOUR_S)
    assert before == len(_published(desk))
    desk.settle(NOW_S + 24 * HOUR_S)
    assert ["Nord|Lille"] == _published(desk)[before:]


def test_scores_go_where_their_key_belongs() -> None:
    """With as many partitions as shards that is the shard's own; else murmur2 says."""
    for partitions, expected in ((8, home_of("Nord", "Lyon", 8)), (3, home_of("Nord", "Lyon", 3))):
        desk = Desk(home_of("Nord", "Lyon", 8), a_policy(partitions=8, score_partitions=partitions))
        desk.take(response(NOW_MS))
        desk.commit()
        assert [(SCORES, expected)] == [place for place in desk.written if place[0] == SCORES]


def test_a_page_that_rests_is_packed_and_counts_as_before() -> None:
    """After five minutes without a touch; the next answer finds its identity again."""
    desk = Desk()
    values = [response(NOW_MS, response_id=f"r-{n}") for n in range(200)]
    desk.take(*values)
    desk.commit(NOW_S)
    desk.commit(NOW_S + 301)
    desk.commit(NOW_S + 602)
    store: Any = desk.ledger.store("Nord", "Lyon")
    assert {bytes} == {type(page) for page in store.days_pages(20_513)}
    assert 200 == desk.take(*values).totals["duplicate"]
    assert 1 == desk.take(response(NOW_MS, response_id="new")).totals["counted"]
    desk.settle(NOW_S + 700)
    assert 201 == _n(desk, "Nord|Lyon", "all")
