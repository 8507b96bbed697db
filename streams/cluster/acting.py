"""Actions of people about alerts, written to `followup.actions`: what is done here a worker decides on."""

import asyncio
from typing import Final

from aiokafka.errors import KafkaTimeoutError

from streams.cluster.connection import writer
from streams.events.action import Action, encode_action
from streams.settings import Settings
from streams.topology import ACTIONS

PATIENCE_S: Final = 10.0
"""Somebody has pressed a button and waits."""


async def send_action(settings: Settings, action: Action) -> None:
    """Write an action, and wait until all replicas in step have it.

    Success means that it is written, not that the table of moves allows it: that is for the worker of its store to say.
    KafkaError where Kafka fails; it may be written all the same, and the same action again does no harm.
    """
    async with writer(settings) as producer:
        try:
            async with asyncio.timeout(PATIENCE_S):
                key = f"{action.brand}|{action.store}".encode()
                await producer.send_and_wait(settings.topic(ACTIONS.name), encode_action(action), key=key)
        except TimeoutError:
            raise KafkaTimeoutError(f"it took nothing for {PATIENCE_S:g} s") from None
