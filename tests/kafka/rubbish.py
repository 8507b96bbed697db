"""What cannot be used: one record of each way."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.kafka.log import Sent
from tests.kafka.traffic import answer


def rubbish(now: datetime) -> Iterator[Sent]:
    """One record of each way to be unusable, with keys and headers of any kind; send them where you like."""
    good = answer("bad", "Store 1", 3, now - timedelta(hours=1))
    text = json.dumps(good)
    deep: Any = 1
    for _ in range(16):
        deep = [deep]
    documents: list[dict[str, Any]] = [
        {name: field for name, field in good.items() if name != without}
        for without in ("response_id", "brand", "store", "submitted_at", "score")
    ]
    scores: tuple[Any, ...] = (7.0, 7.5, "8", True, None, [], 2**64, -1, 11)
    documents += [{**good, "score": score} for score in scores]
    documents += [
        {**good, "score": 0, "scale_min": 1},
        {**good, "scale_min": 2},
        {**good, "scale_max": 5},
        {**good, "brand": ""},
        {**good, "brand": "a|b"},
        {**good, "store": " outer blank"},
        {**good, "store": "x" * 65},
        {**good, "store": "line\nbreak"},
        {**good, "response_id": ""},
        {**good, "response_id": "x" * 257},
        {**good, "submitted_at": "yesterday"},
        {**good, "submitted_at": "2026-02-30T10:00:00Z"},
        {**good, "submitted_at": now.replace(tzinfo=None).isoformat()},
        {**good, "submitted_at": (now + timedelta(minutes=20)).isoformat()},
        {**good, "submitted_at": "9999-12-31T23:59:59+00:00"},
        {**good, "submitted_at": (now - timedelta(days=401)).isoformat()},
        {**good, "submitted_at": "0001-01-01T00:00:00+01:00"},
        {**good, "event": "exploded"},
        {**good, "version": -1},
        {**good, "version": "2"},
        {**good, "comment": 5},
        {**good, "attributes": {"a": {"b": 1}}},
        {**good, "attributes": deep},
        {**good, "comment": "\x00"},
        {**good, "comment": "\ufffe"},
    ]
    values: list[bytes | None] = [json.dumps(document).encode() for document in documents]
    values += [
        None,
        b"",
        b" ",
        b"null",
        b"[]",
        b"7",
        b'"text"',
        b"{",
        text.encode() + b"}",
        b"\xef\xbb\xbf" + text.encode(),
        text.encode().replace(b": 3", b": 03"),
        text.encode().replace(b": 3", b": NaN"),
        text.encode().replace(b": 3", b": 3, "),
        text.encode().replace(b": 3", b': 3, "wow": 1e400'),
        text.encode().replace(b": 3", b': 3, "wow": "\\ud800"'),
        text.encode().replace(b": 3", b': 3, "score": 9'),
        text.encode().replace(b": 3", b': 3, "sc\\u006fre": 9'),
        text.encode().replace(b": 3", b': 3, "x": {"y": 1, "y": 1}'),
        text.encode().replace(b"Store 1", b"Store \xff"),
        text.encode("utf-16"),
        b"[" * 17 + b"]" * 17,
        b"[" * 20_000 + b"]" * 20_000,
        b"[" * 20_000,
        json.dumps({**good, "comment": "x" * 65_536}).encode(),
        b"\xff" * 65_537,
    ]
    keys = (None, b"", b"Aurelia|Store 1", b"\x00\xff", b"k" * 300)
    headers: tuple[tuple[tuple[str, bytes | None], ...], ...] = (
        (),
        (("source", b"till"),),
        (("empty", None), ("", b"\xff")),
        (("nps.arrival", b"nonsense"),),
        (("nps.rehomed-from", b"elsewhere"),),
    )
    for number, value in enumerate(values):
        yield Sent(keys[number % len(keys)], value, headers=headers[number % len(headers)])
