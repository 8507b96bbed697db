"""Scores as they are written and read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.window import WINDOWS
from streams.events.rejected import Rejected
from streams.events.score import Score, WindowFigures, decode_score, encode_score
from tests.contracts.contracts import SCORE

_nobody = WindowFigures(0, 0, 0, 0, None, None, None)
POINTS = st.floats(-100, 100)


@given(POINTS, POINTS, POINTS, st.none() | st.just("Lyon 07"))
def test_a_score_comes_back_to_the_last_bit(nps: float, low: float, high: float, store: str | None) -> None:
    """Doubles are not rounded on their way."""
    figures = WindowFigures(7, 3, 2, 2, nps, low, high)
    windows = {window: figures if window == "all" else _nobody for window in WINDOWS}
    score = Score(brand="Maison Verte", store=store, as_of="2026-11-22T16:41:05.250Z", windows=windows)

    assert score == decode_score(encode_score(score))
    assert SCORE.admits(json.loads(encode_score(score)))


def test_a_score_without_one_of_its_windows_is_our_bug() -> None:
    """It is not written."""
    score = Score(brand="Maison Verte", store=None, as_of="2026-11-22T16:41:05.250Z", windows={"24h": _nobody})

    with pytest.raises(AssertionError):
        encode_score(score)


@given(st.binary(max_size=60))
def test_no_bytes_make_the_reader_raise(raw: bytes) -> None:
    """What is no score is a value."""
    assert Rejected("schema") == decode_score(raw)
