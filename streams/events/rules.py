"""A rule set on `followup.rules`: who is alerted how urgently, by when, and who is to act."""

from typing import Final
from unicodedata import normalize

import msgspec
from msgspec import convert

from streams.domain.calendar import Calendar
from streams.domain.phrase import parse_phrase
from streams.domain.rules import ANY_THEME, DEFAULT_RULES, LAST_RESORT, Owners, Rule, RuleSet, When
from streams.domain.themes import Themes
from streams.events import rules_document as document
from streams.events.json_profile import read_json
from streams.events.names import normal_name
from streams.events.opening_hours import read_hours, write_hours
from streams.events.rejected import Rejected
from streams.events.time_zone import zone

OPEN_MINUTES_MIN: Final = 60
"""Work in a week; with less, hours would take years."""


def decode_rules(raw: bytes | None) -> RuleSet | Rejected:
    """The rule set of a record's value, or the first reason in the closed list why it has none. Never raises."""
    read = read_json(raw)
    if isinstance(read, Rejected):
        return read
    try:
        written = convert(read, document.Rules)
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
        or not _themes_of(rules) <= {ANY_THEME, *themes.words}
    ):
        return Rejected("schema")
    built_in, owners = DEFAULT_RULES, written.owners or document.Owners()
    return RuleSet(
        brand=brand,
        version=written.version,
        rules=rules,
        repeat_raises=bool(_given(written.repeat_raises, built_in.repeat_raises)),
        themes=themes,
        acknowledge_s=_given(written.acknowledge_s, built_in.acknowledge_s),
        contact_s=_given(written.contact_s, built_in.contact_s),
        interruptions_per_hour=_given(written.interruptions_per_hour, built_in.interruptions_per_hour),
        calendar=calendar,
        owners=Owners(owners.brand, {normalize("NFC", region): owner for region, owner in owners.regions.items()}),
    )


def encode_rules(rules: RuleSet) -> bytes:
    """The rule set as JSON, with all that it says; `version` must not be 0, which is built in."""
    assert rules.version, "the built-in rules are published under a version of their own"
    calendar, owners = rules.calendar, rules.owners
    return msgspec.json.encode(
        document.Rules(
            brand=rules.brand,
            version=rules.version,
            rules=[_write_rule(rule) for rule in rules.rules],
            repeat_raises=rules.repeat_raises,
            themes={
                theme: document.Phrases(fr=list(words.get("fr", ())), en=list(words.get("en", ())))
                for theme, words in rules.themes.words.items()
            },
            acknowledge_s=rules.acknowledge_s,
            contact_s=rules.contact_s,
            interruptions_per_hour=rules.interruptions_per_hour,
            calendar=None if calendar is None else _write_calendar(calendar),
            owners=document.Owners(owners.brand, dict(owners.regions)),
            schema_version=1,
        )
    )


def _given(given: int | None, otherwise: int) -> int:
    return otherwise if given is None else given


def _write_calendar(calendar: Calendar) -> document.Calendar:
    return document.Calendar(calendar.time_zone, write_hours(calendar.hours), sorted(calendar.holidays))


def _write_rule(rule: Rule) -> document.Rule:
    when = rule.when
    themes = None if when.themes is None else list(when.themes)
    return document.Rule(
        rule.id,
        document.When(when.score_max, when.no_reason, when.contact_requested, themes, when.vip),
        rule.severity,
    )


def _read_rules(written: document.Rules) -> tuple[Rule, ...] | None:
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


def _read_themes(written: document.Rules) -> Themes | None:
    """The themes, None where a phrase is none."""
    if written.themes is None:
        return DEFAULT_RULES.themes
    words = {theme: {"fr": tuple(each.fr), "en": tuple(each.en)} for theme, each in written.themes.items()}
    if words == DEFAULT_RULES.themes.words:
        return DEFAULT_RULES.themes  # with all that it knows already
    phrases = (phrase for each in words.values() for phrases in each.values() for phrase in phrases)
    if any(parse_phrase(phrase) is None for phrase in phrases):
        return None
    return Themes(words)


def _read_calendar(written: document.Calendar) -> Calendar | None:
    """The calendar, None where there is no such zone, a day ends before it begins, or a week has next to no work."""
    hours, here = read_hours(written.hours), zone(written.time_zone)
    if hours is None or here is None:
        return None
    if sum(span[1] - span[0] for span in hours if span is not None) < OPEN_MINUTES_MIN:
        return None
    return Calendar(written.time_zone, here, hours, frozenset(written.holidays))


def _themes_of(rules: tuple[Rule, ...]) -> set[str]:
    return {theme for rule in rules for theme in rule.when.themes or ()}
