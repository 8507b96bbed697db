"""The shops of the simulated chains: when they are open, how their customers feel, how they answer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from zoneinfo import ZoneInfo

from streams.demo.chains import CHAINS, IN_TROUBLE, QUEUE_GROWS, RECOVERS, Chain

DAY_MS = 86_400_000
QUEUE_FROM_MS = 5_000
"""When the tills fail, after the start."""
_WORKS_DAYS = 34
_SWING_MS = 400 * DAY_MS
"""A shop is liked now and a year ago, and better or worse half a year ago."""
_STORY = (QUEUE_GROWS, RECOVERS)

# Shape of the answers within a band: people give a 10 rather than a 9, and a 5 or a 0 rather than a 1.
_UNHAPPY = ((0, 1, 2, 3, 4, 5, 6), (16, 7, 9, 12, 11, 21, 24))
_PASSIVE = ((7, 8), (42, 58))
_HAPPY = ((9, 10), (41, 59))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """One shop. `size` is its share of the traffic (1 is usual), `mood` its NPS now, `swing` half of its range."""

    chain: Chain
    store: str
    zone: ZoneInfo
    size: float
    mood: float
    swing: float = 0.0

    @property
    def name(self) -> tuple[str, str]:
        """Brand and store."""
        return self.chain.brand, self.store

    @property
    def key(self) -> bytes:
        """The key of its records."""
        return f"{self.chain.brand}|{self.store}".encode()

    def local(self, at_ms: int) -> datetime:
        """The shop's own time, to the second."""
        return datetime.fromtimestamp(at_ms // 1000, self.zone)

    def is_open(self, local: datetime) -> bool:
        """Whether it is open at a local time."""
        return local.weekday() not in self.chain.closed_on and self.chain.opens <= local.hour < self.chain.closes

    def queues(self, since_start_ms: int) -> bool:
        """Whether its customers stand in a queue."""
        return self.name == QUEUE_GROWS and since_start_ms >= QUEUE_FROM_MS

    def mood_at(self, since_start_ms: int) -> float:
        """The NPS it would have with endless answers at that time, in ms from the start, negative before it."""
        if self.queues(since_start_ms):
            return -72
        if self.name == RECOVERS and -_WORKS_DAYS * DAY_MS <= since_start_ms < 0:
            return -38
        return self.mood + self.swing * (math.cos(2 * math.pi * min(0, since_start_ms) / _SWING_MS) - 1)


def open_shops(seed: int) -> tuple[Shop, ...]:
    """All shops of all chains; the same for the same seed."""
    random, swings = Random(f"{seed}/shops"), Random(f"{seed}/swings")
    return tuple(
        Shop(
            chain=chain,
            store=store,
            zone=ZoneInfo(zone),
            size=_size(random, chain, store),
            mood=_mood(random, chain, store),
            swing=swings.gauss(1, 2.5),
        )
        for chain in CHAINS
        for zone, stores in chain.stores.items()
        for store in stores
    )


def _size(random: Random, chain: Chain, store: str) -> float:
    """The shops of the story are no small ones: their past must hold enough to be compared with."""
    size = random.lognormvariate(0, 0.45)
    return max(1.0, size) if (chain.brand, store) in _STORY else size


def _mood(random: Random, chain: Chain, store: str) -> float:
    spread = random.gauss(0, 11)
    if (chain.brand, store) in IN_TROUBLE:
        return -24 + spread / 3
    if (chain.brand, store) in (QUEUE_GROWS, RECOVERS):
        return max(chain.mood, 45)
    return max(-40.0, min(75.0, chain.mood + spread))


def draw_score(random: Random, mood: float, scale_min: int = 0) -> int:
    """A score of a customer of a shop with this NPS: 26 % passives around 0, fewer towards either end."""
    passives = 0.3 - 0.15 * abs(mood) / 100
    happy = (1 - passives + mood / 100) / 2
    chance = random.random()
    scores, weights = _HAPPY if chance < happy else _PASSIVE if chance < happy + passives else _UNHAPPY
    return max(scale_min, random.choices(scores, weights)[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A way in which answers come. Shares are 0-1; `needs_open` ties it to the shop's hours."""

    name: str
    source: str
    share: float
    needs_open: bool
    versioned: bool
    comments: float
    knows_customer: float
    repeats: float
    revises: float
    delay_ms: tuple[int, int]


CHANNELS = (
    Channel(
        name="till",
        source="till",
        share=0.5,
        needs_open=True,
        versioned=False,
        comments=0.2,
        knows_customer=0.45,
        repeats=0.045,
        revises=0.005,
        delay_ms=(200, 3_000),
    ),
    Channel(
        name="kiosk",
        source="kiosk",
        share=0.14,
        needs_open=True,
        versioned=False,
        comments=0.1,
        knows_customer=0,
        repeats=0.03,
        revises=0,
        delay_ms=(200, 2_000),
    ),
    Channel(
        name="e-mail",
        source="mailing",
        share=0.24,
        needs_open=False,
        versioned=True,
        comments=0.5,
        knows_customer=1,
        repeats=0.01,
        revises=0.2,
        delay_ms=(1_000, 20_000),
    ),
    Channel(
        name="web",
        source="web",
        share=0.12,
        needs_open=False,
        versioned=True,
        comments=0.6,
        knows_customer=0.5,
        repeats=0.01,
        revises=0.14,
        delay_ms=(500, 5_000),
    ),
)
TILL, KIOSK, EMAIL, WEB = CHANNELS


def traffic(shops: Sequence[Shop], at_ms: int, *, story: float = 0.0) -> list[float]:
    """How many answers come from each shop by each channel at that time: shop by shop, channel by channel, any unit.

    Each shop of which there is something to be seen has at least a share `story` (0-1) of all.
    """
    by_shop = {shop.name: _traffic_of(shop, at_ms) for shop in shops}
    stories = [by_shop[name] for name in by_shop if name in _STORY]
    wanted = story / (1 - story * len(stories)) * sum(sum(by_shop[name]) for name in by_shop if name not in _STORY)
    for weights in stories:
        factor = max(1.0, wanted / sum(weights))
        weights[:] = [weight * factor for weight in weights]
    return [weight for weights in by_shop.values() for weight in weights]


def _traffic_of(shop: Shop, at_ms: int) -> list[float]:
    local = shop.local(at_ms)
    is_open = shop.is_open(local)
    evening = 1.4 if 18 <= local.hour < 22 else 0.15 if local.hour < 7 else 1.0
    saturday = 1.6 if local.weekday() == 5 else 1.0
    counter = saturday if is_open else 0.0
    return [shop.size * channel.share * (counter if channel.needs_open else evening) for channel in CHANNELS]
