"""What comes too late changes the figures all the same; what they were when they became final is kept beside them."""

from typing import Any

import orjson
import pytest

from streams.agents.finals import LATE_MS_MIN
from streams.domain.store import DAY_TALLY_DAYS
from streams.domain.tally import ONE, histogram
from streams.engine.failure import Refusal
from streams.engine.state import Output
from tests.agents.desk import BRAND_TALLIES, NOW_MS, NOW_S, Desk, a_policy, home_of
from tests.agents.published import at, keys, rest, restated, rows, trend
from tests.builders import response
from tests.contracts.contracts import BRAND_TALLY

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
OLD_MS = NOW_MS - 40 * DAY_MS
"""On Tuesday, 20 January 2026: its month became final on 4 February, when its day was shown no more."""
JANUARY, W04 = "2026-01", "2026-W04"


def _a_final_january(desk: Desk) -> None:
    """Two answers of one day, on time."""
    desk.take(
        response(OLD_MS, response_id="a", score=9), response(OLD_MS, response_id="b", score=3), at_ms=OLD_MS + 1_000
    )
    rest(desk, OLD_MS / 1000 + 1)


@pytest.mark.parametrize("compacted", [False, True])
def test_a_late_answer_restates_what_was_final(compacted: bool) -> None:
    """The figures have it; the values before the first one are kept for good, of the brand too, over a crash."""
    desk = Desk(now_s=OLD_MS / 1000)
    _a_final_january(desk)
    desk.take(response(OLD_MS, response_id="late", score=0))
    rest(desk, NOW_S)
    desk.take(response(OLD_MS + DAY_MS, response_id="later", score=10))
    desk = desk.crashed(NOW_S + 100, compacted=compacted)
    desk.take(response(OLD_MS + DAY_MS, response_id="later", score=10))
    rest(desk, NOW_S + 100)
    for key in ("Nord|Lyon", "Nord"):
        assert (4, 2, 2) == at(trend(desk, key)["months"], 2)
        assert {W04: (2, 1, 1), JANUARY: (2, 1, 1)} == restated(desk, key)


@pytest.mark.parametrize(("too_late", "expected"), [(-1, {}), (0, {"2026-02-25": (1, 1, 0)})])
def test_too_late_is_72_hours_after_the_end(too_late: int, expected: dict[str, Any]) -> None:
    """By the arrival of the record, to the millisecond; its week and month go on."""
    submitted_ms = NOW_MS - 4 * DAY_MS
    end_ms = submitted_ms + 12 * HOUR_MS
    desk = Desk(now_s=submitted_ms / 1000)
    desk.take(response(submitted_ms, response_id="a"), at_ms=submitted_ms)
    rest(desk, submitted_ms / 1000)
    desk.take(response(end_ms - 1, response_id="b"), at_ms=end_ms + LATE_MS_MIN + too_late)
    rest(desk, NOW_S)
    assert expected == restated(desk)
    assert (2, 2, 0) == at(trend(desk)["days"], 4)


def test_the_clock_of_the_worker_does_not_decide() -> None:
    """What arrived in time and waited for weeks restates nothing."""
    desk = Desk(now_s=OLD_MS / 1000)
    _a_final_january(desk)
    desk.take(response(OLD_MS, response_id="waited", score=0), at_ms=OLD_MS + HOUR_MS)
    rest(desk, NOW_S)
    assert {} == restated(desk) == restated(desk, "Nord")
    assert (3, 1, 2) == at(trend(desk)["months"], 2)


def test_a_rehomed_answer_is_as_late_as_when_it_first_arrived() -> None:
    """However long it was on its way."""
    home = Desk(home_of("Nord", "Lyon", 8), a_policy(partitions=8), now_s=OLD_MS / 1000)
    home.take(response(OLD_MS, response_id="a"), at_ms=OLD_MS)
    headers = [("nps.arrival", str(OLD_MS).encode()), ("nps.rehomed-from", b"survey.responses|0|7")]
    home.take(response(OLD_MS, response_id="b"), headers=headers)
    assert {} == home.ledger.new_store("Nord", "Lyon").kept.slots


@pytest.mark.parametrize("event", ["updated", "deleted", "excluded", "forget_all"])
def test_whatever_changes_a_figure_restates_it(event: str) -> None:
    """Another score, and each way to take a vote out; what changes no figure does not."""
    desk = Desk(now_s=OLD_MS / 1000)
    _a_final_january(desk)
    desk.take(response(OLD_MS, response_id="b", score=3, event="updated", comment="Still cold"))
    desk.take(response(OLD_MS, response_id="a"), response(OLD_MS, response_id="a", event="forget_identity", score=None))
    rest(desk, NOW_S)
    assert {} == restated(desk)
    desk.take(response(OLD_MS, response_id="b", event=event, score=8 if event == "updated" else None))
    rest(desk, NOW_S + 100)
    assert {W04: (2, 1, 1), JANUARY: (2, 1, 1)} == restated(desk)


