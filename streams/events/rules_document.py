"""The document of a rule set as it is written: its fields and their bounds. What is null or not there is as built in.

A field that is not known is an error: a condition that is misspelt must not hold for everybody.
"""

from datetime import date
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from streams.domain.score import DETRACTOR_MAX, Severity
from streams.events.opening_hours import WrittenHours
from streams.events.store_facts import Label

_WEEK_S: Final = 604_800

Slug = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]*$", max_length=32)]
_SlugOrAny = Annotated[str, Meta(pattern=r"^(?:\*|[a-z0-9][a-z0-9_-]*)$", max_length=32)]
"""A theme, or ANY_THEME. As a union msgspec would hold the literal against the pattern, too."""
_PhraseText = Annotated[str, Meta(min_length=2, max_length=100)]
_PhraseTexts = Annotated[list[_PhraseText], Meta(max_length=500)]


class When(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What must be so for a rule to hold."""

    score_max: Annotated[int, Meta(ge=0, le=DETRACTOR_MAX)] | None = None
    no_reason: bool | None = None
    contact_requested: bool | None = None
    themes: Annotated[list[_SlugOrAny], Meta(min_length=1)] | None = None
    vip: bool | None = None


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """When an alert is how urgent."""

    id: Slug
    when: When
    severity: Severity


class Phrases(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The signs of a theme, by language."""

    fr: _PhraseTexts = []
    en: _PhraseTexts = []


class Calendar(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """When somebody is at work."""

    time_zone: str
    hours: WrittenHours
    holidays: Annotated[list[date], Meta(max_length=1_000)] = []


class Owners(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Who is to act in the whole brand, and in its regions."""

    brand: Label | None = None
    regions: Annotated[dict[Label, Label], Meta(max_length=1_000)] = {}


class Rules(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A rule set."""

    brand: str
    version: Annotated[int, Meta(ge=1, le=2**53 - 1)]
    rules: Annotated[list[Rule], Meta(max_length=100)] | None = None
    repeat_raises: bool | None = None
    themes: Annotated[dict[Slug, Phrases], Meta(max_length=16)] | None = None
    acknowledge_s: Annotated[int, Meta(ge=60, le=_WEEK_S)] | None = None
    contact_s: Annotated[int, Meta(ge=3_600, le=_WEEK_S)] | None = None
    interruptions_per_hour: Annotated[int, Meta(ge=0, le=10_000)] | None = None
    calendar: Calendar | None = None
    owners: Owners | None = None
    schema_version: Literal[1] | None = None
