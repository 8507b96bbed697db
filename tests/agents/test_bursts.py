"""Unhappy answers in quick succession at a store's kiosks: said once, and over when they are."""

from typing import Any

import orjson
import pytest

from tests.agents.desk import ALARMS, NOW_MS, NOW_S, Desk
from tests.builders import ms, response

MINUTE_MS = 60_000
JUST_AFTER_MIDNIGHT_MS = ms("2026-03-02T00:04:00Z")


def _answers(scores: list[int], *, last_ms: int = NOW_MS, channel: str = "kiosk", **fields: Any) -> list[bytes]:
    """Answers a minute apart, up to the last one."""
    first_ms = last_ms - (len(scores) - 1) * MINUTE_MS
    return [
        response(at_ms, response_id=f"{at_ms}", score=score, channel=channel, **fields)
        for at_ms, score in zip(range(first_ms, last_ms + 1, MINUTE_MS), scores, strict=True)
    ]


def _kinds(desk: Desk) -> list[tuple[str, int, int, int]]:
    alarms = [orjson.loads(output.value or b"") for output in desk.sent(ALARMS)]
    assert all("burst" == alarm["rule"] and alarm["baseline"] is alarm["z"] is None for alarm in alarms)
    return [
        (alarm["kind"], alarm["episode"], alarm["current"]["n"], alarm["current"]["detractors"]) for alarm in alarms
    ]


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([0, 3, 9, 10], [("raised", 1, 4, 2)]),
        ([6, 6, 6, 6, 7, 8, 9, 10], [("raised", 1, 8, 4)]),
        ([0, 0, 0], []),
        ([0, 3, 9, 10, 7], []),
    ],
)
@pytest.mark.parametrize("now_ms", [NOW_MS, JUST_AFTER_MIDNIGHT_MS])
def test_four_answers_half_of_them_unhappy_are_a_burst(
    scores: list[int], expected: list[tuple[str, int, int, int]], now_ms: int
) -> None:
    """Three are not, nor is less than half; midnight makes no difference."""
    desk = Desk()
    desk.take(*_answers(scores, last_ms=now_ms), at_ms=now_ms)
    desk.settle(now_ms / 1000)
    assert expected == _kinds(desk)


@pytest.mark.parametrize("channel", ["web", "Kiosk", "pos"])
def test_only_kiosks_have_bursts(channel: str) -> None:
    """The channel says it, in so many letters."""
    desk = Desk()
    desk.take(*_answers([0] * 9, channel=channel), *_answers([0] * 3, last_ms=NOW_MS - 9 * MINUTE_MS))
    desk.settle()
    assert [] == _kinds(desk)


def test_a_kiosk_is_found_among_other_channels() -> None:
    """Many more answer elsewhere in the same minutes."""
    desk = Desk()
    unhappy = _answers([0, 0, 0, 0])
    elsewhere = [response(NOW_MS, response_id=f"web-{n}", channel="web") for n in range(150)]
    desk.take(*elsewhere[:60], *unhappy, *elsewhere[60:90])
    desk.settle()
    assert [("raised", 1, 4, 4)] == _kinds(desk)


def test_a_burst_may_fill_pages() -> None:
    """More answers than a page holds; each is counted."""
    desk = Desk()
    desk.take(*(response(NOW_MS, response_id=f"k-{n}", score=n % 2 * 10, channel="kiosk") for n in range(200)))
    desk.settle()
    assert [("raised", 1, 200, 100)] == _kinds(desk)


def test_answers_that_do_not_count_are_no_burst() -> None:
    """Deleted or excluded ones; what is taken back ends it."""
    desk = Desk()
    answers = _answers([0, 0, 0, 0])
    desk.take(*answers[:3], response(NOW_MS, response_id="x", channel="kiosk", score=0))
    desk.take(response(NOW_MS, response_id="x", event="excluded", score=None))
    desk.settle()
    assert [] == _kinds(desk)
    desk.take(answers[3])
    desk.settle(NOW_S + 1)
    desk.take(response(NOW_MS, response_id=f"{NOW_MS}", event="deleted", score=None))
    desk.settle(NOW_S + 2)
    assert [("raised", 1, 4, 4), ("released", 1, 3, 3)] == _kinds(desk)