def test_all_that_was_shown_may_be_taken_out() -> None:
    """The period is empty now; what it said is kept."""
    desk = Desk(now_s=OLD_MS / 1000)
    _a_final_january(desk)
    desk.take(*(response(OLD_MS, response_id=one, event="deleted", score=None) for one in ("a", "b")))
    rest(desk, NOW_S)
    desk = desk.crashed(NOW_S + 100, compacted=True)
    rest(desk, NOW_S + 86_400)
    for key in ("Nord|Lyon", "Nord"):
        assert (0, 0, 0) == at(trend(desk, key)["months"], 2)
        assert {W04: (2, 1, 1), JANUARY: (2, 1, 1)} == restated(desk, key)


@pytest.mark.parametrize("compacted", [False, True])
def test_an_import_of_history_restates_nothing_of_a_store(compacted: bool) -> None:
    """A number that was never shown cannot be restated, whatever else comes after it; the brand's was shown."""
    desk = Desk(now_s=OLD_MS / 1000)
    _a_final_january(desk)
    rest(desk, NOW_S)
    for number in range(3):
        desk.take(response(OLD_MS, store="New", response_id=f"i-{number}", imported=True))
        rest(desk, NOW_S + 100 * number)
        desk = desk.crashed(NOW_S + 100 * number + 80, compacted=compacted)
    assert (3, 3, 0) == at(trend(desk, "Nord|New")["months"], 2)
    assert {} == restated(desk, "Nord|New") == restated(desk)
    assert {W04: (2, 1, 1), JANUARY: (2, 1, 1)} == restated(desk, "Nord")


def test_an_import_leaves_a_few_bytes_per_store_and_month() -> None:
    """And one such row for the brand's stores of the shard."""
    desk = Desk()
    for day in range(400):
        desk.take(*(response(NOW_MS - day * DAY_MS, response_id=f"{day}-{n}", imported=True) for n in range(3)))
    rest(desk, NOW_S)
    kept = rows(desk, "f")
    months = {int(key.split(b"|")[-1]) for key in kept}
    assert 14 == len(months)
    assert {b"f|Nord|%b|%d" % (store, month) for month in months for store in (b"Lyon", b"")} == kept.keys()
    # February's has what came in time as well: the answers of its last days were not late when they arrived.
    assert [6] * 26 == [len(kept[key]) for key in sorted(kept) if not key.endswith(b"|673")]


def test_a_final_of_a_brand_is_that_of_all_its_shards() -> None:
    """One shard kept it, the other has what it had; the brand's shard knows it from hand-overs, and restores it."""
    desk = Desk()
    said = {"brand": "Nord", "day": "2026-01-20", "schema_version": 1}
    bins = [list(histogram(ONE[score])) for score in range(11)]
    first = {**said, "shard": 0, "hours": {"12": bins[9]}}
    other = {**said, "shard": 1, "hours": {"12": list(histogram(2 * ONE[3]))}}
    late = {**first, "hours": {"12": bins[10], "13": bins[10]}, "finals": {"week": bins[9], "month": bins[9]}}
    for document in (first, other, late):
        assert BRAND_TALLY.admits(document)
        desk.hear(Output(f"Nord|{document['shard']}|2026-01-20".encode(), orjson.dumps(document)))
        desk.settle(NOW_S)
    for again in (desk, desk.crashed(NOW_S + 200, compacted=True)):
        again.settle(NOW_S + 86_400)
        assert (4, 2, 2) == at(trend(again, "Nord")["months"], 2)
        assert {W04: (3, 1, 2), JANUARY: (3, 1, 2)} == restated(again, "Nord")


