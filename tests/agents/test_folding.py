"""Old pages become day tallies and then part of the lifetime tally; no figure changes by it."""

from typing import Any

import pytest

from streams.agents.ledger import ROWS_PER_COMMIT
from streams.domain.store import DAY_TALLY_DAYS, RETENTION_DAYS
from streams.domain.tally import ONE, histogram
from tests.agents.desk import BRAND_TALLIES, NOW_MS, NOW_S, Desk
from tests.builders import response

DAY_S = 86_400
DAY_MS = DAY_S * 1000
FIRST_DAY = 20_513
"""The day of NOW_MS."""


def _windows(desk: Desk, now_s: float) -> dict[str, tuple[int, ...]]:
    """The figures of every store and brand as of now, by key."""
    stores = [store for share in desk.ledger.brands.values() for store in share.stores.values()]
    return {subject.key.decode(): subject.windows(int(now_s)) for subject in [*stores, *desk.ledger.totals.values()]}


def _kinds(desk: Desk) -> set[str]:
    """The first letters of the rows that are left in the changelog once it is compacted."""
    last = {row.key: row.value for row in desk.changelog if row.key != b"m"}
    return {chr(key[0]) for key, value in last.items() if value is not None}


def _share(desk: Desk, now_s: float) -> None:
    """Do what is due, and let the brand hear what its only shard hands over."""
    for seconds in (0, 1):
        desk.settle(now_s + seconds)
        handed_over = desk.sent(BRAND_TALLIES)
        desk.written.pop((BRAND_TALLIES, 0), None)
        desk.hear(*handed_over)
    desk.settle(now_s + 2)


def _later(desk: Desk, days: int, response_id: str) -> float:
    """An answer arrives so many days later, and all that is due is done; gives when."""
    at_ms = NOW_MS + days * DAY_MS
    desk.take(response(at_ms, store="Quiet", response_id=response_id), at_ms=at_ms)
    _share(desk, at_ms / 1000)
    return at_ms / 1000 + 2


def _a_year_of_answers() -> Desk:
    """Two stores with answers on a few days, one day with many; some taken out again."""
    desk = Desk()
    desk.take(*(response(NOW_MS, response_id=f"r-{n}", score=n % 11) for n in range(150)))
    desk.take(response(NOW_MS, response_id="r-10", event="deleted", score=None))
    for days in (1, 40, 399):
        at_ms = NOW_MS + days * DAY_MS
        values = [response(at_ms, store=store, response_id="r", score=3) for store in ("Lyon", "Lille")]
        desk.take(*values, at_ms=at_ms)
        desk.settle(at_ms / 1000)
    return desk


@pytest.mark.parametrize("compacted", [False, True])
def test_folding_changes_no_figure(compacted: bool) -> None:
    """Of no store, brand or window; and whoever restores after any step has the same."""
    desk = _a_year_of_answers()
    expected = {"Nord|Lyon": 149 + 3, "Nord|Lille": 3, "Nord": 149 + 6}
    kinds = []
    for n, days in enumerate((RETENTION_DAYS, RETENTION_DAYS + 2, 500, DAY_TALLY_DAYS + 2, 1_300), 1):
        now_s = _later(desk, days, f"late-{n}")
        found = _windows(desk, now_s)
        again = desk.crashed(now_s, compacted=compacted)
        assert found == _windows(again, now_s)
        assert desk.pages() == again.pages()
        totals = {key: sum(histogram(tally)) for key, (*_, tally) in found.items()}
        assert {**expected, "Nord": expected["Nord"] + n, "Nord|Quiet": n} == totals
        kinds.append("".join(sorted(_kinds(desk) - {"c", "h"})))
        desk = again
    assert ["bp", "bdp", "bdp", "bdlp", "bdlp"] == kinds


def test_a_page_is_kept_as_long_as_a_response_of_its_day_may_arrive() -> None:
    """400 days, and a day to spare; the log's own clock says how late it is."""
    for days, kept in ((RETENTION_DAYS + 1, True), (RETENTION_DAYS + 2, False)):
        desk = Desk()
        desk.take(response(NOW_MS))
        desk.settle()
        _later(desk, days, "late")
        store: Any = desk.ledger.store("Nord", "Lyon")
        assert kept == (FIRST_DAY in store.pages)
        assert kept != (FIRST_DAY in store.day_tallies)


def test_time_alone_folds_nothing() -> None:
    """A worker's clock that runs ahead must not: the same log folds the same days."""
    desk = Desk()
    desk.take(response(NOW_MS))
    desk.settle()
    desk.settle(NOW_S + 3_000 * DAY_S)
    store: Any = desk.ledger.store("Nord", "Lyon")
    assert [FIRST_DAY] == list(store.pages)


