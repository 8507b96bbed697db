"""What the rules say of one value of `survey.responses`, spelled out slowly, with nothing of the product in it.

`judge` gives the document, or the reason for which the value is a dead letter. Only what the rules of the interface
name is looked at, with the standard library's JSON parser; speed is no concern.
"""

import json
import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

VALUE_BYTES_MAX = 64 * 1024
DEPTH_MAX = 16
ANSWERS = ("created", "updated", "finished")
_EVENTS = (*ANSWERS, "deleted", "excluded", "restored", "forget_identity", "forget_all")
_TEXTS = (
    *("source", "channel", "survey", "comment", "language", "customer_ref"),
    *("device_ref", "employee_ref", "touchpoint", "status", "wow", "reason", "by"),
)
_FLAGS = ("contact_requested", "core_target", "imported")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_LAST_TWO = (0xFFFE, 0xFFFF)
_FORBIDDEN = re.compile(
    "[\0\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | last) for plane in range(17) for last in _LAST_TWO)
    + "]"
)
"""U+0000, lone surrogates and the noncharacters: the last two of each plane, and a block of their own."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Unusable(Exception):
    """A value without a document."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


class _Twice(Exception):
    """A name stands twice in an object."""


def judge(value: bytes | None) -> dict[str, Any] | str:
    """The document of a usable response, its names normalised; else the reason, the first check that fails."""
    try:
        document = read_document(value)
    except Unusable as unusable:
        return unusable.reason
    if not isinstance(document, dict):
        return "schema"
    document = {name: field for name, field in document.items() if field is not None}
    document.setdefault("event", "created")
    if not _is_well_formed(document):
        return "schema"
    score = document.get("score")
    if score is not None and not document.get("scale_min", 0) <= score <= 10:
        return "score_out_of_range"
    return document


def submitted_ms(document: dict[str, Any]) -> int:
    """When a response was submitted, in ms since the epoch."""
    return instant_ms(document["submitted_at"])


def instant_ms(text: str) -> int:
    """An instant in whole ms since the epoch."""
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(milliseconds=1)


def read_document(value: bytes | None) -> Any:
    """The JSON of a value; raises Unusable, with the first check that fails."""
    if not value:
        raise Unusable("invalid_json")
    if len(value) > VALUE_BYTES_MAX:
        raise Unusable("too_large")
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise Unusable("invalid_utf8") from None
    try:
        document = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        # Nested beyond what this parser can take; what we send of that kind is brackets alone.
        raise Unusable("too_deep" if text.count("[") == text.count("]") else "invalid_json") from None
    except ValueError:
        raise Unusable("invalid_json") from None
    if any(map(_FORBIDDEN.search, _strings(document))):
        raise Unusable("invalid_json")
    if _depth(document) > DEPTH_MAX:
        raise Unusable("too_deep")
    try:
        json.loads(text, object_pairs_hook=_once)
    except _Twice:
        raise Unusable("duplicate_field") from None
    return document


def _is_well_formed(document: dict[str, Any]) -> bool:
    for name in ("brand", "store"):
        document[name] = normal_name(document.get(name))
    version = document.get("version", 0)
    consent = document.get("consent", {})
    attributes = document.get("attributes", {})
    return (
        document["brand"] is not None
        and document["store"] is not None
        and is_text(document.get("response_id"), 1, 256)
        and is_text(document.get("submitted_at"))
        and is_time(document["submitted_at"])
        and document["event"] in _EVENTS
        and ("score" in document or document["event"] not in ANSWERS)
        and is_whole(document.get("score", 0))
        and is_whole(version)
        and 0 <= version < 2**53
        and is_whole(document.get("scale_min", 0))
        and document.get("scale_min", 0) in (0, 1)
        and is_whole(document.get("scale_max", 10))
        and document.get("scale_max", 10) == 10
        and all(is_text(document.get(name, "")) for name in _TEXTS)
        and all(type(document.get(name, False)) is bool for name in _FLAGS)
        and isinstance(consent, dict)
        and all(type(consent.get(name, False)) is bool for name in ("contact", "publish"))
        and isinstance(attributes, dict)
        and not any(isinstance(each, dict | list) for each in attributes.values())
    )


def normal_name(name: Any) -> str | None:
    """The name of a brand or a store in Form C, None for what is none."""
    if not isinstance(name, str):
        return None
    normal = unicodedata.normalize("NFC", name)
    if not 1 <= len(normal) <= 64 or normal != normal.strip() or "|" in normal:
        return None
    return None if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in normal) else normal


def is_whole(number: Any) -> bool:
    """Whether it is an integer and no boolean."""
    return type(number) is int


def is_text(text: Any, shortest: int = 0, longest: int = VALUE_BYTES_MAX) -> bool:
    """Whether it is a text of so many characters."""
    return isinstance(text, str) and shortest <= len(text) <= longest


def is_time(text: str) -> bool:
    """Whether it is an instant with its offset, as RFC 3339 writes it."""
    if _TIME.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [*value, *(text for each in value.values() for text in _strings(each))]
    return [text for each in value for text in _strings(each)] if isinstance(value, list) else []


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _finite(digits: str) -> float:
    number = float(digits)
    return _refuse(digits) if number in (float("inf"), float("-inf")) else number


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise _Twice
    return dict(pairs)
