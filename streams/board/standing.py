"""The figures of a brand or a store as the board keeps them."""

from datetime import datetime
from typing import NamedTuple

from streams.domain.tally import Figures
from streams.domain.window import WINDOWS, WindowName
from streams.events.score import Score, WindowFigures


class Standing(NamedTuple):
    """The figures of a brand (`store` is None) or a store at the instant `as_of`, in every window."""

    brand: str
    store: str | None
    as_of: datetime
    windows: dict[WindowName, Figures]


def standing_of(score: Score) -> Standing | None:
    """The figures of a score as published; None where they contradict themselves."""
    try:
        as_of = datetime.fromisoformat(score.as_of)
    except ValueError:
        return None
    if as_of.tzinfo is None or not all(_adds_up(score.windows[window]) for window in WINDOWS):
        return None
    return Standing(score.brand, score.store, as_of, {window: _figures(score.windows[window]) for window in WINDOWS})


def _adds_up(said: WindowFigures) -> bool:
    bands = (said.promoters, said.passives, said.detractors)
    numbers = (said.nps, said.low, said.high)
    if min(bands) < 0 or sum(bands) != said.n:
        return False
    if said.n == 0:
        return numbers == (None, None, None)
    return all(number is not None and -100 <= number <= 100 for number in numbers)


def _figures(said: WindowFigures) -> Figures:
    return Figures(said.n, said.promoters, said.passives, said.detractors, said.nps, said.low, said.high)
