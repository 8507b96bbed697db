"""Unhappy answers in quick succession at the kiosks of a store (HappyOrNot's rule): something is wrong there now.

At least 4 answers within 15 minutes, half of them detractors' or more. A window ends with the minute of now and goes by
when people answered, so that a kiosk that was offline says nothing about the present when it comes back.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from streams.domain.alarm import Span
from streams.domain.page import unpack
from streams.domain.store import Store
from streams.domain.tally import figures
from streams.domain.vote import COUNTS, KIOSK, MINUTE_MASK, MINUTE_SHIFT

MINUTES: Final = 15
N_MIN: Final = 4
DETRACTORS_MIN: Final = 0.5
BURST_LIMITS: Final[Mapping[str, float]] = {"window_s": MINUTES * 60, "n": N_MIN, "detractor_share": DETRACTORS_MIN}
"""The rule as it is published."""

_MISSES_MAX: Final = 32
"""The search ends after so many answers in a row of other channels or other minutes: most stores have no kiosk."""
_VOTES_MAX: Final = 512
"""Kiosk answers to look at: not so many people stand at the kiosks of a store in 15 minutes."""
_MINUTES_PER_DAY: Final = 1440


def is_burst(tally: int) -> bool:
    """Whether the answers of the window are a burst; nothing asks for fewer while one lasts."""
    now = figures(tally)
    return now.n >= N_MIN and now.detractors >= DETRACTORS_MIN * now.n


def kiosk_window(store: Store, now_s: int) -> Span:
    """The answers at a store's kiosks in the minutes up to an instant (s since the epoch).

    Votes are read in the order in which they came, the newest first.
    """
    last = now_s // 60
    first = last - MINUTES + 1
    tally = hits = misses = 0
    for minute, vote in _newest_first(store, last // _MINUTES_PER_DAY, first // _MINUTES_PER_DAY):
        if vote & KIOSK and first <= minute <= last:
            tally += COUNTS[vote & 0xFF]
            hits += 1
            misses = 0
        else:
            misses += 1
        if misses == _MISSES_MAX or hits == _VOTES_MAX:
            break
    return Span(first * 60, (last + 1) * 60, tally)


def _newest_first(store: Store, last_day: int, first_day: int) -> Iterator[tuple[int, int]]:
    """The minute (since the epoch) and the vote of each answer of some days, the last that came first."""
    for day in range(last_day, first_day - 1, -1):
        for page in reversed(store.days_pages(day)):
            votes = (unpack(b"", page) if isinstance(page, bytes) else page).votes
            for vote in reversed(list(votes.values())):
                yield day * _MINUTES_PER_DAY + (vote >> MINUTE_SHIFT & MINUTE_MASK), vote
