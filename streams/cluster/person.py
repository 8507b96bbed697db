"""A person in the topics: the responses that carry their reference, and the records that will hold it for a while yet.

Only topics with time retention ever hold a reference: the state keeps hashes, and everything else less.
"""

import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from streams.cluster.reading import read_topic
from streams.domain.arrival import AGE_MS_MAX, FUTURE_MS_MAX
from streams.domain.window import DAY_S
from streams.events.alert import decode_alert
from streams.events.rehomed import read_rehomed
from streams.events.rejected import Rejected
from streams.events.response import decode_response
from streams.events.time import epoch_ms
from streams.settings import Settings
from streams.topology import ALERTS, DEAD_LETTERS, RESPONSES, Topic

PLACES: Final = (RESPONSES, DEAD_LETTERS, ALERTS)
"""The topics that may hold a reference."""


class Identity(NamedTuple):
    """What makes a response the one it is: `day` is the UTC date of its submission, in days since the epoch."""

    brand: str
    store: str
    day: int
    source: str
    response_id: str


@dataclass(slots=True)
class Holding:
    """How many records of a topic hold the reference, and the timestamp (ms) of the newest, None for none."""

    records: int = 0
    newest_ms: int | None = None


@dataclass(slots=True)
class Person:
    """The responses of one person, each with its `submitted_at` as it was written, and the records that hold them."""

    responses: dict[Identity, str] = field(default_factory=dict)
    holdings: dict[str, Holding] = field(default_factory=lambda: {topic.name: Holding() for topic in PLACES})
    """By the name of the topic, without the prefix."""

    def held(self, topic: Topic, record: Any) -> None:
        """A record of a topic holds the reference."""
        holding = self.holdings[topic.name]
        holding.records += 1
        holding.newest_ms = max(record.timestamp, holding.newest_ms or 0)


class Reference:
    """A customer's reference, and how to find it in bytes that may be no JSON at all.

    References are compared in Form C: a person that is to be forgotten is not to be missed for the way an accent was
    typed. Two customers whose references differ in nothing else are forgotten together.
    """

    def __init__(self, text: str) -> None:
        self._text = unicodedata.normalize("NFC", text)
        self._is_ascii = text.isascii()
        forms = {text, self._text, unicodedata.normalize("NFD", text)}
        self._quoted = {json.dumps(form, ensure_ascii=plain).encode() for form in forms for plain in (False, True)}
        self._bare = {quoted[1:-1] for quoted in self._quoted}

    def matches(self, customer_ref: str | None) -> bool:
        """Whether this is the reference."""
        if customer_ref is None or self._is_ascii:
            return customer_ref == self._text
        return unicodedata.normalize("NFC", customer_ref) == self._text

    def may_be_in(self, raw: bytes) -> bool:
        """Whether it is worth parsing a JSON text: cheap, and never False for one that holds the reference."""
        if b"\\" in raw or not (self._is_ascii or raw.isascii()):
            return True
        return any(bare in raw for bare in self._bare)

    def is_in(self, raw: bytes) -> bool:
        """Whether bytes that are no response hold it: as a text of its own, or as the number of a customer."""
        if any(quoted in raw for quoted in self._quoted):
            return True
        try:
            document = orjson.loads(raw)
        except ValueError:
            return False
        if not isinstance(document, dict):
            return False
        found = document.get("customer_ref")
        return found is not None and self.matches(str(found))


async def find_person(settings: Settings, reference: str) -> Person:
    """Read all that the topics hold, and return what is there of a person. KafkaError without Kafka or the topics."""
    person, sought = Person(), Reference(reference)
    look: tuple[tuple[Topic, Callable[[Any, Reference, Person], None]], ...] = (
        (RESPONSES, look_at_response),
        (DEAD_LETTERS, look_at_dead_letter),
        (ALERTS, look_at_alert),
    )
    for topic, look_at in look:

        def handle(record: Any, look_at: Callable[[Any, Reference, Person], None] = look_at) -> None:
            if record.value is not None and sought.may_be_in(record.value):
                look_at(record, sought, person)

        await read_topic(settings, settings.topic(topic.name), handle)
    return person


def look_at_response(record: Any, sought: Reference, person: Person) -> None:
    """Take a record of `survey.responses`, in whatever partition; what a worker refuses is held, but no response."""
    response = decode_response(record.value)
    if isinstance(response, Rejected):
        if sought.is_in(record.value):
            person.held(RESPONSES, record)
        return
    if not sought.matches(response.customer_ref):
        return
    person.held(RESPONSES, record)
    submitted_ms = epoch_ms(response.submitted_at)
    arrival_ms = min(read_rehomed(record.headers) or record.timestamp, record.timestamp)
    if submitted_ms - arrival_ms > FUTURE_MS_MAX or record.timestamp - submitted_ms > AGE_MS_MAX:
        return
    day = submitted_ms // (DAY_S * 1000)
    identity = Identity(response.brand, response.store, day, response.source or "", response.response_id)
    person.responses[identity] = orjson.loads(record.value)["submitted_at"]


def look_at_dead_letter(record: Any, sought: Reference, person: Person) -> None:
    """Take a record of `survey.responses.dead`."""
    if sought.is_in(record.value):
        person.held(DEAD_LETTERS, record)


def look_at_alert(record: Any, sought: Reference, person: Person) -> None:
    """Take a record of `followup.alerts`, which is kept for longer than the response that it speaks of."""
    alert = decode_alert(record.value)
    if isinstance(alert, Rejected):
        if sought.is_in(record.value):
            person.held(ALERTS, record)
        return
    if not sought.matches(alert.customer_ref) or alert.response_id is None or alert.submitted_at is None:
        return
    person.held(ALERTS, record)
    day = epoch_ms(datetime.fromisoformat(alert.submitted_at)) // (DAY_S * 1000)
    identity = Identity(alert.brand, alert.store, day, alert.source or "", alert.response_id)
    person.responses.setdefault(identity, alert.submitted_at)
