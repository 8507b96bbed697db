"""What became of an action: the event that it brought about, or the dead letter that it ended as."""

import asyncio
from typing import Any, NamedTuple

from aiokafka import TopicPartition

from streams.cluster.acting import send_action
from streams.cluster.connection import admin_client, reader
from streams.cluster.reading import partitions_of, read_span
from streams.events.action import Action, decode_action
from streams.events.alert import Alert, decode_alert
from streams.events.dead_letter import parse_dead_letter_headers
from streams.events.rejected import Reason, Rejected
from streams.settings import Settings
from streams.topology import ACTIONS_DEAD, ALERTS


class Outcome(NamedTuple):
    """The event of the case that an action moved, or why it was refused; neither where no answer came in time."""

    event: Alert | None = None
    refused: Reason | None = None


async def act(settings: Settings, action: Action, wait_s: float) -> Outcome:
    """Send an action, and wait at most `wait_s` for what becomes of it. KafkaError where it was perhaps not sent.

    An action whose id was taken before brings about nothing: ask for that first.
    """
    alerts, dead = settings.topic(ALERTS.name), settings.topic(ACTIONS_DEAD.name)
    async with admin_client(settings) as admin:
        partitions = [*await partitions_of(admin, alerts), *await partitions_of(admin, dead)]
    async with reader(settings, "read_committed") as consumer:
        starts = await consumer.end_offsets(partitions)
        await send_action(settings, action)
        return await _wait(consumer, starts, dead, action, wait_s)


async def _wait(consumer: Any, starts: dict[TopicPartition, int], dead: str, action: Action, wait_s: float) -> Outcome:
    found: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

    def see(record: Any) -> None:
        outcome = outcome_in(record, action, is_dead_letter=record.topic == dead)
        if outcome is not None and not found.done():
            found.set_result(outcome)

    reading = asyncio.create_task(read_span(consumer, starts, None, see))
    try:
        awaited: set[asyncio.Future[Any]] = {reading, found}
        await asyncio.wait(awaited, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            await reading  # raises what went wrong: by itself it ends in no other way
        return found.result() if found.done() else Outcome()
    finally:
        reading.cancel()
        await asyncio.wait({reading})


def outcome_in(record: Any, action: Action, *, is_dead_letter: bool) -> Outcome | None:
    """What a record of `followup.alerts`, or of the dead letters, says of an action; None where it is of another."""
    if is_dead_letter:
        origin, letter = parse_dead_letter_headers(record.headers), decode_action(record.value)
        is_ours = not isinstance(letter, Rejected) and letter.action_id == action.action_id
        return Outcome(refused=origin.reason) if origin is not None and is_ours else None
    event = None if record.value is None else decode_alert(record.value)
    if event is None or isinstance(event, Rejected) or event.action is None:
        return None
    return Outcome(event=event) if event.action.action_id == action.action_id else None
