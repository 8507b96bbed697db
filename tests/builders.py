"""Records as a consumer gives them, made up: one builder per thing that is read."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson


@dataclass(slots=True, kw_only=True)
class FakeRecord:
    """A record as aiokafka's parser yields it; `timestamp` in ms."""

    offset: int
    timestamp: int
    key: bytes | None = None
    value: bytes | None = None
    timestamp_type: int = 1
    headers: list[tuple[str, bytes | None]] = field(default_factory=list)


def ms(text: str) -> int:
    """The ms since the epoch of an RFC 3339 instant."""
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def rfc3339(at_ms: int) -> str:
    """An instant (ms since the epoch) as a provider writes it."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def response(submitted_ms: int, **fields: Any) -> bytes:
    """The value of a response: a promoter of one store, but for what `fields` say; None leaves a field out."""
    document = {
        "response_id": "r-1",
        "brand": "Nord",
        "store": "Lyon",
        "submitted_at": rfc3339(submitted_ms),
        "score": 9,
        **fields,
    }
    return orjson.dumps({name: value for name, value in document.items() if value is not None})