def test_time_alone_ends_a_burst() -> None:
    """Looked at each minute while it lasts; the next one is another episode."""
    desk = Desk()
    desk.take(*_answers([0, 0, 0, 0, 0]))
    desk.settle()
    now_s = NOW_S
    while len(_kinds(desk)) < 2:
        assert 0 < desk.ledger.due_in_s(now_s) <= 60
        now_s += desk.ledger.due_in_s(now_s)
        desk.settle(now_s)
    assert [("raised", 1, 5, 5), ("released", 1, 3, 3)] == _kinds(desk)
    assert 12 * 60 == now_s - NOW_S  # the first two of five are fifteen minutes old
    desk.take(*_answers([0, 0, 0, 0], last_ms=int(now_s * 1000)), at_ms=int(now_s * 1000))
    desk.settle(now_s + 1)
    assert ("raised", 2) == _kinds(desk)[-1][:2]


def test_what_an_offline_kiosk_brings_hides_no_burst() -> None:
    """Its answers of the morning come in between: the burst goes on, and each answer of the window is counted."""
    desk = Desk()
    desk.take(*_answers([0] * 6))
    desk.settle()
    desk.take(*_answers([9] * 100, last_ms=NOW_MS - 3_600_000))
    desk.settle(NOW_S + 5)
    assert [("raised", 1, 6, 6)] == _kinds(desk)
    for late_ms in (7_000, 37_000):
        desk.take(*_answers([10] * 10, last_ms=NOW_MS + 2 * MINUTE_MS - late_ms), at_ms=NOW_MS + 2 * MINUTE_MS)
    desk.settle(NOW_S + 120)
    assert [("raised", 1, 6, 6), ("released", 1, 26, 6)] == _kinds(desk)


@pytest.mark.parametrize("compacted", [False, True])
@pytest.mark.parametrize("committed", [False, True])
def test_a_crash_neither_repeats_nor_loses_a_burst(*, committed: bool, compacted: bool) -> None:
    """Whether the worker dies with it in hand or just after; the next owner ends it, too."""
    desk = Desk()
    desk.take(*_answers([0, 0, 0, 0]))
    desk.commit(behind=True)
    if committed:
        desk.settle()
    desk = desk.crashed(NOW_S + 20, compacted=compacted)
    desk.settle(NOW_S + 20)
    assert [("raised", 1, 4, 4)] == _kinds(desk)
    desk = desk.crashed(NOW_S + 3_000, compacted=compacted)
    desk.settle(NOW_S + 3_000)
    assert [("raised", 1, 4, 4), ("released", 1, 0, 0)] == _kinds(desk)


def test_a_kiosk_that_was_offline_is_no_burst() -> None:
    """What it brings was answered an hour ago."""
    desk = Desk()
    desk.take(*_answers([0] * 8, last_ms=NOW_MS - 3_600_000))
    desk.settle()
    assert [] == _kinds(desk)


def test_each_store_has_its_own() -> None:
    """And a brand has none."""
    desk = Desk()
    desk.take(*_answers([0, 0, 0, 0]), *_answers([0, 0, 0, 0], store="Lille"), *_answers([0, 9, 9, 9], store="Nice"))
    desk.settle()
    handed_over = desk.sent("nps.brand-tallies")
    desk.hear(*handed_over)
    desk.settle(NOW_S + 2)
    assert {b"Nord|Lyon", b"Nord|Lille"} == {output.key for output in desk.sent(ALARMS)}
    assert 2 == desk.told["alarms", "Nord", "burst"]


def test_a_burst_goes_on_until_under_a_quarter_are_unhappy() -> None:
    """A kiosk where nearly half are unhappy all day is one episode, not one after another."""
    desk = Desk()
    desk.take(*_answers([0, 0, 9, 9]))
    desk.settle()
    later_ms = NOW_MS + 4 * MINUTE_MS
    desk.take(*_answers([10, 10, 10, 10], last_ms=later_ms), at_ms=later_ms)
    desk.settle(later_ms / 1000)
    assert [("raised", 1, 4, 2)] == _kinds(desk)
    last_ms = later_ms + MINUTE_MS
    desk.take(*_answers([10], last_ms=last_ms), at_ms=last_ms)
    desk.settle(last_ms / 1000)
    assert [("raised", 1, 4, 2), ("released", 1, 9, 2)] == _kinds(desk)
