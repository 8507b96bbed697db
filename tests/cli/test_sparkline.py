"""The picture of a trend, and its words."""

from datetime import date

import pytest

from streams.cli.sparkline import BLOCKS, Scale, picture_of, scale_of, weeks_of
from streams.events.trend import Series, Trend

NOBODY = Series("", [], [], [], 0, [])
SUNDAY = date(2026, 3, 1)
"""The last day of 2026-W09."""


def a_trend(*weeks: tuple[int, int, int], first: str = "2025-W49", final: int = 0) -> Trend:
    """A trend of weeks by their detractors, passives and promoters."""
    columns = [sum(week) for week in weeks], [week[2] for week in weeks], [week[0] for week in weeks]
    series = Series(first, *columns, final, [])
    return Trend(brand="B", store=None, as_of="2026-03-01T12:00:00.000Z", days=NOBODY, weeks=series, months=NOBODY)


def with_nps(*figures: int | None) -> Trend:
    """A trend of weeks with 100 answers and this NPS, or with none."""
    return a_trend(*((0, 0, 0) if nps is None else (0, 100 - nps, nps) for nps in figures))


def test_the_last_thirteen_weeks_are_shown() -> None:
    """Of fifteen the first two are not, and each has its own Monday, over the end of a year, too."""
    weeks = weeks_of(with_nps(*range(15)))
    assert [float(nps) for nps in range(2, 15)] == [week.nps for week in weeks]
    assert (date(2025, 12, 15), date(2026, 3, 9)) == (weeks[0].monday, weeks[-1].monday)


@pytest.mark.parametrize(
    "trend",
    [
        with_nps(),
        with_nps(*[None] * 13),
        with_nps(50, *[None] * 13),
        a_trend((1, 1, 1), first="2025-54"),
        a_trend((1, 1, 1), first=""),
        a_trend(*[(1, 1, 1)] * 13, first="9999-W51"),
    ],
)
def test_there_is_no_picture_without_answers_or_without_known_weeks(trend: Trend) -> None:
    """Strangers may write to a topic: what cannot be dated is left out, and nothing fails."""
    assert [] == weeks_of(trend)


def test_a_week_without_answers_is_a_gap_and_not_a_zero() -> None:
    """Blocks rise with the NPS; the weeks that are not final yet are dim, and only those."""
    weeks = weeks_of(a_trend((0, 50, 50), (0, 0, 0), (0, 100, 0), (10, 80, 10), (0, 20, 80), final=3))
    blocks = picture_of(weeks, Scale(0, 80), SUNDAY).blocks
    assert "▆·▁▁█" == blocks.plain
    assert [(3, 4), (4, 5)] == [(span.start, span.end) for span in blocks.spans if span.style == "dim"]


def test_the_words_give_the_lowest_the_highest_and_the_present_week() -> None:
    """With one decimal, as every figure for people."""
    picture = picture_of(weeks_of(with_nps(*[33] * 9, 44, 31, None, 38)), Scale(0, 100), SUNDAY)
    assert ("13 weeks", "31.0 to 44.0", "now", "38.0") == picture[1:]


def test_a_week_of_the_past_is_not_called_now() -> None:
    """Neither where nobody answered in the present week nor where the trend itself is old."""
    silent = picture_of(weeks_of(with_nps(*[33] * 12, None)), Scale(0, 100), SUNDAY)
    assert ("2026-W08", "33.0") == (silent.when, silent.last)
    old = picture_of(weeks_of(with_nps(*[33] * 13)), Scale(0, 100), date(2026, 3, 2))
    assert ("2026-W09", "33.0") == (old.when, old.last)


@pytest.mark.parametrize(
    ("figures", "scale"),
    [
        ([[12, 71], [35]], Scale(10, 80)),
        ([[40, 43]], Scale(20, 70)),
        ([[100, 100]], Scale(60, 100)),
        ([[0], [100]], Scale(0, 100)),
    ],
)
def test_all_pictures_have_one_scale_in_tens(figures: list[list[int]], scale: Scale) -> None:
    """It is at least 40 points high, so that small moves look small."""
    assert scale == scale_of(weeks_of(with_nps(*course)) for course in figures)


def test_weeks_of_few_answers_do_not_set_the_scale() -> None:
    """A store with one answer a week would flatten all others; it sets the scale where there is nobody else."""
    small, large = weeks_of(a_trend((1, 0, 0), (0, 0, 1))), weeks_of(with_nps(20, 60))
    scale = scale_of([small, large])
    assert Scale(20, 60) == scale
    assert "▁█" == picture_of(small, scale, SUNDAY).blocks.plain
    assert Scale(-100, 100) == scale_of([small])


def test_the_eight_blocks_share_the_scale_equally() -> None:
    """The lowest and the highest stand for what is beyond, too."""
    scale = Scale(-100, 100)
    assert BLOCKS == "".join(scale.block(-99.9 + 25 * step) for step in range(8))
    assert "▁█▁█" == "".join(map(scale.block, (-100.0, 100.0, -300.0, 300.0)))