def test_a_hand_over_says_what_was_kept_of_its_days_periods() -> None:
    """Those of the stores here together, with every day of the period that is handed over; null for an empty one."""
    desk = Desk(now_s=OLD_MS / 1000)
    _a_final_january(desk)
    desk.written.clear()
    desk.take(
        response(OLD_MS, store="New", response_id="i"),
        response(OLD_MS - 4 * DAY_MS, response_id="j"),
        response(OLD_MS - 40 * DAY_MS, response_id="k"),
    )
    desk.settle(NOW_S)
    said = {out.key: orjson.loads(out.value or b"") for out in desk.sent(BRAND_TALLIES)}
    kept = list(histogram(ONE[9] + ONE[3]))
    assert {
        b"Nord|0|2026-01-20": {"week": kept, "month": kept},
        b"Nord|0|2026-01-16": {"week": None, "month": kept},
        b"Nord|0|2025-12-11": {"week": None, "month": None},
    } == {key: document["finals"] for key, document in said.items()}
    assert all(BRAND_TALLY.admits(document) for document in said.values())


def test_a_hand_over_that_only_says_finals_is_kept_and_said_once() -> None:
    """All votes of the day were taken out too late; saying it again is a duplicate."""
    desk = Desk()
    document = {"brand": "Nord", "shard": 3, "day": "2026-01-20", "hours": {}, "finals": {"month": [1] * 11}}
    output = Output(b"Nord|3|2026-01-20", orjson.dumps({**document, "schema_version": 1}))
    assert {"counted": 1, "duplicate": 1, "dead_letter": 0} == desk.hear(output, output).totals
    desk.settle(NOW_S)
    assert [b"b|Nord|3|2026-01-20"] == list(rows(desk, "b"))
    assert {JANUARY: (11, 2, 7)} == restated(desk, "Nord")


def test_finals_go_when_no_trend_can_show_them() -> None:
    """The rows of the stores and of the brand, and what was said of days that have no answers any more."""
    desk = Desk(now_s=OLD_MS / 1000)
    _a_final_january(desk)
    desk.take(*(response(OLD_MS, response_id=one, event="deleted", score=None) for one in ("a", "b")))
    rest(desk, NOW_S)
    for days, left in ((DAY_TALLY_DAYS - 20, 2), (DAY_TALLY_DAYS + 2, 0)):
        at_ms = OLD_MS + days * DAY_MS
        desk.take(response(at_ms, store="Quiet", response_id=f"{days}"), at_ms=at_ms)
        rest(desk, at_ms / 1000)
        assert left == len(rows(desk, "f"))
        assert bool(left) == (b"b|Nord|0|2026-01-20" in rows(desk, "b"))
        assert bool(left) == bool(desk.ledger.totals["Nord"].said.by_period)
    assert {} == desk.ledger.new_store("Nord", "Lyon").kept.slots == desk.ledger.brands["Nord"].kept.slots


@pytest.mark.parametrize("compacted", [False, True])
def test_a_crash_before_forgotten_finals_are_handed_over_leaves_no_row(compacted: bool) -> None:
    """The next owner hands over the days that carried them."""
    desk = Desk(now_s=OLD_MS / 1000)
    _a_final_january(desk)
    desk.take(*(response(OLD_MS, response_id=one, event="deleted", score=None) for one in ("a", "b")))
    rest(desk, NOW_S)
    first_ms = OLD_MS - 19 * DAY_MS
    midnight_ms = (first_ms // DAY_MS + DAY_TALLY_DAYS + 2) * DAY_MS
    desk.take(response(midnight_ms - 250, store="Quiet"), at_ms=midnight_ms - 250)
    rest(desk, midnight_ms / 1000 - 100)
    desk.take(response(midnight_ms - 250, store="Quiet", response_id="b"), at_ms=midnight_ms - 250)
    desk.settle(midnight_ms / 1000 - 0.25)
    desk.take(response(midnight_ms + 250, store="Quiet"), at_ms=midnight_ms + 250)
    assert (BRAND_TALLIES, 0) not in desk.commit(midnight_ms / 1000 + 0.25).outputs
    assert {} == rows(desk, "f")
    assert b"b|Nord|0|2026-01-20" in rows(desk, "b")
    desk = desk.crashed(midnight_ms / 1000 + 10, compacted=compacted)
    rest(desk, midnight_ms / 1000 + 10)
    assert b"b|Nord|0|2026-01-20" not in rows(desk, "b")


def test_a_row_of_a_later_release_is_refused() -> None:
    """As all rows are."""
    with pytest.raises(Refusal, match="later release"):
        Desk().ledger.restore(b"f|Nord|Lyon|672", b"\x02" + bytes(5), 0)


def test_a_store_without_answers_is_not_published() -> None:
    """An answer that came too late and was taken out again shows nothing."""
    desk = Desk()
    desk.take(response(OLD_MS), response(OLD_MS, event="deleted", score=None))
    desk.settle(NOW_S)
    before = len(keys(desk))
    desk.settle(NOW_S + 86_400)
    assert before == len(keys(desk))
