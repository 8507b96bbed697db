"""A rule set on `followup.rules`: who is alerted how urgently, by when, and who is to act."""

from datetime import date
from typing import Annotated, Final, Literal
from unicodedata import normalize

import msgspec
from msgspec import Meta, Struct, convert

from streams.domain.calendar import Calendar
from streams.domain.phrase import parse_phrase
from streams.domain.rules import (
    ACKNOWLEDGE_S,
    ANY_THEME,
    CONTACT_S,
    DEFAULT_RULES,
    INTERRUPTIONS_PER_HOUR,
    LAST_RESORT,
    Owners,
    Rule,
    RuleSet,
    When,
)
from streams.domain.score import DETRACTOR_MAX, Severity
from streams.domain.themes import Themes
from streams.events.json_profile import read_json
from streams.events.names import normal_name
from streams.events.opening_hours import WrittenHours, read_hours, write_hours
from streams.events.rejected import Rejected
from streams.events.store_facts import Label
from streams.events.time_zone import zone

OPEN_MINUTES_MIN: Final = 60
"""Work in a week; with less, hours would take years."""
_WEEK_S: Final = 604_800

_Slug = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]*$", max_length=32)]
_AnySlug = Annotated[str, Meta(pattern=r"^(?:\*|[a-z0-9][a-z0-9_-]*)$", max_length=32)]
"""A theme, or ANY_THEME. As a union msgspec would hold the literal against the pattern, too."""
_Phrase = Annotated[str, Meta(min_length=2, max_length=100)]
_Phrases = Annotated[list[_Phrase], Meta(max_length=500)]


class _When(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    score_max: Annotated[int, Meta(ge=0, le=DETRACTOR_MAX)] | None = None
    no_reason: bool | None = None
    contact_requested: bool | None = None
    themes: Annotated[list[_AnySlug], Meta(min_length=1)] | None = None
    vip: bool | None = None


class _Rule(Struct, frozen=True, forbid_unknown_fields=True):
    id: _Slug
    when: _When
    severity: Severity


class _Languages(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    fr: _Phrases = []
    en: _Phrases = []


class _Calendar(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    time_zone: str
    hours: WrittenHours
    holidays: Annotated[list[date], Meta(max_length=1_000)] = []


class _Owners(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    brand: Label | None = None
    regions: Annotated[dict[Label, Label], Meta(max_length=1_000)] = {}


class Rules(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """The document: what is null or not there is as in the built-in rules, and what is not known is an error."""

    brand: str
    version: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    rules: Annotated[list[_Rule], Meta(max_length=100)] | None = None
    repeat_raises: bool | None = None
    themes: Annotated[dict[_Slug, _Languages], Meta(max_length=16)] | None = None
    acknowledge_s: Annotated[int, Meta(ge=60, le=_WEEK_S)] | None = None
    contact_s: Annotated[int, Meta(ge=3_600, le=_WEEK_S)] | None = None
    interruptions_per_hour: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    calendar: _Calendar | None = None
    owners: _Owners | None = None
    schema_version: Literal[1] | None = None


def decode_rules(raw: bytes | None) -> RuleSet | Rejected:
    """The rule set of a record's value, or the first reason in the closed list why it has none. Never raises."""
    document = read_json(raw)
    if isinstance(document, Rejected):
        return document
    try:
        written = convert(document, Rules)
    except ValueError:
        return Rejected("schema")
    brand = normal_name(written.brand)
    rules = _read_rules(written)
    themes = _read_themes(written)
    calendar = None if written.calendar is None else _read_calendar(written.calendar)
    if (
        brand is None
        or rules is None
        or themes is None
        or (calendar is None) != (written.calendar is None)
        or not _named(rules) <= {ANY_THEME, *themes.words}
    ):
        return Rejected("schema")
    owners = written.owners or _Owners()
    return RuleSet(
        brand=brand,
        version=written.version,
        rules=rules,
        repeat_raises=written.repeat_raises is not False,
        themes=themes,
        acknowledge_s=ACKNOWLEDGE_S if written.acknowledge_s is None else written.acknowledge_s,
        contact_s=CONTACT_S if written.contact_s is None else written.contact_s,
        interruptions_per_hour=(
            INTERRUPTIONS_PER_HOUR if written.interruptions_per_hour is None else written.interruptions_per_hour
        ),
        calendar=calendar,
        owners=Owners(owners.brand, {normalize("NFC", region): owner for region, owner in owners.regions.items()}),
    )


def encode_rules(rules: RuleSet) -> bytes:
    """The rule set as JSON, with all that it says; `version` must not be 0, which is built in."""
    assert rules.version, "the built-in rules are published under a version of their own"
    calendar, owners = rules.calendar, rules.owners
    return msgspec.json.encode(
        Rules(
            brand=rules.brand,
            version=rules.version,
            rules=[_write_rule(rule) for rule in rules.rules],
            repeat_raises=rules.repeat_raises,
            themes={
                theme: _Languages(fr=list(words.get("fr", ())), en=list(words.get("en", ())))
                for theme, words in rules.themes.words.items()
            },
            acknowledge_s=rules.acknowledge_s,
            contact_s=rules.contact_s,
            interruptions_per_hour=rules.interruptions_per_hour,
            calendar=None if calendar is None else _write_calendar(calendar),
            owners=_Owners(owners.brand, dict(owners.regions)),
            schema_version=1,
        )
    )


def _write_calendar(calendar: Calendar) -> _Calendar:
    return _Calendar(calendar.time_zone, write_hours(calendar.hours), sorted(calendar.holidays))


def _write_rule(rule: Rule) -> _Rule:
    when = rule.when
    themes = None if when.themes is None else list(when.themes)
    return _Rule(
        rule.id,
        _When(when.score_max, when.no_reason, when.contact_requested, themes, when.vip),
        rule.severity,
    )


def _read_rules(written: Rules) -> tuple[Rule, ...] | None:
    """The rules, None where an id is there twice or is that of the last resort."""
    if written.rules is None:
        return DEFAULT_RULES.rules
    ids = {LAST_RESORT.id, *(rule.id for rule in written.rules)}
    if len(ids) <= len(written.rules):
        return None
    return tuple(
        Rule(
            rule.id,
            When(
                score_max=rule.when.score_max,
                no_reason=rule.when.no_reason,
                contact_requested=rule.when.contact_requested,
                themes=None if rule.when.themes is None else tuple(rule.when.themes),
                vip=rule.when.vip,
            ),
            rule.severity,
        )
        for rule in written.rules
    )


def _read_themes(written: Rules) -> Themes | None:
    """The themes, None where a phrase is none."""
    if written.themes is None:
        return DEFAULT_RULES.themes
    words = {theme: {"fr": tuple(each.fr), "en": tuple(each.en)} for theme, each in written.themes.items()}
    phrases = (phrase for each in words.values() for phrases in each.values() for phrase in phrases)
    if any(parse_phrase(phrase) is None for phrase in phrases):
        return None
    return Themes(words)


def _read_calendar(written: _Calendar) -> Calendar | None:
    """The calendar, None where there is no such zone, a day ends before it begins, or a week has next to no work."""
    hours, here = read_hours(written.hours), zone(written.time_zone)
    if hours is None or here is None:
        return None
    if sum(span[1] - span[0] for span in hours if span is not None) < OPEN_MINUTES_MIN:
        return None
    return Calendar(written.time_zone, here, hours, frozenset(written.holidays))


def _named(rules: tuple[Rule, ...]) -> set[str]:
    return {theme for rule in rules for theme in rule.when.themes or ()}
