"""I8: another application that begins with nothing and reads the same log comes to the same state and words."""

import json
from collections import Counter
from dataclasses import replace

from aiokafka.admin import AIOKafkaAdminClient

from chaos.deployment import ALERTS, STATE
from chaos.reading import Reading, open_reading
from chaos.stage import Stage
from chaos.waiting import until
from chaos.worker import Seat, nps
from streams.cluster.topics import create_topics

_OF_RESPONSES = frozenset({"raised", "enriched", "retracted", "attached"})


async def replay(stage: Stage) -> dict[str, int]:
    """Delete the state, let another application work through the log, and compare; gives how much was compared."""
    before = _digest(stage)
    name = stage.deployment.topic(STATE)
    await _delete(stage, name)
    assert (await create_topics(stage.settings)).good
    again = f"{stage.settings.app_id}-again"
    seat = Seat("replay", replace(stage.settings, app_id=again), stage.folder)
    seat.start()
    try:
        async with open_reading(replace(stage.deployment, app_id=again)) as reading:
            await until("the log is replayed", reading.handled)
            words = _words(reading)
        status = await seat.stop()
    finally:
        await seat.leave_alone()
        seat.worker.kill()
    assert status == 0, f"the worker that replayed the log ended with {status}"
    after = _digest(stage)
    assert before == after, f"the digest was {before}, replayed it is {after}"
    odd = [word for word, times in words.items() if times % 2]
    assert not odd, f"{len(odd)} alert events are not there in both runs: {odd[0]!r}"
    return {"alerts": len(words)}


def _words(reading: Reading) -> Counter[str]:
    """What was said of responses, but for the numbers: when a clock fires beside them is not the log's to say."""
    events = (json.loads(record.value) for record in reading.records(ALERTS))
    said = ({**event, "sequence": None} for event in events if event["kind"] in _OF_RESPONSES)
    return Counter(json.dumps(event, sort_keys=True) for event in said)


def _digest(stage: Stage) -> str:
    return str(json.loads(nps(stage.settings, "digest", "--json"))["digest"])


async def _delete(stage: Stage, name: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=stage.deployment.brokers)
    try:
        await admin.start()
        await admin.delete_topics([name])

        async def gone() -> bool:
            return name not in await admin.list_topics()

        await until(f"{name} is gone", gone)
    finally:
        await admin.close()
