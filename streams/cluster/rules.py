"""The rule sets that are published on `followup.rules`."""

import asyncio
from collections.abc import Iterable
from typing import Any

from aiokafka.errors import KafkaTimeoutError

from streams.cluster.connection import writer
from streams.cluster.reading import read_topic
from streams.domain.rules import RuleSet
from streams.events.names import normal_name
from streams.events.rejected import Rejected
from streams.events.rules import decode_rules
from streams.settings import Settings
from streams.topology import RULES


async def published_rules(settings: Settings) -> dict[str, RuleSet]:
    """By brand (or `*`) the rule sets that hold, or will as soon as all shards have read them. KafkaError."""
    records: list[Any] = []
    await read_topic(settings, settings.topic(RULES.name), records.append)
    return holding(sorted(records, key=lambda record: int(record.timestamp)))


def holding(records: Iterable[Any]) -> dict[str, RuleSet]:
    """What holds after these records, given in the order in which they were written: what no worker takes is no rule.

    An older version that comes after a newer one changes nothing; a record without a value takes the rules back.
    """
    rules: dict[str, RuleSet] = {}
    for record in records:
        brand = normal_name((record.key or b"").decode(errors="replace"))
        if brand is None:
            continue
        if record.value is None:
            rules.pop(brand, None)
            continue
        read = decode_rules(record.value)
        if isinstance(read, Rejected) or read.brand != brand:
            continue
        if brand not in rules or rules[brand].version <= read.version:
            rules[brand] = read
    return rules


async def publish_rules(settings: Settings, brand: str, document: bytes | None) -> None:
    """Write a rule set, which the shard that reads it copies to all others; None takes it back.

    KafkaError where Kafka fails; it may be written then, and writing it again changes nothing.
    """
    async with writer(settings) as producer:
        try:
            async with asyncio.timeout(settings.commit_deadline):
                await producer.send_and_wait(settings.topic(RULES.name), document, key=brand.encode())
        except TimeoutError:
            raise KafkaTimeoutError(f"it took nothing for {settings.commit_deadline:g} s") from None
