"""Orders to forget a person's responses, and how long the topics will keep what they hold."""

import asyncio
from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

import orjson
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaTimeoutError, for_code

from streams.cluster.connection import admin_client, writer
from streams.cluster.person import PLACES, Identity
from streams.cluster.reading import partitions_of
from streams.domain.arrival import AGE_MS_MAX
from streams.domain.window import DAY_S
from streams.events.response import Response, decode_response
from streams.settings import Settings
from streams.topology import RESPONSES

Order = Literal["forget_identity", "forget_all"]
WORDS_MAX: Final = 256
"""Characters of a reason or of who ordered: an order must not outgrow the record that it is about."""


class Retention(NamedTuple):
    """How long a topic keeps a record, and how many ms longer it may be, for whole segments go; None for ever."""

    keeps_ms: int | None
    longer_ms: int


def order_of(identity: Identity, submitted_at: str, event: Order, *, by: str | None, reason: str | None) -> bytes:
    """The order to forget one response: its identity, `submitted_at` as the response said it, and no personal data.

    `by` and `reason` are left out where a long identity leaves no room for them.
    """
    document: dict[str, str] = {
        "response_id": identity.response_id,
        "brand": identity.brand,
        "store": identity.store,
        "submitted_at": submitted_at,
        "event": event,
    }
    if identity.source:
        document["source"] = identity.source
    words = {name: text for name, text in (("by", by), ("reason", reason)) if text}
    order = orjson.dumps(document | words)
    if not isinstance(decode_response(order), Response):
        order = orjson.dumps(document)
    assert isinstance(decode_response(order), Response), "an order that every worker would refuse"
    return order


def is_obeyed(identity: Identity, now_ms: int) -> bool:
    """Whether a worker takes an order about a response: what is older than identities are kept it would refuse."""
    return now_ms - identity.day * DAY_S * 1000 < AGE_MS_MAX


async def send_orders(
    settings: Settings,
    responses: Mapping[Identity, str],
    event: Order,
    *,
    by: str | None = None,
    reason: str | None = None,
) -> None:
    """Write an order for each of these responses, and wait until all replicas in step have all of them.

    KafkaError where Kafka fails; some may be written then. Ordering twice does no harm.
    """
    topic = settings.topic(RESPONSES.name)
    async with writer(settings) as producer:
        try:
            async with asyncio.timeout(settings.commit_deadline):
                futures = [
                    await producer.send(
                        topic,
                        order_of(identity, submitted_at, event, by=by, reason=reason),
                        key=f"{identity.brand}|{identity.store}".encode(),
                    )
                    for identity, submitted_at in responses.items()
                ]
                await asyncio.gather(*futures)
        except TimeoutError:
            raise KafkaTimeoutError(f"it took nothing for {settings.commit_deadline:g} s") from None


async def retentions(settings: Settings) -> dict[str, Retention]:
    """How long the topics that may hold a reference keep it, as they are set on the broker; by name without prefix."""
    names = {settings.topic(topic.name): topic.name for topic in PLACES}
    async with admin_client(settings) as admin:
        for name in names:
            await partitions_of(admin, name)
        (answer,) = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in names])
    found = {}
    for resource in answer.to_object()["resources"]:
        if resource["error_code"]:
            raise for_code(resource["error_code"])(f"the settings of {resource['resource_name']} cannot be read")
        config = {entry["config_names"]: entry["config_value"] for entry in resource["config_entries"]}
        keeps_ms, segment_ms = int(config["retention.ms"]), int(config["segment.ms"])
        found[names[resource["resource_name"]]] = Retention(None if keeps_ms < 0 else keeps_ms, segment_ms)
    return found
