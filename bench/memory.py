"""Memory: what votes and stores cost, each measured as the growth of a fresh process.

`python -m bench.memory SCENARIO VOTES` prints one JSON object; `measure_memory` starts one for each scenario.
"""

import asyncio
import gc
import random
import sys
from array import array
from collections.abc import Callable
from dataclasses import dataclass

import orjson
import psutil

from streams.domain.page import VOTES_MAX, Page
from streams.domain.score import SCORE_MAX
from streams.domain.store import BrandShare, Store
from streams.domain.tally import ONE
from streams.domain.vote import new_vote

_TODAY = 20_000
_DAYS = 30
_FEW = 10
_MANY = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Bytes resident, each a growth divided by a number."""

    vote_packed: float
    vote_thawed: float
    vote_packed_busy: float
    vote_thawed_busy: float
    store_empty: float
    store_month: float


async def measure_memory(votes: int) -> Memory:
    """Measure everything with about so many votes, one process at a time."""
    figures = {}
    for scenario in ("few", "busy", "stores"):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.memory", scenario, str(votes), stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
        assert process.returncode == 0, scenario
        figures.update(orjson.loads(out))
    return Memory(**figures)


def _votes(votes: int, a_day: int, suffix: str) -> dict[str, float]:
    """Bytes per vote in days of `a_day` votes: packed as after a restore, then thawed."""
    days = votes // a_day
    stores = _stores(max(1, days // _DAYS))
    rng = random.Random(1)
    known: list[int] = []

    def pack() -> None:
        for number in range(days):
            for segment, start in enumerate(range(0, a_day, VOTES_MAX)):
                identities = array("Q", rng.randbytes(8 * min(VOTES_MAX, a_day - start)))
                page = Page(b"")
                for each in identities:
                    page.append(each, new_vote(each % (SCORE_MAX + 1), each % 1440, number))
                stores[number % len(stores)].put(_TODAY - number // len(stores), segment, page.pack())
            known.append(identities[0])

    def thaw() -> None:
        for number, identity in enumerate(known):
            stores[number % len(stores)].page_for(_TODAY - number // len(stores), identity)

    packed = _growth(pack) - sys.getsizeof(known) - sum(map(sys.getsizeof, known))
    thawed = _growth(thaw)
    counted = days * a_day
    return {f"vote_packed{suffix}": packed / counted, f"vote_thawed{suffix}": (packed + thawed) / counted}


def _of_stores(stores: int) -> dict[str, float]:
    """Bytes per store: as it is made, and with a month of tallies."""
    kept: list[Store] = []

    def count() -> None:
        for store in kept:
            for age in range(_DAYS):
                store.rolling.add_day(_TODAY - age, 7 * ONE[10] + ONE[8] + 2 * ONE[3])

    empty = _growth(lambda: kept.extend(_stores(stores)))
    return {"store_empty": empty / stores, "store_month": (empty + _growth(count)) / stores}


def _stores(n: int) -> list[Store]:
    share = BrandShare("Maison Lavande")
    thawed: list[tuple[Store, int]] = []
    for number in range(n):
        name = f"Lyon Part-Dieu {number:05d}"
        share.stores[name] = Store(share, name, thawed)
    return list(share.stores.values())


def _growth(work: Callable[[], None]) -> int:
    """How much more is resident after some work."""
    gc.collect()
    before = psutil.Process().memory_info().rss
    work()
    gc.collect()
    return int(psutil.Process().memory_info().rss - before)


def main() -> None:
    """Measure one scenario in this process."""
    scenario, votes = sys.argv[1], int(sys.argv[2])
    found = {
        "few": lambda: _votes(votes, _FEW, ""),
        "busy": lambda: _votes(votes, _MANY, "_busy"),
        "stores": lambda: _of_stores(votes // 40),
    }[scenario]()
    sys.stdout.write(orjson.dumps(found).decode())


if __name__ == "__main__":
    main()
