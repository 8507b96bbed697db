"""What is wrong with a rule set or with the facts of a store, in words: a worker only says that it cannot use it.

Whatever `decode_rules` and `decode_store_facts` refuse has a fault here, and nothing else has one.
"""

import re
from typing import Any, Final

from msgspec import Struct, ValidationError, convert

from streams.domain.phrase import parse_phrase
from streams.domain.rules import ANY_THEME, DEFAULT_RULES, LAST_RESORT
from streams.events.json_profile import DEPTH_MAX, RECORD_BYTES_MAX, read_json
from streams.events.names import CHARACTERS_MAX, PATTERN, normal_name
from streams.events.opening_hours import CLOSES_PATTERN, OPENS_PATTERN, read_hours
from streams.events.rejected import Rejected
from streams.events.rules import OPEN_MINUTES_MIN, decode_rules
from streams.events.rules_document import Rules
from streams.events.store_facts import Facts, decode_store_facts
from streams.events.time_zone import zone

_NO_DOCUMENT: Final = {
    "too_large": f"it has more than {RECORD_BYTES_MAX:,} bytes",
    "invalid_utf8": "it is no UTF-8",
    "invalid_json": "it is no JSON",
    "too_deep": f"it is nested in more than {DEPTH_MAX} levels",
    "duplicate_field": "a field is there twice",
}
_NO_NAME: Final = f"no name: 1 to {CHARACTERS_MAX} characters, no `|`, no control character, no blank at either end"
_PATTERNED: Final = re.compile("Expected `str` matching regex '(.*)'(?= - at)")
_PATTERNS: Final = {
    PATTERN: "A control character, a line break, `|`, or a blank at either end",
    OPENS_PATTERN: "No time of day such as 09:00",
    CLOSES_PATTERN: "No time of day such as 18:30 (24:00 is midnight)",
}
_HOURS: Final = "a day ends before it begins"


def fault_in_rules(raw: bytes) -> str | None:
    """What is wrong with a rule set; None where nothing is."""
    written = _read(raw, Rules)
    if isinstance(written, str):
        return written
    ids = [rule.id for rule in written.rules or []]
    themes = written.themes or {}
    known = {ANY_THEME, *(DEFAULT_RULES.themes.words if written.themes is None else themes)}
    strange = {theme for rule in written.rules or [] for theme in rule.when.themes or []} - known
    checks = (
        (normal_name(written.brand) is None, f"`$.brand` is {_NO_NAME}"),
        (len(set(ids)) < len(ids), f"two rules have the id {next((i for i in ids if ids.count(i) > 1), '')}"),
        (LAST_RESORT.id in ids, f"the id {LAST_RESORT.id} is that of the rule that always holds"),
        (
            bool(strange),
            f"a rule names no theme: {', '.join(sorted(strange))}; there are {', '.join(sorted(known))}",
        ),
    )
    for is_fault, words in checks:
        if is_fault:
            return words
    for name, each in themes.items():
        bad = [phrase for phrase in (*each.fr, *each.en) if parse_phrase(phrase) is None]
        if bad:
            return f"{bad[0]!r}, a phrase of `$.themes.{name}`, can never be found"
    if written.calendar is not None:
        calendar = _fault_in_hours(written.calendar, written.calendar.hours, "`$.calendar`")
        if calendar is not None:
            return calendar
    return "it is not as the schema followup.rules.v1 says" if isinstance(decode_rules(raw), Rejected) else None


def fault_in_store_facts(raw: bytes) -> str | None:
    """What is wrong with the facts of a store; None where nothing is."""
    written = _read(raw, Facts)
    if isinstance(written, str):
        return written
    for field in ("brand", "store", "moved_to"):
        name = getattr(written, field)
        if name is not None and normal_name(name) is None:
            return f"`$.{field}` is {_NO_NAME}"
    if written.moved_to is not None and normal_name(written.moved_to) == normal_name(written.store):
        return "the store moved to itself"
    if written.time_zone is not None and zone(written.time_zone) is None:
        return f"there is no time zone {written.time_zone!r}; it wants a name such as Europe/Paris"
    if written.opening_hours is not None and read_hours(written.opening_hours) is None:
        return f"`$.opening_hours`: {_HOURS}"
    return "it is not as the schema nps.store.v1 says" if isinstance(decode_store_facts(raw), Rejected) else None


def _read(raw: bytes, kind: type[Any]) -> Any:
    """The document as a Struct, or what is wrong with it."""
    document = read_json(raw)
    if isinstance(document, Rejected):
        return _NO_DOCUMENT[document.reason]
    try:
        return convert(document, kind)
    except ValidationError as error:
        return _PATTERNED.sub(lambda found: _PATTERNS.get(found[1].replace("\\\\", "\\"), found[0]), str(error))


def _fault_in_hours(calendar: Struct, hours: Any, where: str) -> str | None:
    name = calendar.time_zone  # type: ignore[attr-defined]
    if zone(name) is None:
        return f"{where}: there is no time zone {name!r}; it wants a name such as Europe/Paris"
    read = read_hours(hours)
    if read is None:
        return f"{where}: {_HOURS}"
    if sum(span[1] - span[0] for span in read if span is not None) < OPEN_MINUTES_MIN:
        return f"{where}: a week has less than {OPEN_MINUTES_MIN} minutes of work"
    return None
