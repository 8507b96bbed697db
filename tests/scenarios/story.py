"""Stories of the follow-up desk as data: what happens when, and all that must be told of it.

A file of this folder is a chapter: stories by name. A story says what `happens`, one step a line, and what is `told`,
one event of `followup.alerts` a line, all of them in their order; of an event only the fields that the line names
matter. Times count from `start` (`90m`, `2d3h`, `-50h`), or are RFC 3339. A misspelt word is an error.

Alerts go by the name of their response, `r1`; the second one that it raised is `r1#2`. `x1..x12` are twelve of them.
"""

import re
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

import msgspec
import yaml
from msgspec import Struct

from streams.domain.life import Move

CHAPTERS: Final = Path(__file__).parent
DOINGS: Final = frozenset(get_args(Move)) - {"retracted", "expired"}
KINDS: Final = frozenset({*get_args(Move), "raised", "enriched", "attached", "escalated", "breached", "digest"})


class _Line(Struct, kw_only=True, forbid_unknown_fields=True, tag_field="step", tag=str.lower):
    """`outage`: nobody ran the shard until then; `backlog`: it has other things to do then."""

    at: str
    outage: bool = False
    backlog: bool = False


class Passes(_Line):
    """Nothing happens but that time passes."""


class Answers(_Line):
    """A response arrives, or a correction of one; `times`: so many of them, each with a number behind its name."""

    response: str
    times: int | None = None
    arrived: str | None = None
    """When it arrived, where it is read later than that."""
    score: int | None = None
    event: str | None = None
    submitted: str | None = None
    store: str | None = None
    brand: str | None = None
    source: str | None = None
    version: int | None = None
    comment: str | None = None
    language: str | None = None
    customer: str | None = None
    consents: bool | None = None
    wants_call: bool | None = None
    imported: bool | None = None


class Acts(_Line):
    """Somebody does something about an alert, and it is said `at`; `happened` where that was another time."""

    doing: str
    alert: str
    id: str | None = None
    by: str = "marie"
    happened: str | None = None
    channel: str | None = None
    reason: str | None = None
    note: str | None = None
    quality: int | None = None
    store: str | None = None
    brand: str | None = None
    rehomed: bool = False


class Rules(_Line):
    """A rule set is published for a brand, or for all (`*`), or taken back; `copy`: by another shard."""

    rules: str
    version: int | None = None
    document: dict[str, Any] = {}
    gone: bool = False
    copy: bool = False


class Facts(_Line):
    """Facts of a store are published, or forgotten."""

    facts: str
    document: dict[str, Any] = {}
    gone: bool = False


class Writes(_Line):
    """Anybody writes any bytes."""

    writes: Literal["actions", "rules", "stores"]
    value: str | None
    key: str = "Nord|Lyon"


Step = Passes | Answers | Acts | Rules | Facts | Writes


class Told(Struct, kw_only=True, forbid_unknown_fields=True):
    """An event that must be told; None of what does not matter."""

    kind: str
    alert: str
    at: str | None = None
    due: str | None = None
    case: str | None = None
    alerts: list[str] | None = None
    listed: int | None = None
    """How many `alerts` there are."""
    severities: list[str] | None = None
    """Theirs, each as often as it follows another one."""
    status: str | None = None
    severity: str | None = None
    owner: str | None = None
    rule: str | None = None
    version: int | None = None
    held: bool | None = None
    late: bool | None = None
    reasons: list[str] | None = None
    reason_missing: bool | None = None
    contactable: bool | None = None
    changes: list[str] | None = None
    score: int | None = None
    level: str | None = None
    by: str | None = None
    channel: str | None = None
    quality: int | None = None
    # What may be null where it matters.
    reason: str | msgspec.UnsetType | None = msgspec.UNSET
    comment: str | msgspec.UnsetType | None = msgspec.UNSET
    customer: str | msgspec.UnsetType | None = msgspec.UNSET
    note: str | msgspec.UnsetType | None = msgspec.UNSET


class Story(Struct, kw_only=True, forbid_unknown_fields=True):
    """One story. `figures` and `brand` are of the follow-up at its end, `dead` why which records could not be used."""

    name: str
    happens: list[Step]
    told: list[Told]
    because: str = ""
    start: str = "2026-03-02T09:00:00Z"
    partitions: int = 1
    figures: dict[str, Any] = {}
    brand: dict[str, Any] = {}
    scored: bool = True
    """Whether the store has a score at the end."""
    dead: list[str] = []
    sent_home: list[str] = []
    """The keys of the records that were sent to another partition."""
    copied: int = 0
    """How many copies of rule sets were sent to other partitions."""

    def ms(self, text: str) -> int:
        """An instant (ms since the epoch) as the story has it."""
        match = _SPAN.fullmatch(text)
        if match is None:
            return int(datetime.fromisoformat(text).timestamp() * 1000)
        sign, *numbers = match.groups()
        seconds = sum(int(number or 0) * unit_s for number, unit_s in zip(numbers, (86_400, 3_600, 60, 1), strict=True))
        return self.ms(self.start) + (-1000 if sign else 1000) * seconds


_SPAN = re.compile(r"(-?)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_RANGE = re.compile(r"(\w+?)(\d+)\.\.\1(\d+)")


def read_stories() -> list[Story]:
    """All stories of all chapters, in their order; an error for what is misspelt or told twice."""
    stories = [
        _story(name, told)
        for chapter in sorted(CHAPTERS.glob("*.yaml"))
        for name, told in yaml.load(chapter.read_text(), _Loader).items()
    ]
    assert len({story.name for story in stories}) == len(stories), "a name stands for one story"
    return stories


def read_story(name: str, text: str) -> Story:
    """One story from its text."""
    return _story(name, yaml.load(text, _Loader))


class _Loader(yaml.SafeLoader):
    """Reads a mapping that says something twice as an error, which YAML does not ask for."""


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[str, Any]:
    pairs = loader.construct_pairs(node, deep=True)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f"said twice: {[key for key, _ in pairs]}")
    return found


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _story(name: str, written: dict[str, Any]) -> Story:
    happens = [_step(line) for line in written.get("happens", [])]
    told = [one for line in written.get("told", []) for one in _told(line)]
    return msgspec.convert({**written, "name": name, "happens": happens, "told": told}, Story)


def _step(line: dict[str, Any]) -> dict[str, Any]:
    """The line with the kind of step that it is."""
    for doing in line.keys() & DOINGS:
        return {"step": "acts", "doing": doing, "alert": line[doing], **_without(line, doing)}
    kinds = {"response": "answers", "rules": "rules", "facts": "facts", "writes": "writes"}
    return {**line, "step": next((step for name, step in kinds.items() if name in line), "passes")}


def _told(line: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines that a line stands for, with the kind of their event."""
    kinds = line.keys() & KINDS
    if len(kinds) != 1:
        raise ValueError(f"one kind of event in each line: {line}")
    (kind,) = kinds
    fields = _without(line, kind)
    if "alerts" in fields:
        fields["alerts"] = [one for names in fields["alerts"] for one in expand(names)]
    return [{"kind": kind, "alert": alert, **fields} for alert in expand(line[kind])]


def _without(line: dict[str, Any], name: str) -> dict[str, Any]:
    return {each: value for each, value in line.items() if each != name}


def expand(names: str) -> list[str]:
    """The names that a range stands for."""
    match = _RANGE.fullmatch(names)
    if match is None:
        return [names]
    return [f"{match[1]}{number}" for number in range(int(match[2]), int(match[3]) + 1)]
