"""What goes wrong with real senders: each fault turns a good document into bytes that must end as a dead letter."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import orjson

Document = dict[str, Any]
Fault = Callable[[Document, Random, datetime], bytes | None]

_PHOTO_BYTES = 90_000
_DEPTH = 200


def _torn(document: Document, random: Random, _: datetime) -> bytes:
    """A till lost power in the middle of a record."""
    whole = orjson.dumps(document)
    return whole[: random.randint(1, len(whole) - 1)].decode(errors="ignore").encode()


def _empty(_document: Document, random: Random, _: datetime) -> bytes | None:
    """Nothing at all, or the null that means "deleted" to other systems."""
    return random.choice((b"", None))


def _not_a_number(document: Document, _random: Random, _: datetime) -> bytes:
    """A spreadsheet's NaN, which is no JSON."""
    return _with_score(document, b"NaN")


def _latin_1(document: Document, _random: Random, _: datetime) -> bytes:
    """An old till that writes its code page."""
    return (
        orjson.dumps({**document, "comment": "Très déçu, caisse fermée"}).decode().encode("latin-1", errors="replace")
    )


def _bottomless(document: Document, _random: Random, _: datetime) -> bytes:
    """An export that wrapped itself once more at every attempt."""
    wrapped = b'{"original":' * _DEPTH + b"{}" + b"}" * _DEPTH
    return orjson.dumps(document)[:-1] + b',"attributes":' + wrapped + b"}"


def _two_scores(document: Document, random: Random, _: datetime) -> bytes:
    """A form that posts its old and its new score under one name."""
    return orjson.dumps(document)[:-1] + b',"score":%d}' % random.randint(0, 10)


def _score_as_text(document: Document, _random: Random, _: datetime) -> bytes:
    """A form field is a text until somebody converts it."""
    return orjson.dumps({**document, "score": str(document["score"])})


def _half_points(document: Document, _random: Random, _: datetime) -> bytes:
    """A slider without steps."""
    return _with_score(document, b"7.5")


def _nameless(document: Document, random: Random, _: datetime) -> bytes:
    """A field that was renamed in an update of the shop's software."""
    missing = random.choice(("response_id", "brand", "store", "submitted_at", "score"))
    return orjson.dumps({name: value for name, value in document.items() if name != missing})


def _batch(document: Document, _random: Random, _: datetime) -> bytes:
    """Somebody sent a list where one answer belongs."""
    return orjson.dumps([document])


def _off_the_scale(document: Document, random: Random, _: datetime) -> bytes:
    """A 0-100 slider, a sign, or a zero on a scale from one."""
    if document.get("scale_min") == 1 and random.random() < 0.5:
        return orjson.dumps({**document, "score": 0})
    return orjson.dumps({**document, "score": random.choice((11, 75, 100, -1))})


def _clock_ahead(document: Document, random: Random, now: datetime) -> bytes:
    """A till that takes its local time for UTC, or one with a battery that ran out."""
    ahead = timedelta(hours=random.choice((1, 2, 3, 24 * 365)))
    return orjson.dumps({**document, "submitted_at": (now + ahead).isoformat()})


def _clock_reset(document: Document, _random: Random, now: datetime) -> bytes:
    """A till whose clock went back to the day it was made."""
    return orjson.dumps({**document, "submitted_at": (now - timedelta(days=2200)).isoformat()})


def _photo(document: Document, random: Random, _: datetime) -> bytes:
    """Somebody put a photo into the comment."""
    photo = random.randbytes(_PHOTO_BYTES // 2).hex()
    return orjson.dumps({**document, "comment": "data:image/jpeg;" + photo})


FAULTS: Mapping[Fault, str] = {
    _torn: "invalid_json",
    _empty: "invalid_json",
    _not_a_number: "invalid_json",
    _latin_1: "invalid_utf8",
    _bottomless: "too_deep",
    _two_scores: "duplicate_field",
    _score_as_text: "schema",
    _half_points: "schema",
    _nameless: "schema",
    _batch: "schema",
    _off_the_scale: "score_out_of_range",
    _clock_ahead: "timestamp_in_future",
    _clock_reset: "too_old",
    _photo: "too_large",
}
"""Every fault and the reason that its dead letter must give."""

_DECK = tuple(FAULTS)


def spoil(document: Document, random: Random, at_ms: int) -> tuple[bytes | None, str]:
    """The document with one fault in it, sent at `at_ms`, and the reason its dead letter must give."""
    fault = random.choice(_DECK)
    return fault(document, random, datetime.fromtimestamp(at_ms // 1000, UTC)), FAULTS[fault]


def _with_score(document: Document, score: bytes) -> bytes:
    text = orjson.dumps({**document, "score": 0})
    return text.replace(b'"score":0', b'"score":' + score, 1)
