"""A subscriber who looks on while a run goes: how long after a response its alert can be seen."""

import asyncio
import json
import time
from pathlib import Path
from statistics import median
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from chaos.deployment import ALERTS, RESPONSES, Deployment

_EVERY_S = 5.0


class Onlooker:
    """Writes a line every five seconds: at_s, n alerts raised, the median and the longest of their latencies in s."""

    def __init__(self, deployment: Deployment, path: Path) -> None:
        self._deployment = deployment
        self._path = path
        self._appended_ms: dict[str, int] = {}
        """Of each response, when the last record of it was appended."""
        self._latencies_s: list[float] = []

    async def run(self) -> None:
        """Look on until cancelled, over whatever befalls the brokers."""
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError, TimeoutError):
                await asyncio.sleep(1.0)

    async def _follow(self) -> None:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._deployment.brokers,
            isolation_level="read_committed",
            enable_auto_commit=False,
            auto_offset_reset="latest",
            fetch_max_wait_ms=20,
        )
        await consumer.start()
        try:
            numbers = range(self._deployment.partitions)
            topics = [self._deployment.topic(name) for name in (RESPONSES, ALERTS)]
            consumer.assign([TopicPartition(topic, number) for topic in topics for number in numbers])
            next_s = time.time() + _EVERY_S
            while True:
                fetched = await consumer.getmany(timeout_ms=200)
                now_s = time.time()
                for tp in sorted(fetched, key=lambda tp: tp.topic != topics[0]):
                    for record in fetched[tp]:
                        self._take(record, now_s, is_alert=tp.topic == topics[1])
                if now_s >= next_s:
                    next_s = now_s + _EVERY_S
                    self._write(now_s)
        finally:
            await asyncio.wait([asyncio.ensure_future(consumer.stop())], timeout=10)

    def _take(self, record: Any, now_s: float, *, is_alert: bool) -> None:
        try:
            document = json.loads(record.value)
            response_id = document["response_id"]
        except (ValueError, TypeError, KeyError):
            return
        if not is_alert:
            if isinstance(response_id, str):
                self._appended_ms[response_id] = record.timestamp
        elif document["kind"] == "raised" and response_id in self._appended_ms:
            self._latencies_s.append(now_s - self._appended_ms[response_id] / 1000)

    def _write(self, now_s: float) -> None:
        found, self._latencies_s = self._latencies_s, []
        if found:
            line = {"at_s": round(now_s, 3), "n": len(found), "median_s": median(found), "longest_s": max(found)}
            with self._path.open("a") as file:
                file.write(json.dumps(line) + "\n")
