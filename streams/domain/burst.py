"""Unhappy answers in quick succession at the kiosks of a store (HappyOrNot's rule): something is wrong there now.

At least 4 answers within 15 minutes, half of them detractors' or more. A window ends with the minute of now and goes by
when people answered, so that a kiosk that was offline says nothing about the present when it comes back.
"""

from collections.abc import Mapping
from typing import Final

from streams.domain.alarm import Span
from streams.domain.page import Page, unpack
from streams.domain.store import Store
from streams.domain.tally import figures
from streams.domain.vote import COUNTS, KIOSK, MINUTE_MASK, MINUTE_SHIFT

MINUTES: Final = 15
N_MIN: Final = 4
DETRACTORS_MIN: Final = 0.5
BURST_LIMITS: Final[Mapping[str, float]] = {"window_s": MINUTES * 60, "n": N_MIN, "detractor_share": DETRACTORS_MIN}
"""The rule as it is published."""

_PAGES_MAX: Final = 8
"""Pages to look at: some 500 people in 15 minutes stand at no kiosk."""
_MINUTES_PER_DAY: Final = 1440


def is_burst(tally: int) -> bool:
    """Whether the answers of the window are a burst; nothing asks for fewer while one lasts."""
    now = figures(tally)
    return now.n >= N_MIN and now.detractors >= DETRACTORS_MIN * now.n


def kiosk_window(store: Store, now_s: int) -> Span:
    """The answers at a store's kiosks in the minutes up to an instant (s since the epoch).

    Votes stand in their pages in the order in which they came, so the search ends with the first page, from the last
    one on, that has none of them: a store without kiosks costs a look at one page.
    """
    last = now_s // 60
    first = last - MINUTES + 1
    tally = 0
    for day in range(last // _MINUTES_PER_DAY, first // _MINUTES_PER_DAY - 1, -1):
        for page in reversed(store.days_pages(day)[-_PAGES_MAX:]):
            begin = day * _MINUTES_PER_DAY
            found = [one for minute, one in _kiosk_votes(page) if first <= begin + minute <= last]
            if not found:
                break
            tally += sum(found)
    return Span(first * 60, (last + 1) * 60, tally)


def _kiosk_votes(page: Page | bytes) -> list[tuple[int, int]]:
    """The minute of the day and the tally of each answer at a kiosk; 0 for one that does not count."""
    votes = (unpack(b"", page) if isinstance(page, bytes) else page).votes.values()
    return [(vote >> MINUTE_SHIFT & MINUTE_MASK, COUNTS[vote & 0xFF]) for vote in votes if vote & KIOSK]
