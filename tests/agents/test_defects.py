"""Defects that other products have in their figures and alerts, one test each: ours do not have them."""

from typing import Any

import orjson
import pytest

from streams.cli.format import one_decimal
from streams.domain.window import WINDOWS
from tests.agents.desk import BRAND_TALLIES, NOW_MS, NOW_S, Desk
from tests.builders import response

DAY_S = 86_400


def _answered(desk: Desk, scores: list[int], at_ms: int = NOW_MS) -> None:
    desk.take(*(response(at_ms, response_id=f"r-{n}", score=score) for n, score in enumerate(scores)))


def _windows(desk: Desk, now_s: float = NOW_S) -> dict[str, Any]:
    """What the store's last score says, and the brand's, which is the same here."""
    desk.settle(now_s)
    desk.hear(*desk.sent(BRAND_TALLIES))
    desk.settle(now_s + 2)
    scores = desk.scores()
    assert scores["Nord|Lyon"]["windows"] == scores["Nord"]["windows"]
    windows: dict[str, Any] = scores["Nord|Lyon"]["windows"]
    return windows


def test_defect_subtracting_rounded_percentages() -> None:
    """8 promoters, 2 passives and 3 detractors are 62 % less 23 %, shown as 39: they are 38.46."""
    desk = Desk()
    _answered(desk, [9] * 8 + [7] * 2 + [3] * 3)
    nps = _windows(desk)["30d"]["nps"]
    assert 500 / 13 == nps
    assert "38.5" == one_decimal(nps)


def test_defect_subtracting_rounded_scores_for_a_change() -> None:
    """From 1/3 to 2/3 of a point is a third of a point, not 1 - 0: differences are of raw figures as well."""
    desk = Desk()
    _answered(desk, [9] * 2 + [7] * 298)
    _answered(desk, [9] + [7] * 299, NOW_MS - 7 * DAY_S * 1000)
    assert 1 / 3 == pytest.approx(_windows(desk)["7d"]["previous"]["difference"], abs=1e-12)


def test_defect_skips_in_n() -> None:
    """50 promoters, 20 detractors and 30 passives are 30; with 40 dismissed surveys in n they would be 21.4."""
    desk = Desk()
    _answered(desk, [10] * 50 + [0] * 20 + [8] * 30)
    dismissed = [response(NOW_MS, response_id=f"dismissed-{n}", score=None) for n in range(20)]
    nulls = [orjson.dumps({**orjson.loads(value), "score": None}) for value in dismissed]
    handled = desk.take(*dismissed, *nulls)
    window = _windows(desk)["30d"]
    assert (100, 30.0) == (window["n"], window["nps"])
    assert 40 == handled.totals["dead_letter"], "they are told apart, not lost"


@pytest.mark.parametrize("event", ["deleted", "excluded"])
def test_defect_marks_without_an_answer_in_n(event: str) -> None:
    """A response of which nothing but its removal arrived is no answer."""
    desk = Desk()
    _answered(desk, [10, 0])
    desk.take(response(NOW_MS, response_id="never-answered", event=event, score=None))
    window = _windows(desk)["30d"]
    assert (2, 0.0) == (window["n"], window["nps"])


def test_defect_empty_is_zero() -> None:
    """Nobody answered is null; as many promoters as detractors are 0. Both are on the topic as such."""
    desk = Desk()
    _answered(desk, [10, 0])
    assert {0.0} == {window["nps"] for window in _windows(desk).values()}
    desk.take(*(response(NOW_MS, response_id=f"r-{n}", event="deleted", score=None) for n in range(2)))
    empty = _windows(desk, NOW_S + 4)
    for what in ("nps", "low", "high", "mean"):
        assert {None} == {empty[name][what] for name in WINDOWS}


def test_defect_no_difference_is_a_difference_of_zero() -> None:
    """Against a window that is empty there is none; against an equal one it is 0 and proves nothing."""
    desk = Desk()
    _answered(desk, [10, 0, 7])
    week = _windows(desk)["7d"]["previous"]
    assert (None, None, None) == (week["difference"], week["z"], week["p"])
    _answered(desk, [10, 0, 7], NOW_MS - 7 * DAY_S * 1000)
    week = _windows(desk, NOW_S + 4)["7d"]["previous"]
    assert (0.0, 0.0, 1.0) == (week["difference"], week["z"], week["p"])


