"""The reader: fills the read model from `nps.scores`, `nps.trends`, `nps.alarms`, and what is newest of the follow-up.

A plain consumer without a group: every board reads everything for itself and commits nothing. While a broker is away
the consumer tries again by itself, and reading goes on where it was. Only what waiting cannot mend (positions that the
broker does not know any more, a minute of silence) ends the session, and the next one reads everything anew. So does
a topic of trends, alarms or refusals that an older deployment did not have and now has: a board can do without these.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams.board.intake import Intake
from streams.board.live import Hub
from streams.board.model import Board
from streams.board.progress import Progress, TopicProgress
from streams.cluster.connection import admin_client
from streams.engine.fetch import stop_consumer
from streams.settings import Settings
from streams.topology import ACTIONS_DEAD, ALARMS, ALERTS, SCORES, TRENDS

logger = logging.getLogger(__name__)

RETRY_S: Final = 1.0
PROBE_EVERY_S: Final = 2.0
PROBE_MAX_S: Final = 3.0
"""A Kafka that does not say for this long where its logs end is not reachable."""
MISSED_EVERY_S: Final = 10.0
"""How often it is asked whether a topic that the board does without is there by now."""
SILENCE_MAX_S: Final = 60.0
STOP_MAX_S: Final = 0.3
FETCH_WAIT_MS: Final = 100
"""Behind a fetch that the broker holds back the probe has to wait: they share a connection."""
ALERTS_BEHIND: Final = 120_000
"""Offsets before the ends of all partitions together, markers of transactions included: the stories of as many cases
as a board holds, in a second or two."""
RECORDS_MAX: Final = 1_000
"""Records applied in one go, some 10 ms: requests are served in between."""

Offsets = Mapping[TopicPartition, int]


async def read(settings: Settings, *, board: Board, progress: Progress, hub: Hub, now: Callable[[], float]) -> None:
    """Keep the read model up to date, for ever: a Kafka that is away, late or new is waited for."""
    while True:
        session = _Session(settings, board=board, progress=progress, hub=hub, now=now)
        try:
            await session.run()
        except (KafkaError, OSError, TimeoutError) as error:
            logger.warning("Kafka: %s; the topics will be read anew", type(error).__name__)
            session.note(reachable=False, caught_up=False, reason=type(error).__name__)
        await asyncio.sleep(RETRY_S)


class _Session:
    """One consumer, from its start to its end."""

    NEEDED = (SCORES.name, ALERTS.name)
    MISSED = (TRENDS.name, ALARMS.name, ACTIONS_DEAD.name)
    NEWEST = (ALERTS.name, ACTIONS_DEAD.name)

    def __init__(
        self, settings: Settings, *, board: Board, progress: Progress, hub: Hub, now: Callable[[], float]
    ) -> None:
        self._settings = settings
        self._board = board
        self._progress = progress
        self._hub = hub
        self._now = now
        intake = Intake(board, progress, hub)
        self._appliers = {settings.topic(name): apply for name, apply in intake.by_topic.items()}
        self._wanted: Offsets = {}
        self._consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=settings.brokers,
            client_id="nps-board",
            group_id=None,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="none",
            fetch_max_wait_ms=FETCH_WAIT_MS,
            request_timeout_ms=round(settings.request_timeout * 1000),
        )

    async def run(self) -> None:
        """Read until something ends the session; returns where a topic is not there yet, or now is."""
        try:
            async with asyncio.timeout(SILENCE_MAX_S):
                await self._consumer.start()
                opened = await self._open()
            if opened:
                await self._follow()
        finally:
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                async with asyncio.timeout(STOP_MAX_S):
                    await stop_consumer(self._consumer)

    def note(self, *, reachable: bool, caught_up: bool, reason: str | None = None) -> None:
        """Write down how things are, and tell the pages where that is news."""
        progress = self._progress
        before = progress.state, progress.reason
        progress.reachable, progress.caught_up, progress.reason = reachable, caught_up, reason
        if reachable:
            progress.heard_s = self._now()
        if before != (progress.state, progress.reason):
            self._hub.status_changed()

    async def _open(self) -> bool:
        """Assign every partition and stand at its start; False where a topic is missing."""
        partitions = await self._partitions()
        topics = Counter(partition.topic for partition in partitions)
        missing = [topic for topic in map(self._settings.topic, self.NEEDED) if topic not in topics]
        if missing:
            self.note(reachable=True, caught_up=False, reason=f"no topic {' and '.join(missing)} yet")
            return False
        self._consumer.assign(partitions)
        starts = await self._consumer.beginning_offsets(partitions)
        ends = await self._consumer.end_offsets(partitions)
        newest = {*map(self._settings.topic, self.NEWEST)}
        for partition in partitions:
            behind = ALERTS_BEHIND // topics[partition.topic]
            first = ends[partition] - behind if partition.topic in newest else 0
            self._consumer.seek(partition, max(starts[partition], first))
        self._board.clear()
        self._progress.topics = {topic: TopicProgress(count) for topic, count in topics.items()}
        self._wanted = ends
        self.note(reachable=True, caught_up=False)
        return True

    async def _partitions(self) -> list[TopicPartition]:
        """The partitions of our topics. Asks for all topics: asking for one by name might create it."""
        async with admin_client(self._settings) as admin:
            topics = await admin.describe_topics()
        return [
            TopicPartition(topic["topic"], partition["partition"])
            for topic in topics
            if topic["topic"] in self._appliers
            for partition in topic["partitions"]
        ]

    async def _follow(self) -> None:
        loop = asyncio.get_running_loop()
        probe_at = loop.time()
        ask_at = loop.time() + MISSED_EVERY_S
        while True:
            fetched = await self._consumer.getmany(timeout_ms=200, max_records=RECORDS_MAX)
            for partition, records in fetched.items():
                self._apply(partition, records)
            if not self._progress.caught_up and await self._lag(self._wanted) == {}:
                self.note(reachable=self._progress.reachable, caught_up=True)
            if loop.time() >= probe_at:
                await self._probe()
                probe_at = loop.time() + PROBE_EVERY_S
            if self._missed() and loop.time() >= ask_at:
                if {each.topic for each in await self._partitions()} & self._missed():
                    return
                ask_at = loop.time() + MISSED_EVERY_S

    def _missed(self) -> set[str]:
        return set(map(self._settings.topic, self.MISSED)) - self._progress.topics.keys()

    async def _probe(self) -> None:
        """Ask where the logs end: says how far behind the board is, and whether Kafka is there at all."""
        try:
            async with asyncio.timeout(PROBE_MAX_S):
                lags = await self._lag(await self._consumer.end_offsets(list(self._wanted)))
        except (KafkaError, OSError, TimeoutError) as error:
            if self._now() - self._progress.heard_s > SILENCE_MAX_S:
                raise
            self.note(reachable=False, caught_up=self._progress.caught_up, reason=type(error).__name__)
            return
        for topic, progress in self._progress.topics.items():
            progress.lag = sum(lag for partition, lag in lags.items() if partition.topic == topic)
        self.note(reachable=True, caught_up=self._progress.caught_up)

    async def _lag(self, ends: Offsets) -> dict[TopicPartition, int]:
        """The partitions that are not read to these ends, and how much is left."""
        positions = {partition: await self._consumer.position(partition) for partition in ends}
        return {partition: end - positions[partition] for partition, end in ends.items() if positions[partition] < end}

    def _apply(self, partition: TopicPartition, records: Iterable[Any]) -> None:
        progress = self._progress.topics[partition.topic]
        apply = self._appliers[partition.topic]
        for record in records:
            progress.records += 1
            outcome = apply(record)
            progress.malformed += outcome == "malformed"
            progress.unshown += outcome == "unshown"
