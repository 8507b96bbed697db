"""The JSON that is taken: I-JSON (RFC 7493), bounded in size and depth; or the reason why a record is something else.

Parsers disagree about duplicate names, and none of the fast ones tells of them. So there are two ways to read:
`read_json` is slow, sees everything and alone decides what is refused and why. `is_proven` looks at a document that a
fast parser has made of the same bytes, and only says whether it is sure that `read_json` would have made the same.

The proof: outside of strings every colon follows one name. So a text without duplicates has as many colons as its
document has names, and colons within its strings; a duplicate name is one colon too many. Escaped colons would hide
one, so a text that may have any is not proven.
"""

import re
from json import JSONDecoder
from math import isinf
from typing import NoReturn

from streams.events.json_grammar import is_json
from streams.events.rejected import Rejected

RECORD_BYTES_MAX = 65_536
DEPTH_MAX = 16
"""Levels of objects and arrays; a flat object has one."""

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None

_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_ALL_BUT_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[^"\[\]{}]++', re.DOTALL)

is_doubtful_escape = re.compile(rb"\\u(?:00(?:00|3)|[dD][fF]{2}[eEfF]|[fF](?:[dD][dDeE]|[fF]{2}[eEfF]))").search
"""Finds an escape that may be U+0000, a noncharacter (beyond the basic plane by its second surrogate) or a colon."""
_noncharacter = re.compile(
    rb"\xef(?:\xb7[\x90-\xaf]|\xbf[\xbe\xbf])|[\xf0-\xf4][\x8f\x9f\xaf\xbf]\xbf[\xbe\xbf]"
).search
"""Finds U+FDD0 to U+FDEF and the last two of each plane, in UTF-8."""


def read_json(raw: bytes | None) -> Json | Rejected:
    """The document of a record, or why it has none: too_large, invalid_utf8, invalid_json, too_deep or duplicate_field.

    I-JSON: no U+0000, no lone surrogate, no noncharacter, no number beyond the range of a double, no byte order mark.
    """
    if not raw:
        return Rejected("invalid_json")
    if len(raw) > RECORD_BYTES_MAX:
        return Rejected("too_large")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return Rejected("invalid_utf8")
    if has_noncharacter(raw) or ("\\u" in text and not _escapes_are_clean(text)):
        return Rejected("invalid_json")
    if _depth(text) > DEPTH_MAX:
        return Rejected("too_deep" if is_json(text) else "invalid_json")
    return _parse(text)


def has_noncharacter(utf8: bytes) -> bool:
    """Whether a noncharacter is spelled out in the text."""
    return (0xBF in utf8 or 0xB7 in utf8) and _noncharacter(utf8) is not None


def is_proven(raw: bytes, document: Json) -> bool:
    """Whether the document, parsed from `raw` by a parser that takes the last of duplicates, is sure to be within the
    profile: no duplicate name at any depth, not too deep, no forbidden character.
    """
    return (
        colons(document) == raw.count(b":")
        and not (0x5C in raw and is_doubtful_escape(raw))
        and not has_noncharacter(raw)
    )


def colons(value: Json, levels: int = DEPTH_MAX) -> float:
    """The colons in a text of an object or array without duplicates and escapes; minus infinity if it is too deep."""
    if levels == 0:
        return float("-inf")
    total: float = 0
    if isinstance(value, dict):
        total = len(value) + "".join(value).count(":")
        value = list(value.values())
    elif not isinstance(value, list):
        return 0
    for one in value:
        if one.__class__ is str:
            if ":" in one:
                total += one.count(":")
        elif one.__class__ is dict or one.__class__ is list:
            total += colons(one, levels - 1)
    return total


def _escapes_are_clean(text: str) -> bool:
    """Whether no string spells by escapes what it may not hold; in a text that is no JSON it may be either."""
    for token in _STRING.findall(text):
        if "\\u" in token:
            try:
                utf8 = _LAST_WINS.decode(token).encode()
            except ValueError:  # no string of JSON, or a lone surrogate
                return False
            if 0 in utf8 or has_noncharacter(utf8):
                return False
    return True


def _depth(text: str) -> int:
    """The levels of a JSON text; of any other text at least what a parser sees of it before it gives up."""
    if text.count("{") + text.count("[") <= DEPTH_MAX:
        return DEPTH_MAX
    level = deepest = 0
    for bracket in _ALL_BUT_BRACKETS.sub("", text):
        level += 1 if bracket in "[{" else -1
        deepest = max(deepest, level)
    return deepest


def _parse(text: str) -> Json | Rejected:
    try:
        document: Json = _UNIQUE.decode(text)
    except _DuplicateName:
        try:
            _LAST_WINS.decode(text)
        except ValueError:
            return Rejected("invalid_json")
        return Rejected("duplicate_field")
    except ValueError:
        return Rejected("invalid_json")
    return document


class _DuplicateName(Exception):
    """An object has a name twice."""


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _DuplicateName
    return members


def _real(digits: str) -> float:
    number = float(digits)
    if isinf(number):
        raise ValueError
    return number


def _whole(digits: str) -> int:
    if len(digits) > 308:
        _real(digits)
    return int(digits)


def _constant(name: str) -> NoReturn:
    raise ValueError(name)


_UNIQUE = JSONDecoder(object_pairs_hook=_unique, parse_float=_real, parse_int=_whole, parse_constant=_constant)
_LAST_WINS = JSONDecoder(parse_float=_real, parse_int=_whole, parse_constant=_constant)
