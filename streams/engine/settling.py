"""Looking after what was committed, until it is seen to have ended in all its partitions.

A commit that was answered is decided, but the markers that end it may be missing still, and Kafka may drop one; see
`ending` for what follows from that.
"""

import asyncio
import logging
import math
from collections.abc import Iterable

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from streams.engine.clock import loop_s
from streams.engine.config import EngineConfig
from streams.engine.ending import commit_again
from streams.engine.lookup import Lookup

log = logging.getLogger(__name__)

_OUTAGE = 0.1
"""A commit that takes this part of the transaction timeout may have met a broker that was away."""
_LOOK = 0.2
"""After this part of it somebody looks whether what was committed is settled."""
_STUCK = 0.02
"""What does not move for this part of it is not on its way any more."""
_LOOK_DOUBLINGS_MAX = 3
_ANSWER = 0.1
"""No commit and no hand-over waits longer than this part of it for an answer about those before."""


class Settling:
    """What one shard has committed and nobody has seen end yet. One caller at a time, and no commit under way."""

    def __init__(self, producer: AIOKafkaProducer, config: EngineConfig, shard: int, lookup: Lookup) -> None:
        self._producer = producer
        self._config = config
        self._shard = shard
        self._lookup = lookup
        self._state = TopicPartition(config.state, shard)
        self.unconfirmed: dict[TopicPartition, float] = {}
        """Where the end of a commit was not seen yet, with the offset of the last batch there."""
        self._open: dict[TopicPartition, tuple[int, float]] = {}
        """What was open before that, anybody's: from which offset on, and since when nothing of it has moved."""
        self._was_away = False
        self._insisted = 0
        self._look_at_s = math.inf

    def doubt(self, results: Iterable[object], *, took_s: float) -> None:
        """Look after the batches of a commit that took so long; `results` are what their sends gave."""
        for sent in results:
            tp, offset = sent.topic_partition, sent.offset  # type: ignore[attr-defined]
            # Sent twice and known to be there, but not where.
            self.unconfirmed[tp] = offset if offset >= 0 else math.inf
        self._was_away = self._was_away or took_s > self._config.transaction_timeout_s * _OUTAGE
        self._look_at_s = min(self._look_at_s, loop_s() + self._pause_s())

    def look_in_s(self) -> float:
        """How long until it is time to look after what was committed; infinite where nothing was since."""
        return self._look_at_s - loop_s()

    async def look(self) -> bool:
        """Whether the rows and the marker of the last commit are settled: whoever takes over will find them.

        Once the next commit has begun it may take this one with it. Where Kafka does not answer, nobody knows.
        """
        try:
            async with asyncio.timeout(self._config.transaction_timeout_s * _ANSWER):
                open_at = await self._lookup.unsettled(self.unconfirmed)
        except (KafkaError, TimeoutError):
            self._look_at_s = loop_s() + self._pause_s()
            return False
        now_s = loop_s()
        # Whatever was open when a batch of ours was written, its own transaction included, begins no later than it.
        self.unconfirmed = {tp: last for tp, last in self.unconfirmed.items() if tp in open_at and open_at[tp] <= last}
        known = self._open
        self._open = {}
        for tp in self.unconfirmed:
            at, since_s = known.get(tp, (-1, now_s))
            self._open[tp] = (open_at[tp], since_s if at == open_at[tp] else now_s)
        if self.is_settled:
            self._was_away, self._insisted = False, 0
        self._look_at_s = math.inf if self.is_settled else now_s + self._pause_s()
        return self._state not in self.unconfirmed

    @property
    def is_settled(self) -> bool:
        """Whether every commit was seen to have ended, in all its partitions."""
        return not self.unconfirmed

    async def insist(self) -> None:
        """Commit once more what was committed, and is not settled still: Kafka may have dropped a marker.

        All of it, also where it may be on its way: one that is settled in part would be torn, were this process to die.
        Raises as a commit does.
        """
        stuck_since_s = loop_s() - self._config.transaction_timeout_s * _STUCK
        if all(since_s > stuck_since_s for _, since_s in self._open.values()):
            return
        if not self._insisted:
            open_at = {f"{tp.topic}[{tp.partition}]": at for tp, (at, _) in self._open.items()}
            log.warning("Not settled: committed once more", extra={"shard": self._shard, "open_at": open_at})
        self._insisted += 1
        self._was_away, self._open = False, {}
        self._look_at_s = loop_s() + self._pause_s()
        await commit_again(self._producer, self.unconfirmed)

    def _pause_s(self) -> float:
        """How long until the next look: a foreign transaction may be open for long, and nothing can be done then."""
        part = _STUCK if self._was_away else _LOOK * 2 ** min(self._insisted, _LOOK_DOUBLINGS_MAX)
        return self._config.transaction_timeout_s * part