@pytest.mark.parametrize(("window", "days"), [("24h", 1), ("7d", 7), ("30d", 30), ("90d", 90), ("365d", 365)])
def test_defect_a_window_anchored_at_the_last_answer(window: str, days: int) -> None:
    """A store that fell silent would keep its old score for ever: ours is empty when its days are over.

    Nothing arrives meanwhile: the clock alone publishes it.
    """
    desk = Desk()
    _answered(desk, [10] * 5)
    assert 100.0 == _windows(desk)[window]["nps"]
    silent = _windows(desk, NOW_S + days * DAY_S)
    assert (0, None) == (silent[window]["n"], silent[window]["nps"])
    assert (5, 100.0) == (silent[window]["previous"]["n"], silent[window]["previous"]["nps"])
    assert (5, 100.0) == (silent["all"]["n"], silent["all"]["nps"])


def test_defect_ten_promoters_are_certain() -> None:
    """The plain margin of error of ten promoters is 0: ours reaches below 50, and says that few answered."""
    desk = Desk()
    _answered(desk, [10] * 10)
    window = _windows(desk)["30d"]
    assert (100.0, 100.0, True) == (window["nps"], window["high"], window["low_confidence"])
    assert 47.5 == pytest.approx(window["low"], abs=0.1)


@pytest.mark.parametrize(
    ("correction", "reason"),
    [({"event": "updated", "score": 9}, "not_detractor"), ({"event": "deleted", "score": None}, "deleted")],
    ids=["changed", "withdrawn"],
)
def test_defect_an_alert_on_an_answer_later_corrected(correction: dict[str, Any], reason: str) -> None:
    """The customer had hit the wrong end of the scale: whoever was told to call is told not to, by the same id."""
    desk = Desk()
    desk.take(response(NOW_MS, score=0), response(NOW_MS, response_id="r-2", score=9))
    desk.take(response(NOW_MS, **correction), at_ms=NOW_MS + 600_000)
    desk.commit()
    raised, retracted = desk.alerts()
    assert ("raised", "retracted", reason) == (raised["kind"], retracted["kind"], retracted["reason"])
    assert (raised["alert_id"], raised["sequence"] + 1) == (retracted["alert_id"], retracted["sequence"])
    assert 0 == _windows(desk)["30d"]["detractors"]


def test_defect_a_parse_failure_kills_the_job() -> None:
    """Text where a number belongs, half a document, no document: each is set aside, and all others count."""
    desk = Desk()
    bad = [b"", b"{", b"null", b"\xff", b"score=8", response(NOW_MS, score="8"), response(NOW_MS, score=[8]), None]
    records = [value for n, one in enumerate(bad) for value in (one, response(NOW_MS, response_id=f"r-{n}", score=10))]
    handled = desk.take(*records)
    assert (len(bad), len(bad)) == (handled.totals["dead_letter"], handled.totals["counted"])
    assert (len(bad), 100.0) == (_windows(desk)["30d"]["n"], _windows(desk)["30d"]["nps"])


def test_defect_the_wall_clock_as_event_time() -> None:
    """What was submitted three days ago belongs there, whenever it arrives and whenever it is read."""
    submitted_ms = NOW_MS - 3 * DAY_S * 1000
    said = []
    for read_s in (NOW_S, NOW_S + 20 * DAY_S):
        desk = Desk(now_s=read_s)
        desk.take(response(submitted_ms, score=0))
        desk.commit(read_s)
        assert [submitted_ms // (DAY_S * 1000)] == list(desk.ledger.brands["Nord"].stores["Lyon"].pages)
        windows = desk.ledger.brands["Nord"].stores["Lyon"].windows(int(NOW_S))
        assert [False, True] == [bool(tally) for tally in windows[:2]], "not within 24 hours, but within seven days"
        said.append((desk.pages(), desk.sent("followup.alerts")))
    assert said[0] == said[1]


def test_defect_keyed_by_the_name_of_a_person() -> None:
    """Two people of one name are two answers, and one who changes the name remains one."""
    desk = Desk()
    for n, score in enumerate((0, 10)):
        desk.take(response(NOW_MS, response_id=f"r-{n}", customer_ref="Marie Martin", score=score))
    desk.take(response(NOW_MS, response_id="r-1", event="updated", customer_ref="Marie Durand", score=10))
    window = _windows(desk)["30d"]
    assert (2, 1, 1) == (window["n"], window["promoters"], window["detractors"])
    assert not any(b"Marie" in out.key for out in desk.sent("followup.alerts") if out.key is not None)
