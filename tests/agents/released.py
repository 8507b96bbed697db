"""The state that a release leaves behind: the same life of a shard, row by row, as each release wrote it.

`python -m tests.agents.released NAME` writes the file of this release; the files of former ones never change.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from streams.domain.store import DAY_TALLY_DAYS, RETENTION_DAYS
from tests.agents.desk import BRAND_TALLIES, NOW_MS, Desk, Row
from tests.builders import response

FOLDER = Path(__file__).parent / "golden"
_MINUTE_MS = 60_000
_DAY_MS = 86_400_000
_LAST_DAY = DAY_TALLY_DAYS + 9
END_S = NOW_MS / 1000 + _LAST_DAY * 86_400 + 2
"""When that life ends."""


def a_life() -> Desk:
    """A shard in which every kind of row came about: answers, corrections, a burst, something too late, old days."""
    desk = Desk()
    desk.take(
        *(response(NOW_MS, response_id=f"r-{n}", score=n) for n in range(11)),
        response(NOW_MS, response_id="told", score=2, comment="slow", customer_ref="c-1", version=1),
        response(NOW_MS, response_id="told", event="updated", score=4, version=3),
        response(NOW_MS, response_id="r-3", event="deleted", score=None),
        response(NOW_MS, response_id="r-4", event="forget_identity", score=None),
        *_burst(0),
    )
    _share(desk, 0)
    _answer(desk, 5, response(NOW_MS, response_id="too late", score=1))
    _answer(desk, 5, response(NOW_MS, response_id="r-9", event="updated", score=0))
    for days in (40, RETENTION_DAYS + 2, DAY_TALLY_DAYS + 2):
        _answer(desk, days, response(NOW_MS + days * _DAY_MS, response_id=f"after {days} days", score=8))
    _answer(
        desk, _LAST_DAY, *_burst(_LAST_DAY), response(NOW_MS + (_LAST_DAY - 7) * _DAY_MS, response_id="late", score=5)
    )
    return desk


def _burst(days: int) -> Iterator[bytes]:
    """Five unhappy answers within five minutes at the kiosk of a store."""
    for n in range(5):
        at_ms = NOW_MS + days * _DAY_MS - n * _MINUTE_MS
        yield response(at_ms, response_id=f"kiosk-{n}", score=n % 3, channel="kiosk", store="Metz")


def rows_of(path: Path) -> Iterator[Row]:
    """The rows in a file, oldest first."""
    for offset, line in enumerate(path.read_text().splitlines()):
        key, _, value = line.partition("\t")
        yield Row(offset, key.encode(), bytes.fromhex(value) if value else None)


def _answer(desk: Desk, days: int, *values: bytes) -> None:
    desk.take(*values, at_ms=NOW_MS + days * _DAY_MS)
    _share(desk, days)


def _share(desk: Desk, days: int) -> None:
    """Do what is due so many days later, and let the brand hear what its only shard hands over."""
    now_s = NOW_MS / 1000 + days * 86_400
    for seconds in (0, 1):
        desk.settle(now_s + seconds)
        handed_over = desk.sent(BRAND_TALLIES)
        desk.written.pop((BRAND_TALLIES, 0), None)
        desk.hear(*handed_over)
    desk.settle(now_s + 2)


def main() -> None:
    """Write the file of this release."""
    lines = [
        f"{row.key.decode()}\t{row.value.hex() if row.value else ''}" for row in a_life().changelog if row.value != b""
    ]
    (FOLDER / f"state.{sys.argv[1]}.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
