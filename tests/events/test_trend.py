"""Trends on the wire."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.rejected import Rejected
from streams.events.trend import Restated, Series, Trend, decode_trend, encode_trend

COUNTS = st.integers(0, 2**40)


@st.composite
def _series(draw: st.DrawFn) -> Series:
    n, promoters, detractors = (draw(st.lists(COUNTS, min_size=5, max_size=5)) for _ in range(3))
    restated = draw(st.lists(st.builds(Restated, st.text(), COUNTS, COUNTS, COUNTS), max_size=3))
    return Series(draw(st.text()), n, promoters, detractors, draw(st.integers(0, 5)), restated)


TRENDS = st.builds(
    Trend,
    brand=st.just("Crémerie"),
    store=st.none() | st.just("Lyon"),
    as_of=st.just("2026-11-22T16:41:05.123Z"),
    days=_series(),
    weeks=_series(),
    months=_series(),
)


@given(TRENDS)
def test_a_trend_comes_back_as_it_was(trend: Trend) -> None:
    """However many periods a release shows."""
    assert trend == decode_trend(encode_trend(trend))


@given(TRENDS, st.sampled_from(["days", "weeks", "months"]), st.sampled_from(["n", "promoters", "detractors"]))
def test_columns_of_different_lengths_are_no_trend(trend: Trend, series: str, column: str) -> None:
    """Nobody could say what belongs to which period."""
    document = json.loads(encode_trend(trend))
    document[series][column].append(1)
    assert Rejected("schema") == decode_trend(json.dumps(document).encode())


@pytest.mark.parametrize("final", [-1, 6])
def test_no_more_periods_are_final_than_there_are(final: int) -> None:
    """Nor less than none."""
    series = Series("2026-11", [0] * 5, [0] * 5, [0] * 5, final, [])
    trend = Trend(brand="B", store=None, as_of="", days=series, weeks=series, months=series)
    assert Rejected("schema") == decode_trend(encode_trend(trend))


@given(st.binary(max_size=60))
def test_no_bytes_make_the_reader_raise(raw: bytes) -> None:
    """What is no trend is a value."""
    assert Rejected("schema") == decode_trend(raw)
