"""The figures of a brand or a store as the board keeps them."""

from datetime import datetime
from typing import NamedTuple

from streams.domain.window import WINDOWS, WindowName
from streams.events.score import Comparison, FollowUp, Score, WindowFigures


class Standing(NamedTuple):
    """The figures of a brand (`store` is None) or a store at the instant `as_of`, in every window.

    `follow_up` says how its unhappy customers are answered; None in a record of a release that followed up nothing.
    """

    brand: str
    store: str | None
    as_of: datetime
    windows: dict[WindowName, WindowFigures]
    follow_up: FollowUp | None = None


def standing_of(score: Score) -> Standing | None:
    """The figures of a score as published; None where they contradict themselves."""
    try:
        as_of = datetime.fromisoformat(score.as_of)
    except ValueError:
        return None
    if as_of.tzinfo is None or not all(_adds_up(score.windows[window]) for window in WINDOWS):
        return None
    if score.follow_up is not None and not _is_turnaround(score.follow_up):
        return None
    return Standing(score.brand, score.store, as_of, score.windows, score.follow_up)


def _adds_up(said: WindowFigures) -> bool:
    bands = (said.promoters, said.passives, said.detractors)
    bins = said.histogram
    if min(bands) < 0 or sum(bands) != said.n:
        return False
    if bins and (min(bins) < 0 or (sum(bins[9:]), sum(bins[7:9]), sum(bins[:7])) != bands):
        return False
    if said.mean is not None and not (said.n and 0 <= said.mean <= 10):
        return False
    others = (said.previous, said.year_ago)
    return all(_is_score(each) for each in (said, *others) if each is not None)


def _is_turnaround(said: FollowUp) -> bool:
    counts = (said.contactable, said.not_contactable, said.in_time, said.pending, said.open, said.overdue)
    if min(counts) < 0 or said.contactable + said.not_contactable != said.cases:
        return False
    share = said.in_time_share
    return share is None if said.contactable == 0 else share is not None and 0 <= share <= 1


def _is_score(said: WindowFigures | Comparison) -> bool:
    numbers = (said.nps, said.low, said.high)
    if said.n == 0:
        return numbers == (None, None, None)
    return said.n > 0 and all(number is not None and -100 <= number <= 100 for number in numbers)