def test_a_day_without_votes_that_count_is_forgotten() -> None:
    """All were deleted: no tally of nothing is kept."""
    desk = Desk()
    desk.take(response(NOW_MS), response(NOW_MS, event="deleted", score=None))
    desk.settle()
    _later(desk, RETENTION_DAYS + 2, "late")
    assert {"p", "b"} == _kinds(desk)


def test_a_page_that_changed_in_the_same_commit_is_folded_after_it() -> None:
    """The last row of its key is the deletion."""
    desk = Desk()
    desk.take(response(NOW_MS))
    late_ms = NOW_MS + (RETENTION_DAYS + 3) * DAY_MS
    desk.take(response(late_ms, response_id="late"), at_ms=late_ms)
    desk.settle(late_ms / 1000)
    last = {row.key: row.value for row in desk.changelog}
    assert last[b"p|Nord|Lyon|%d|0" % FIRST_DAY] is None
    assert last[b"d|Nord|Lyon|%d" % FIRST_DAY] is not None


def test_folding_takes_a_bounded_part_of_each_commit() -> None:
    """Alerts are not kept waiting behind it."""
    stores = ROWS_PER_COMMIT * 2
    desk = Desk()
    desk.take(*(response(NOW_MS, store=f"Shop {n}") for n in range(stores)))
    desk.settle()
    late_ms = NOW_MS + (RETENTION_DAYS + 2) * DAY_MS
    desk.take(response(late_ms, store="Quiet"), at_ms=late_ms)
    most = 0
    while desk.ledger.due_in_s(late_ms / 1000) <= 0:
        most = max(most, len(desk.commit(late_ms / 1000).rows))
    assert most <= ROWS_PER_COMMIT + 2
    assert {"d", "p"} == _kinds(desk)


def test_folding_that_a_crash_interrupted_is_done_again() -> None:
    """From the start; what is folded already costs a look."""
    desk = Desk()
    desk.take(*(response(NOW_MS, store=f"Shop {n}") for n in range(ROWS_PER_COMMIT)))
    desk.settle()
    late_ms = NOW_MS + (RETENTION_DAYS + 2) * DAY_MS
    desk.take(response(late_ms, store="Quiet"), at_ms=late_ms)
    desk.commit(late_ms / 1000)
    desk = desk.crashed(late_ms / 1000)
    desk.settle(late_ms / 1000)
    assert not any(FIRST_DAY in store.pages for store in desk.ledger.brands["Nord"].stores.values())
    assert {1} == {figures[-1] >> 9 * 32 for key, figures in _windows(desk, late_ms / 1000).items() if key != "Nord"}


@pytest.mark.parametrize("compacted", [False, True])
def test_a_crash_before_a_folded_day_is_handed_over_counts_it_once(compacted: bool) -> None:
    """That a day is now part of the lifetime is handed over by the next owner, both sides of it."""
    desk = Desk()
    for days in (0, 1):
        desk.take(response(NOW_MS + days * DAY_MS), at_ms=NOW_MS + days * DAY_MS)
    midnight_ms = (FIRST_DAY + DAY_TALLY_DAYS + 2) * DAY_MS
    desk.take(response(midnight_ms - 250), at_ms=midnight_ms - 250)
    _share(desk, midnight_ms / 1000 - 0.25)
    desk.take(response(midnight_ms + 250), at_ms=midnight_ms + 250)
    assert (BRAND_TALLIES, 0) not in desk.commit(midnight_ms / 1000 + 0.25).outputs
    assert "l" in _kinds(desk)
    desk = desk.crashed(midnight_ms / 1000 + 10, compacted=compacted)
    _share(desk, midnight_ms / 1000 + 10)
    desk.take(response(midnight_ms + DAY_MS), at_ms=midnight_ms + DAY_MS)
    _share(desk, midnight_ms / 1000 + DAY_S)
    total = _windows(desk, midnight_ms / 1000 + DAY_S)
    assert 5 * ONE[9] == total["Nord|Lyon"][-1] == total["Nord"][-1]


@pytest.mark.parametrize("days", [RETENTION_DAYS + 2, DAY_TALLY_DAYS + 2])
def test_a_new_owner_folds_what_the_former_one_had_no_time_for(days: int) -> None:
    """He had a backlog to work off, in which the log reached another day."""
    desk = Desk()
    desk.take(response(NOW_MS))
    desk.settle()
    _later(desk, RETENTION_DAYS + 2, "late")
    late_ms = NOW_MS + days * DAY_MS
    _share(desk, late_ms / 1000)  # the hour is done
    desk.take(response(late_ms, store="Quiet", response_id="later"), at_ms=late_ms)
    desk.commit(late_ms / 1000, behind=True)
    desk = desk.crashed(late_ms / 1000)
    _share(desk, late_ms / 1000)
    assert ("d" in _kinds(desk), "l" in _kinds(desk)) == (days < DAY_TALLY_DAYS, days > DAY_TALLY_DAYS)
    assert ONE[9] == _windows(desk, late_ms / 1000)["Nord|Lyon"][-1]
