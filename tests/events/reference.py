"""A slow second opinion on responses: the rules of the public interface, written down once more from the text alone.

It shares no code with `streams.events` but the values that both return: the stdlib's parser keeps every pair of every
object, and each rule looks at the whole document.
"""

import json
import math
import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from typing import Any

TEXTS = ["source", "channel", "survey", "comment", "language", "customer_ref"]
TEXTS += ["device_ref", "employee_ref", "touchpoint", "status", "wow", "reason", "by"]
FLAGS = ["contact_requested", "core_target", "imported"]
EVENTS = ["created", "updated", "finished", "deleted", "excluded", "restored", "forget_identity", "forget_all"]
OTHERS = ["response_id", "brand", "store", "submitted_at", "score", "event", "version"]
OTHERS += ["scale_min", "scale_max", "consent", "quality", "attributes"]


class Pairs(list[tuple[str, Any]]):
    """An object as it was written, repeated names and all."""


def verdict(raw: bytes) -> str | dict[str, Any]:
    """The reason why a record is refused, or the fields of its response; its names in Form C, nulls left out."""
    if len(raw) > 65_536:
        return "too_large"
    try:
        text = raw.decode("utf-8", "strict")
        document = json.loads(text, object_pairs_hook=Pairs, parse_constant=_no_constant)
    except UnicodeDecodeError:
        return "invalid_utf8"
    except ValueError:
        return "invalid_json"
    return _defect(list(_walk(document, 0))) or _response(document)


def _defect(everything: list[tuple[Any, int]]) -> str | None:
    """What is wrong with a document whatever it is about."""
    if any(_is_no_i_json(value) for value, _ in everything):
        return "invalid_json"
    if max(level for _, level in everything) > 16:
        return "too_deep"
    if any(isinstance(value, Pairs) and len(dict(value)) < len(value) for value, _ in everything):
        return "duplicate_field"
    return None


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _walk(value: Any, level: int) -> Iterator[tuple[Any, int]]:
    """All values and names, with the number of objects and arrays around them, themselves included."""
    if isinstance(value, list):
        level += 1
    yield value, level
    if isinstance(value, Pairs):
        for name, one in value:
            yield name, level
            yield from _walk(one, level)
    elif isinstance(value, list):
        for one in value:
            yield from _walk(one, level)


def _is_no_i_json(value: Any) -> bool:
    if isinstance(value, str):
        points = [ord(character) for character in value]
        return any(
            point == 0 or 0xD800 <= point <= 0xDFFF or 0xFDD0 <= point <= 0xFDEF or point & 0xFFFE == 0xFFFE
            for point in points
        )
    if isinstance(value, float):
        return math.isinf(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) >= 2**1024 - 2**970
    return False


def _response(document: Any) -> str | dict[str, Any]:
    if not isinstance(document, Pairs):
        return "schema"
    given = dict(document)
    fields = {name: value for name, value in given.items() if name in [*TEXTS, *FLAGS, *OTHERS] and value is not None}
    event = fields.setdefault("event", "created")
    if event not in EVENTS or not _types_fit(fields) or not _times_and_names_fit(fields):
        return "schema"
    if "score" not in fields:
        if event in EVENTS[:3]:
            return "schema"
    elif not fields.get("scale_min", 0) <= fields["score"] <= 10:
        return "score_out_of_range"
    for name in ("brand", "store"):
        fields[name] = unicodedata.normalize("NFC", fields[name])
    for name in ("consent", "quality", "attributes"):
        if name in fields:
            fields[name] = dict(fields[name])
    if fields.get("comment") == "":
        del fields["comment"]
    fields["unknown"] = len([name for name in given if name not in [*TEXTS, *FLAGS, *OTHERS]])
    return fields


def _types_fit(fields: dict[str, Any]) -> bool:
    if not all(isinstance(fields.get(name, Pairs()), Pairs) for name in ("consent", "quality", "attributes")):
        return False
    consent, quality = dict(fields.get("consent", Pairs())), dict(fields.get("quality", Pairs()))
    flags = [fields[name] for name in FLAGS if name in fields]
    flags += [consent.get("contact"), consent.get("publish"), quality.get("bot")]
    return (
        all(type(fields[name]) is str for name in TEXTS if name in fields)
        and all(type(flag) in {bool, type(None)} for flag in flags)
        and type(quality.get("duration_s")) in {int, float, type(None)}
        and all(type(one) in {str, int, float, bool, type(None)} for _, one in fields.get("attributes", Pairs()))
        and type(fields.get("score", 0)) is int
        and type(fields.get("version", 0)) is int
        and 0 <= fields.get("version", 0) < 2**53
        and (type(fields.get("scale_min", 0)), type(fields.get("scale_max", 10))) == (int, int)
        and fields.get("scale_min", 0) in {0, 1}
        and fields.get("scale_max", 10) == 10
    )


def _times_and_names_fit(fields: dict[str, Any]) -> bool:
    if not all(type(fields.get(name)) is str for name in ("response_id", "brand", "store", "submitted_at")):
        return False
    if not 1 <= len(fields["response_id"]) <= 256:
        return False
    for name in ("brand", "store"):
        normal = unicodedata.normalize("NFC", fields[name])
        if not 1 <= len(normal) <= 64 or normal.strip() != normal or "|" in normal:
            return False
        if any(unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in normal):
            return False
    return _is_time(fields["submitted_at"])


def _is_time(text: str) -> bool:
    shape = re.sub("[0-9]", "9", text)
    if not re.fullmatch(r"9999-99-99T99:99:99(\.9+)?(Z|[+-]99:99)", shape):
        return False
    try:
        datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(microsecond=0)
        offset = [int(part) for part in text[-5:].split(":")] if text[-1] != "Z" else [0, 0]
    except ValueError:
        return False
    return text[17:19] < "60" and offset[0] < 24 and offset[1] < 60
