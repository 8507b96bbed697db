"""The turnaround of cases on its way: into the score of the store, to the brand, and back from the rows."""

from typing import Any

import orjson

from streams.domain.caseload import count_case
from streams.domain.store import Store
from streams.domain.turnaround import Course, codes_of
from tests.agents.desk import BRAND_TALLIES, NOW_MS, NOW_S, Desk, a_policy, home_of
from tests.agents.test_brands import PARTITIONS, Cluster
from tests.builders import response
from tests.contracts.contracts import BRAND_TALLY, SCORE

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
TODAY = NOW_MS // DAY_MS
NOTHING: dict[str, Any] = {
    "window": "30d",
    "cases": 0,
    "open": 0,
    "overdue": 0,
    "contactable": 0,
    "in_time": 0,
    "pending": 0,
    "in_time_share": None,
    "not_contactable": 0,
    "reopened": 0,
    "expired": 0,
    "dismissed": {},
    **{name: {"n": 0, "waiting": 0, "median_s": None, "p90_s": None} for name in ("acknowledge", "contact", "resolve")},
}


def _open(days_ago: int, *, contactable: bool = True) -> Course:
    submitted_ms = NOW_MS - days_ago * DAY_MS
    return Course(submitted_ms, submitted_ms + 2 * DAY_MS, contactable, "open")


def _contacted(course: Course, after_h: int) -> Course:
    return course._replace(status="contacted", contacted_ms=course.submitted_ms + after_h * HOUR_MS)


def _changed(desk: Desk, store: Store, before: Course | None, after: Course) -> None:
    """What whoever changes a case has to do."""
    day = after.submitted_ms // DAY_MS
    if count_case(store, day, () if before is None else codes_of(before), codes_of(after)):
        desk.ledger.due.mark([store])
        desk.ledger.day_changed(store.brand, day)


def _a_store(desk: Desk, name: str = "Lyon") -> Store:
    desk.take(response(NOW_MS, store=name, score=9))
    store = desk.ledger.store("Nord", name)
    assert store is not None
    return store


def test_who_has_no_cases_says_so() -> None:
    """Zeros where nothing was to do, null where there is no number."""
    desk = Desk()
    _a_store(desk)
    desk.settle()
    assert NOTHING == desk.scores()["Nord|Lyon"]["follow_up"]


def test_a_score_says_how_the_unhappy_are_answered() -> None:
    """As its schema has it; a case that changes takes its old figures along."""
    desk = Desk()
    store = _a_store(desk)
    cases = [_open(3), _open(4), _open(5, contactable=False)]
    for case in cases:
        _changed(desk, store, None, case)
    desk.settle()
    fresh = NOTHING | {"cases": 3, "open": 3, "contactable": 2, "pending": 2, "in_time_share": 0.0}
    fresh |= {"not_contactable": 1}
    fresh |= {name: NOTHING[name] | {"waiting": 3} for name in ("acknowledge", "resolve")}
    assert fresh | {"contact": NOTHING["contact"] | {"waiting": 2}} == desk.scores()["Nord|Lyon"]["follow_up"]
    _changed(desk, store, cases[0], _contacted(cases[0], after_h=1))
    desk.settle(NOW_S + 2)
    score = desk.scores()["Nord|Lyon"]
    assert SCORE.admits(score)
    assert (1, 1, 0.5) == tuple(score["follow_up"][name] for name in ("in_time", "pending", "in_time_share"))
    assert {"n": 1, "waiting": 1, "median_s": 3600, "p90_s": None} == score["follow_up"]["contact"]


def test_a_brand_is_told_of_its_cases_day_by_day() -> None:
    """Absolute counts; a day with cases alone is handed over as well, and one without says nothing of them."""
    desk = Desk(home_of("Nord", "Lyon", PARTITIONS), a_policy(partitions=PARTITIONS))
    store = _a_store(desk)
    _changed(desk, store, None, _open(2))
    _changed(desk, store, None, _open(2))
    desk.settle()
    said = {tally["day"]: tally for tally in (orjson.loads(out.value or b"") for out in desk.sent(BRAND_TALLIES))}
    assert all(map(BRAND_TALLY.admits, said.values()))
    (code,) = codes_of(_open(2))
    assert ({}, {str(code): 2}) == (said["2026-02-27"]["hours"], said["2026-02-27"]["follow_up"])
    assert "follow_up" not in said["2026-03-01"]


