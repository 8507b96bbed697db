"""Sends what people did about an alert to `followup.actions`."""

import asyncio

from aiokafka.errors import KafkaTimeoutError

from streams.cluster.connection import writer
from streams.events.action import Action, encode_action
from streams.settings import Settings
from streams.topology import ACTIONS


async def send_action(settings: Settings, action: Action) -> None:
    """Write an action under the key of its store, and wait until all replicas in step have it.

    KafkaError where Kafka fails; it may be written then. Sending an action twice does no harm: it is taken once.
    """
    key = f"{action.brand}|{action.store}".encode()
    async with writer(settings) as producer:
        try:
            async with asyncio.timeout(settings.commit_deadline):
                await producer.send_and_wait(settings.topic(ACTIONS.name), encode_action(action), key=key)
        except TimeoutError:
            raise KafkaTimeoutError(f"it took nothing for {settings.commit_deadline:g} s") from None
