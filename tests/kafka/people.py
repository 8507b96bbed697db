"""People at the follow-up desk: what they do about each alert that they see, by a script, and what they get wrong."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from streams.topology import ACTIONS, ALERTS
from tests.kafka.log import Log, Sent
from tests.kafka.mixed import mixed
from tests.kafka.traffic import BRANDS, STORES, answer, astray, keyed

Document = dict[str, Any]

SEEN = "seen-"
"""So begin the ids of responses whose alerts people act on; nothing else is ever said of these."""
SCRIPTS = (
    ("acknowledged", "contacted", "resolved", "rated"),
    ("dismissed", "noted", "reopened", "contacted", "resolved"),
    ("resolved", "noted", "acknowledged"),
    ("contacted", "again", "contacted"),
    ("astray",),
    ("rated", "reopened"),
    (),
    ("acknowledged", "dismissed", "again", "resolved", "again"),
    ("acknowledged",),
)
"""Actions on an alert, in order: `again` sends the last one once more, `astray` acknowledges in a wrong partition."""
_MORE: dict[str, Document] = {
    "contacted": {"channel": "call", "note": "Rappeler jeudi \U0001f4de"},
    "dismissed": {"reason": "not_reachable"},
    "noted": {"note": "asked the store"},
    "rated": {"quality": 4},
}
_AGES_H = (0.1, 0.2, 0.3, 2, 5, 26, 50, 75, 100)
"""How long ago: of the older ones clocks are due at once, of none while a test lasts."""


def traffic(seed: int, partitions: int, now: datetime) -> Iterator[Sent]:
    """Mixed traffic without an end, and between it responses whose alerts people act on."""
    random = Random(seed)
    numbers = count()
    for number in count(seed * 1_000_000):
        records = mixed(number, 100, partitions, now)
        for _ in range(12):
            document = answer(
                f"{SEEN}{seed}-{next(numbers)}",
                random.choice(STORES),
                random.randrange(7),
                now - timedelta(hours=random.choice(_AGES_H), seconds=random.uniform(0, 60)),
                brand=random.choice(BRANDS),
                customer_ref=f"{SEEN}{uuid.UUID(int=random.getrandbits(128))}",
                consent={"contact": random.random() < 0.8},
            )
            records.insert(random.randrange(len(records) + 1), keyed(document))
        yield from records


class People:
    """They read the topic of alerts, and act on each alert of theirs once."""

    def __init__(self, log: Log) -> None:
        self.sent = 0
        self._log = log
        self._known: set[str] = set()

    async def act(self) -> None:
        """Do what is to be done about the alerts that came since, and something that nobody can use."""
        await self._log.refresh()
        now = datetime.now(UTC)
        records: list[Sent] = []
        for record in self._log.records(ALERTS):
            event = json.loads(record.value)
            is_theirs = event["kind"] == "raised" and event["response_id"].startswith(SEEN)
            if is_theirs and event["alert_id"] not in self._known:
                self._known.add(event["alert_id"])
                records += self._script(event, SCRIPTS[len(self._known) % len(SCRIPTS)], now)
                if len(self._known) % 10 == 0:
                    records += unusable(event, now, len(self._known))
        await self._log.send(records, ACTIONS)
        self.sent += len(records)

    def _script(self, event: Document, script: tuple[str, ...], now: datetime) -> Iterator[Sent]:
        sent: Sent | None = None
        for number, action in enumerate(script):
            if action == "again":
                assert sent is not None
                yield sent
                continue
            document = an_action(event, "acknowledged" if action == "astray" else action, now, number)
            sent = astray(document, self._log.settings.partitions) if action == "astray" else keyed(document)
            yield sent


def an_action(event: Document, action: str, at: datetime, number: int = 0) -> Document:
    """What somebody does about the alert of an event."""
    return {
        "action_id": f"{event['alert_id']}/{number}",
        "alert_id": event["alert_id"],
        "brand": event["brand"],
        "store": event["store"],
        "action": action,
        "at": at.isoformat(),
        "actor": "ana@example.com",
        **_MORE.get(action, {}),
    }


def unusable(event: Document, now: datetime, number: int) -> Iterator[Sent]:
    """What nobody can use, one of each way, with ids of their own."""
    good = {**an_action(event, "noted", now), "action_id": f"unusable/{number}"}
    bad: list[Document] = [
        {**good, "alert_id": str(uuid.uuid5(uuid.NAMESPACE_URL, "nobody's"))},
        {**good, "alert_id": "a"},
        {**good, "at": (now + timedelta(hours=1)).isoformat()},
        {**good, "action": "forgiven"},
        {**good, "action": "rated", "quality": 6},
        {**good, "action": "dismissed"},
        {**good, "actor": ""},
        {name: value for name, value in good.items() if name != "note"},
    ]
    yield from map(keyed, bad)
    key = keyed(good)
    for value in (None, b"", b"{", b"\xff", b"[]", b'{"brand": 1, "brand": 2}', b" " * 65_537):
        yield Sent(key.key, value)