def test_a_brand_has_the_cases_of_all_its_stores() -> None:
    """Wherever they are, and again once its own shard was taken over; the median is that of all cases."""
    cluster = Cluster()
    stores = {}
    for n in range(6):
        desk = cluster.desks[home_of("Nord", f"Shop {n}", PARTITIONS)]
        stores[n] = desk, _a_store(desk, f"Shop {n}")
        for days_ago in range(2, 5):
            _changed(*stores[n], None, _contacted(_open(days_ago), after_h=n + 1))
    cluster.run(NOW_S + 2)
    cluster.run(NOW_S + 4)
    follow_up = cluster.brand()["follow_up"]
    assert (18, 18, 1.0) == tuple(follow_up[name] for name in ("cases", "in_time", "in_time_share"))
    assert abs(follow_up["contact"]["median_s"] - 3 * 3600) < 0.008 * 3 * 3600
    (home,) = [desk.number for desk in cluster.desks if "Nord" in desk.ledger.totals]
    before = cluster.desks[home].ledger.totals["Nord"].turnaround(int(NOW_S))
    cluster.crash(home, NOW_S + 6)
    assert before == cluster.desks[home].ledger.totals["Nord"].turnaround(int(NOW_S))


def test_what_is_said_no_more_is_taken_back() -> None:
    """The only case of a day was withdrawn from it: the row of its hand-over goes, and the brand has no case."""
    desk = Desk()
    store = _a_store(desk)
    _changed(desk, store, None, _open(2))
    desk.settle()
    desk.hear(*desk.sent(BRAND_TALLIES))
    desk.settle(NOW_S + 2)
    assert 1 == desk.scores()["Nord"]["follow_up"]["cases"]
    assert any(row.key == b"b|Nord|0|2026-02-27" for row in desk.changelog)
    count_case(store, TODAY - 2, codes_of(_open(2)), ())
    desk.ledger.day_changed(store.brand, TODAY - 2)
    desk.settle(NOW_S + 4)
    desk.hear(*desk.sent(BRAND_TALLIES))
    desk.settle(NOW_S + 6)
    assert NOTHING == desk.scores()["Nord"]["follow_up"]
    assert [None] == [row.value for row in desk.changelog if row.key == b"b|Nord|0|2026-02-27"][-1:]
    again = desk.crashed(compacted=True)
    assert 0 == again.ledger.totals["Nord"].turnaround(int(NOW_S)).cases


def test_time_alone_brings_the_turnaround_up_to_date() -> None:
    """Three of four have waited for two days; half a day later they have waited longer than the one that was called."""
    desk = Desk()
    store = _a_store(desk)
    _changed(desk, store, None, _contacted(_open(9), after_h=50))
    for _ in range(3):
        _changed(desk, store, None, _open(2))
    desk.settle()
    before = desk.scores()["Nord|Lyon"]["follow_up"]["contact"]
    desk.settle(NOW_S + 5 * 3600)
    after = desk.scores()["Nord|Lyon"]["follow_up"]["contact"]
    assert before["median_s"] is not None
    assert {"n": 1, "waiting": 3, "median_s": None, "p90_s": None} == after


def test_days_that_no_figure_shows_are_forgotten_when_the_log_has_moved_on() -> None:
    """A store that lives for years keeps a month of turnaround."""
    desk = Desk()
    desk.take(response(NOW_MS, store="Lyon", score=2))
    store = desk.ledger.store("Nord", "Lyon")
    assert store is not None
    assert [TODAY] == list(store.caseload.days) == list(store.brand.caseload.days)
    later_ms = NOW_MS + 40 * DAY_MS
    desk.take(response(later_ms, response_id="later", store="Lyon", score=1), at_ms=later_ms)
    desk.settle(later_ms / 1000)
    assert [TODAY + 40] == list(store.caseload.days) == list(store.brand.caseload.days)
