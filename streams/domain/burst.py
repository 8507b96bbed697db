"""Unhappy answers in quick succession at the kiosks of a store (HappyOrNot's rule): something is wrong there now.

At least 4 answers within 15 minutes, half of them detractors'; over with fewer answers, or when under a quarter are: at
a kiosk where nearly half are unhappy all day, half alone would begin and end all the time. A window ends with the
minute of now and goes by when people answered, so that a kiosk that was offline says nothing about the present when it
comes back.
"""

from collections.abc import Mapping
from typing import Final

from streams.domain.alarm import Span
from streams.domain.page import votes_of
from streams.domain.store import Store
from streams.domain.tally import figures
from streams.domain.vote import COUNTS, KIOSK, MINUTE_MASK, MINUTE_SHIFT

MINUTES: Final = 15
N_MIN: Final = 4
DETRACTORS_MIN: Final = 0.5
RELEASE_SHARE: Final = 0.25
BURST_LIMITS: Final[Mapping[str, float]] = {
    "window_s": MINUTES * 60,
    "n": N_MIN,
    "detractor_share": DETRACTORS_MIN,
    "release_share": RELEASE_SHARE,
}
"""The rule as it is published."""

_PAGES_MAX: Final = 256
"""The newest pages of a day that are looked through, 16,384 answers: few stores have as many in a whole day."""
_MINUTES_PER_DAY: Final = 1440


def is_burst(tally: int, *, was_on: bool) -> bool:
    """Whether the answers of the window are a burst, or one that is open goes on."""
    now = figures(tally)
    return now.n >= N_MIN and now.detractors >= (RELEASE_SHARE if was_on else DETRACTORS_MIN) * now.n


def kiosk_window(store: Store, now_s: int) -> Span:
    """The answers at a store's kiosks in the minutes up to an instant (s since the epoch).

    Other answers do not hide them, however many came in between: of other channels, or of a kiosk that was offline.
    """
    last = now_s // 60
    first = last - MINUTES + 1
    tally = 0
    for day in range(first // _MINUTES_PER_DAY, last // _MINUTES_PER_DAY + 1):
        midnight = day * _MINUTES_PER_DAY
        for page in store.days_pages(day)[-_PAGES_MAX:]:
            for vote in [vote for vote in votes_of(page) if vote & KIOSK]:
                if first <= midnight + (vote >> MINUTE_SHIFT & MINUTE_MASK) <= last:
                    tally += COUNTS[vote & 0xFF]
    return Span(first * 60, (last + 1) * 60, tally)
