"""The twelve classes of values that no response can be, each with the reason it must be set aside for."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

Document = dict[str, Any]
_DAY_MS = 86_400_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(at_ms: int) -> str:
    """An instant in ms since the epoch as RFC 3339."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds")


def encode(document: Document) -> bytes:
    """A document as tills write it."""
    return json.dumps(document, ensure_ascii=False).encode()


def _nested(document: Document, _now_ms: int) -> bytes:
    deep: Any = 1
    for _ in range(16):
        deep = [deep]
    return encode({**document, "attributes": deep})


def _without_brand(document: Document, _now_ms: int) -> bytes:
    return encode({name: value for name, value in document.items() if name != "brand"})


MALFORMED: dict[str, tuple[str, Callable[[Document, int], bytes | None]]] = {
    "null": ("invalid_json", lambda _document, _now: None),
    "empty": ("invalid_json", lambda _document, _now: b""),
    "cut": ("invalid_json", lambda document, _now: encode(document)[:-7]),
    "not_a_number": ("invalid_json", lambda document, _now: encode({**document, "wow": float("nan")})),
    "other_bytes": ("invalid_utf8", lambda document, _now: encode(document).replace(b'"brand": "', b'"brand": "\xff')),
    "nested": ("too_deep", _nested),
    "twice": ("duplicate_field", lambda document, _now: encode(document)[:-1] + b', "store": "twice"}'),
    "without_brand": ("schema", _without_brand),
    "fraction": ("schema", lambda document, _now: encode({**document, "score": 7.0})),
    "off_scale": ("score_out_of_range", lambda document, _now: encode({**document, "score": 11})),
    "ahead": (
        "timestamp_in_future",
        lambda document, now: encode({**document, "submitted_at": instant(now + _DAY_MS)}),
    ),
    "ancient": ("too_old", lambda document, now: encode({**document, "submitted_at": instant(now - 401 * _DAY_MS)})),
}
"""By class: the reason of the dead letter, and the value made of a good document and the instant it is sent."""
