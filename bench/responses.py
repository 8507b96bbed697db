"""The workload: responses as tills write them, about 300 bytes each, from 50,000 stores of ten brands.

Stores are drawn by Zipf's law with exponent 1.0: the busiest one has 1 response in 11, half of them have almost none.
A fifth are detractors, a third have a comment. The same seed and time give the same responses.
"""

import itertools
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

import orjson

from streams.engine.partition import partition_of

BRANDS = (
    "Maison Lavande",
    "Nordkap Outdoor",
    "Boulangerie Perrin",
    "Clair & Net",
    "Piccolo Mondo",
    "Garden Lane",
    "Brico Atlas",
    "Optique Soleil",
    "Le Bon Marchand",
    "Harbour Coffee",
)
_PLACES = ("Lyon Part-Dieu", "Paris Nation", "Lille Europe", "Nantes Atlantis", "Bordeaux Lac", "Leeds Trinity", "Gent")
_SCORES = range(11)
_WEIGHTS = (2.2, 0.9, 1.4, 1.9, 2.4, 4.4, 6.8, 14.0, 24.0, 22.0, 20.0)
_COMMENTS = (
    "Attente trop longue à la caisse, mais le personnel était très aimable.",
    "Rien à redire, toujours un plaisir de venir dans ce magasin.",
    "Produit en rupture pour la troisième fois, je ne reviendrai pas.",
    "Quick service, friendly staff, the shop was clean and tidy.",
    'They said "ten minutes", it took forty. Nobody apologised.',
    "Good choice, but the prices have gone up a lot since summer.",
)
_ZONE = timezone(timedelta(hours=1))
_AGES_S = 3 * 3600
_CHUNK = 1_000


class Keyed(NamedTuple):
    """A record to write: where, under which key, what."""

    partition: int
    key: bytes
    value: bytes


class Shop(NamedTuple):
    """A store, and where its responses go."""

    brand: str
    store: str
    key: bytes
    partition: int


def shops(stores: int, partitions: int) -> list[Shop]:
    """The stores, the busiest first."""
    made = []
    for number in range(stores):
        brand = BRANDS[number % len(BRANDS)]
        store = f"{_PLACES[number % len(_PLACES)]} {number // len(BRANDS):04d}"
        key = f"{brand}|{store}".encode()
        made.append(Shop(brand, store, key, partition_of(key, partitions)))
    return made


def responses(n: int, among: list[Shop], now_s: float, seed: int) -> Iterator[Keyed]:
    """`n` responses submitted within the three hours before `now_s`; ids differ between seeds, too."""
    rng = random.Random(seed)
    weights = list(itertools.accumulate(1 / rank for rank in range(1, len(among) + 1)))
    for start in range(0, n, _CHUNK):
        drawn = rng.choices(among, cum_weights=weights, k=min(_CHUNK, n - start))
        scores = rng.choices(_SCORES, _WEIGHTS, k=len(drawn))
        for number, (shop, score) in enumerate(zip(drawn, scores, strict=True), start):
            submitted = datetime.fromtimestamp(now_s - rng.random() * _AGES_S, UTC).astimezone(_ZONE)
            yield Keyed(shop.partition, shop.key, _write(rng, shop, score, submitted, f"{seed:02d}-{number:08d}"))


def _write(rng: random.Random, shop: Shop, score: int, submitted: datetime, number: str) -> bytes:
    document: dict[str, object] = {
        "response_id": f"pos-{rng.getrandbits(40):010x}-{number}",
        "source": "pos",
        "brand": shop.brand,
        "store": shop.store,
        "submitted_at": submitted.isoformat(timespec="seconds"),
        "score": score,
        "channel": "pos",
        "survey": "after-visit",
        "language": "fr",
        "device_ref": f"till-{rng.randrange(1, 9):02d}",
    }
    if rng.random() < 0.7:
        document["customer_ref"] = f"c-{rng.getrandbits(32):08x}"
        document["consent"] = {"contact": True}
    if rng.random() < 0.35:
        document["comment"] = rng.choice(_COMMENTS)
    return orjson.dumps(document)
