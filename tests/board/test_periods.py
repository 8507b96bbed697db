from datetime import timedelta

import pytest
from msgspec.structs import replace

from streams.board.periods import Unit, Was, adds_up, points
from streams.events.trend import Restated, Series, Trend, decode_trend
from tests.board.builders import NOON, TODAY, a_trend


def _trend(raw: bytes) -> Trend:
    trend = decode_trend(raw)
    assert isinstance(trend, Trend)
    return trend


@pytest.mark.parametrize(
    ("unit", "count", "first", "last", "start"),
    [
        ("days", 35, "2026-02-08", "2026-03-14", TODAY),
        ("weeks", 53, "2025-W11", "2026-W11", TODAY - 5),
        ("months", 24, "2024-04", "2026-03", TODAY - 13),
    ],
)
def test_a_trend_has_so_many_periods_and_the_last_holds_now(
    unit: Unit, count: int, first: str, last: str, start: int
) -> None:
    """35 days, 53 ISO weeks, 24 months, named as ISO 8601 does, on the days they have."""
    found = points(_trend(a_trend()), unit, NOON)

    assert (count, first, last, start) == (len(found), found[0].period, found[-1].period, found[-1].start)
    assert [point.end for point in found[:-1]] == [point.start for point in found[1:]]


def test_a_period_without_answers_has_no_score() -> None:
    """A gap is a gap and not a zero."""
    found = points(_trend(a_trend(days={0: (1, 1, 8), 2: (5, 0, 5)})), "days", NOON)

    assert [(10, 0.0), (0, None), (10, 70.0)] == [(point.figures.n, point.figures.nps) for point in found[-3:]]


def test_days_become_final_72_hours_after_their_end() -> None:
    """At noon of the 14th the days up to the 10th are final; two days on the 12th is, though nothing was published."""
    trend = _trend(a_trend(days={0: (1, 1, 8)}))
    now, later = ({point.period: point.state for point in points(trend, "days", NOON + timedelta(n))} for n in (0, 2))

    assert ("final", "provisional") == (now["2026-03-10"], now["2026-03-11"])
    assert ("final", "provisional") == (later["2026-03-12"], later["2026-03-13"])


def test_a_restated_period_keeps_what_it_said() -> None:
    """What came later has changed it: both are there."""
    found = points(_trend(a_trend(days={20: (2, 2, 6)}, restated={"2026-02-22": (0, 2, 6)})), "days", NOON)
    (restated,) = [point for point in found if point.was]

    assert ("2026-02-22", "restated", Was(8, 75.0), 10, 40.0) == (
        restated.period,
        restated.state,
        restated.was,
        restated.figures.n,
        restated.figures.nps,
    )


def test_an_old_trend_is_shown_up_to_today() -> None:
    """A store where nobody answered for two weeks: its last answers are two weeks old in the picture as well."""
    trend = _trend(a_trend(days={0: (1, 1, 8)}, as_of=NOON - timedelta(days=14)))

    found = points(trend, "days", NOON)

    assert [10, *([0] * 14)] == [point.figures.n for point in found[-15:]]
    assert "2026-02-28" == found[-15].period


def test_no_trend_is_empty_periods() -> None:
    """Where nothing is known there is nothing in any period."""
    assert {0} == {point.figures.n for point in points(None, "weeks", NOON)}


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"as_of": "yesterday"}, id="no instant"),
        pytest.param({"as_of": "2026-03-14T12:00:00"}, id="no zone"),
        pytest.param({"weeks": Series("2026-W54", [], [], [], 0, [])}, id="no week"),
        pytest.param({"months": Series("2026-13", [], [], [], 0, [])}, id="no month"),
        pytest.param({"days": Series("2026-W11", [], [], [], 0, [])}, id="a week for a day"),
        pytest.param({"days": Series("2026-03-14", [5], [3], [3], 0, [])}, id="more in bands than in all"),
        pytest.param({"days": Series("2026-03-14", [5], [-1], [3], 0, [])}, id="fewer than none"),
        pytest.param({"days": Series("x", [], [], [], 0, [Restated("2026-03-14", 1, 2, 0)])}, id="restated"),
    ],
)
def test_a_trend_that_makes_no_sense_is_told_apart(changed: dict[str, object]) -> None:
    """Names that are no periods and counts that cannot be are not shown."""
    trend = _trend(a_trend(days={0: (1, 1, 8)}))

    assert adds_up(trend)
    assert not adds_up(replace(trend, **changed))
