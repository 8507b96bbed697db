"""Notices a partition that the broker has not answered for: aiokafka can forget one after a restart or a rebalance.

The group looks healthy then, and nothing comes. A fetch is answered at least once per `fetch_wait` even when there is
no data, so a partition without an answer for a minute is one that nobody asks for, or Kafka is away: either way the
process ends, and its supervisor starts one that waits for Kafka and begins afresh.
"""

from collections.abc import Mapping

from faust.types import TP

from streams.engine.failure import Broken

SILENCE_S_MAX = 60.0


class Watchdog:
    """Knows when each partition last gave a sign of life."""

    def __init__(self) -> None:
        self._seen: dict[TP, tuple[int, float]] = {}

    def check(self, answered: Mapping[TP, int], now_s: float) -> None:
        """Take the marks of the last answer for each partition that should deliver; raises Broken after a silence.

        A mark is any number that changes with each answer; `now_s` is monotonic.
        """
        self._seen = {
            tp: self._seen[tp] if tp in self._seen and self._seen[tp][0] == mark else (mark, now_s)
            for tp, mark in answered.items()
        }
        for tp, (_, since_s) in self._seen.items():
            if now_s - since_s > SILENCE_S_MAX:
                raise Broken(f"{tp.topic}[{tp.partition}] got no answer to any fetch for {SILENCE_S_MAX:.0f} s")
