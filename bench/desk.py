"""What open cases cost: to open one, to keep one, to restore one, to act on one, a look at the clocks, one that fires.

Measured on the desk of one shard without Kafka, in a process of its own. `python -m bench.desk CASES` prints one JSON
object.
"""

import asyncio
import gc
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import orjson
import psutil

from streams.agents.acting import act
from streams.agents.clockwork import Clockwork
from streams.agents.ledger import ROWS_PER_COMMIT, Ledger
from streams.agents.opening import Occurred, open_case
from streams.app.wiring import policy
from streams.domain.case import DAY_MS, HOUR_MS
from streams.domain.store import Store
from streams.events.action import Action
from streams.metrics import Metrics
from streams.settings import Settings

_FIRST_MS = 20_000 * DAY_MS + 10 * HOUR_MS
_STORES = 20_000
"""Few enough cases of each that none is held: a digest is not what is measured."""
_ACTED_MAX = 10_000
_LOOKS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskCost:
    """CPU us and bytes resident, per case; `case_look` per commit that finds nothing due."""

    case_open: float
    case_bytes: float
    case_restore: float
    case_action: float
    case_look: float
    case_clock: float


async def measure_desk(cases: int) -> DeskCost:
    """Measure with so many open cases, in a fresh process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.desk", str(cases), stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return DeskCost(**orjson.loads(out))


def _measure(cases: int) -> DeskCost:
    """The cases are submitted within an hour and half of their customers are known; nobody looks at them for a day."""
    ledger = _ledger()
    desk, clockwork = ledger.desk, Clockwork(ledger.desk)
    ids = [str(UUID(int=number << 64 | 1)) for number in range(1, cases + 1)]
    stores = [ledger.new_store("Maison Lavande", f"Lyon Part-Dieu {number:05d}") for number in range(_STORES)]
    gc.collect()
    before = psutil.Process().memory_info().rss
    opening_us = _us(lambda: _open(ledger, stores, ids))
    restoring_us = _restore(ledger.dirty_rows)
    ledger.dirty_rows = {}
    gc.collect()
    resident = psutil.Process().memory_info().rss - before
    hour_s = (_FIRST_MS + HOUR_MS) / 1000
    looks_us = _us(lambda: [clockwork.advance(hour_s, ROWS_PER_COMMIT) for _ in range(_LOOKS)])
    actions = [_acknowledged(alert_id, number) for number, alert_id in enumerate(ids[:_ACTED_MAX])]
    acting_us = _us(lambda: [act(desk, stores[number % _STORES], each) for number, each in enumerate(actions)])
    day_s = (_FIRST_MS + DAY_MS + HOUR_MS) / 1000
    firing_us = _us(lambda: [clockwork.advance(day_s, ROWS_PER_COMMIT) for _ in range(cases // ROWS_PER_COMMIT)])
    return DeskCost(
        case_open=opening_us / cases,
        case_bytes=resident / cases,
        case_restore=restoring_us / cases,
        case_action=acting_us / len(actions),
        case_look=looks_us / _LOOKS,
        case_clock=firing_us / (cases // ROWS_PER_COMMIT * ROWS_PER_COMMIT),
    )


def _open(ledger: Ledger, stores: list[Store], ids: list[str]) -> None:
    for number, alert_id in enumerate(ids):
        submitted_ms = _FIRST_MS + number * 37 % HOUR_MS
        customer = number if number % 2 else 0
        occurred = Occurred(
            alert_id,
            0,
            5,
            submitted_ms,
            submitted_ms,
            None,
            customer,
            bool(customer),
            requested=False,
            unexplained=True,
        )
        open_case(ledger.desk, stores[number % _STORES], occurred)


def _restore(rows: dict[bytes, bytes | None]) -> float:
    """CPU us of the restore of a shard that has nothing else."""
    ledger = _ledger()

    def work() -> None:
        for offset, (key, value) in enumerate(rows.items()):
            ledger.restore(key, value, offset)
        ledger.restored({}, _FIRST_MS / 1000)

    return _us(work)


def _acknowledged(alert_id: str, number: int) -> Action:
    return Action(
        action_id=f"action-{number}",
        alert_id=alert_id,
        brand="Maison Lavande",
        store="",
        action="acknowledged",
        at=datetime.fromtimestamp(_FIRST_MS / 1000 + 7_200, UTC),
        actor="anna",
    )


def _ledger() -> Ledger:
    return Ledger(0, policy(Settings(), 1, Metrics()))


def _us(work: Callable[[], object]) -> float:
    """CPU of some work."""
    started = time.process_time_ns()
    work()
    return (time.process_time_ns() - started) / 1000


if __name__ == "__main__":
    sys.stdout.write(orjson.dumps(_measure(int(sys.argv[1]))).decode())
