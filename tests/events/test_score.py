"""Scores as they are written and read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.domain.life import DISMISSALS
from streams.domain.window import WINDOWS, WindowName
from streams.events.rejected import Rejected
from streams.events.score import Comparison, FollowUp, Score, Wait, WindowFigures, decode_score, encode_score
from tests.contracts.contracts import SCORE

_no_other = Comparison(0, None, None, None, None, None, None)
_nobody = WindowFigures(0, 0, 0, 0, None, None, None, (0,) * 11, None, True, _no_other, _no_other)
_WITHOUT_ANSWERS: dict[WindowName, WindowFigures] = {
    **dict.fromkeys(WINDOWS, _nobody),
    "all": replace(_nobody, previous=None, year_ago=None),
}
_BINS = (0, 0, 1, 0, 0, 1, 0, 1, 1, 2, 1)
POINTS = st.floats(-100, 100)


def _a_score(windows: dict[WindowName, WindowFigures], store: str | None = None) -> Score:
    return Score(brand="Maison Verte", store=store, as_of="2026-11-22T16:41:05.250Z", windows=windows)


@given(POINTS, POINTS, POINTS, st.floats(0, 10), st.none() | st.just("Lyon 07"))
def test_a_score_comes_back_to_the_last_bit(
    nps: float, low: float, high: float, mean: float, store: str | None
) -> None:
    """Doubles are not rounded on their way."""
    previous = Comparison(4, high, low, nps, 2 * nps, nps / 7, mean / 10)
    week = WindowFigures(7, 3, 2, 2, nps, low, high, _BINS, mean, True, previous, _no_other)
    always = WindowFigures(7, 3, 2, 2, nps, low, high, _BINS, mean, True)
    windows = dict.fromkeys(WINDOWS, _nobody)
    score = _a_score({**windows, "7d": week, "all": always}, store)

    assert score == decode_score(encode_score(score))
    assert SCORE.admits(json.loads(encode_score(score)))


@pytest.mark.parametrize(("n", "few"), [(0, True), (29, True), (30, False)])
def test_a_score_of_the_first_release_is_read(n: int, few: bool) -> None:
    """It stays on a compacted topic until the figures change: what it does not say is empty or None."""
    nps, low, high = (10.0, 5.0, 15.0) if n else (None, None, None)
    full = _a_score(dict.fromkeys(WINDOWS, WindowFigures(n, n, 0, 0, nps, low, high)))
    document = json.loads(encode_score(full))
    for window in document["windows"].values():
        for new in ("histogram", "mean", "low_confidence", "previous", "year_ago"):
            del window[new]
    del document["follow_up"]
    score = decode_score(json.dumps(document).encode())

    assert not isinstance(score, Rejected)
    assert WindowFigures(n, n, 0, 0, nps, low, high, (), None, few, None, None) == score.windows["30d"]
    assert score.follow_up is None


WAITS = st.builds(Wait, st.integers(1, 9), st.integers(0, 9), st.none() | st.integers(0, 10**6), st.none())


@given(st.floats(0, 1), st.dictionaries(st.sampled_from(DISMISSALS), st.integers(1, 9)), st.tuples(WAITS, WAITS, WAITS))
def test_what_is_followed_up_comes_back_as_it_was(
    share: float, dismissed: dict[str, int], waits: tuple[Wait, Wait, Wait]
) -> None:
    """The share to the last bit."""
    follow_up = FollowUp("30d", 9, 8, 7, 6, 5, 4, share, 3, 2, 1, dismissed, *waits)
    score = replace(_a_score(_WITHOUT_ANSWERS), follow_up=follow_up)

    assert score == decode_score(encode_score(score))
    assert SCORE.admits(json.loads(encode_score(score)))


def test_a_score_that_says_nothing_of_its_cases_is_our_bug() -> None:
    """It was read, from a release that followed up nothing: it is not ours to write."""
    with pytest.raises(AssertionError):
        encode_score(replace(_a_score(_WITHOUT_ANSWERS), follow_up=None))


def test_a_histogram_has_eleven_counts() -> None:
    """Another number of them is no histogram."""
    score = _a_score({**dict.fromkeys(WINDOWS, _nobody), "7d": replace(_nobody, histogram=(0,) * 12)})

    assert Rejected("schema") == decode_score(encode_score(score))


def test_a_score_without_one_of_its_windows_is_our_bug() -> None:
    """It is not written."""
    with pytest.raises(AssertionError):
        encode_score(_a_score({"24h": _nobody}))


@given(st.binary(max_size=60))
def test_no_bytes_make_the_reader_raise(raw: bytes) -> None:
    """What is no score is a value."""
    assert Rejected("schema") == decode_score(raw)
