"""What goes wrong with a CRM: each fault turns a good action into bytes that must end as a dead letter."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random

import orjson

from streams.demo.deeds import Deed
from streams.demo.records import Document

_EMAIL_CHARACTERS = 80_000


def _torn(document: Document, random: Random, _: datetime) -> bytes:
    """A connection that broke in the middle of a record."""
    whole = orjson.dumps(document)
    return whole[: random.randint(1, len(whole) - 1)].decode(errors="ignore").encode()


def _latin_1(document: Document, _random: Random, _: datetime) -> bytes:
    """An export in the code page of an old desktop."""
    return orjson.dumps({**document, "actor": "Hélène"}).decode().encode("latin-1", errors="replace")


def _twice(document: Document, _random: Random, _: datetime) -> bytes:
    """A mapping that fills one field from two."""
    return orjson.dumps(document)[:-1] + b',"actor":"crm"}'


def _by_fax(document: Document, _random: Random, _: datetime) -> bytes:
    """A channel that is in no list."""
    return orjson.dumps({**document, "action": "contacted", "channel": "fax"})


def _unreasoned(document: Document, _random: Random, _: datetime) -> bytes:
    """A case dismissed without a reason."""
    return orjson.dumps({**document, "action": "dismissed"})


def _without_alert(document: Document, _random: Random, _: datetime) -> bytes:
    """A CRM that writes its own case number where the alert belongs."""
    return orjson.dumps({**document, "alert_id": "CASE-004711"})


def _tomorrow(document: Document, _random: Random, now: datetime) -> bytes:
    """A call that is planned, not made."""
    return orjson.dumps({**document, "at": (now + timedelta(days=1)).isoformat()})


def _whole_thread(document: Document, random: Random, _: datetime) -> bytes:
    """Somebody pasted the whole thread of mails, with its pictures."""
    return orjson.dumps({**document, "note": random.randbytes(_EMAIL_CHARACTERS // 2).hex()})


ACTION_FAULTS: Mapping[Callable[[Document, Random, datetime], bytes], str] = {
    _torn: "invalid_json",
    _latin_1: "invalid_utf8",
    _twice: "duplicate_field",
    _by_fax: "schema",
    _unreasoned: "schema",
    _without_alert: "schema",
    _tomorrow: "timestamp_in_future",
    _whole_thread: "too_large",
}
"""Every fault and the reason that its dead letter must give."""

_DECK = tuple(ACTION_FAULTS)


def spoil_action(random: Random, deed: Deed, now_ms: int) -> Deed:
    """A deed with one fault in it, and the reason its dead letter must give."""
    fault = random.choice(_DECK)
    value = fault(orjson.loads(deed.value), random, datetime.fromtimestamp(now_ms // 1000, UTC))
    return deed._replace(value=value, reason=ACTION_FAULTS[fault])
