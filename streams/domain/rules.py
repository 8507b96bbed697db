"""Who is alerted how urgently, by when, and who is to act: the rules of a brand, as data.

The first rule that holds names an alert. A last one always does, so rules decide how urgent a detractor is, never that
nobody hears of one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

from streams.domain.calendar import Calendar, Clocks
from streams.domain.score import Severity
from streams.domain.store_facts import StoreFacts
from streams.domain.theme_words import DEFAULT_THEMES
from streams.domain.themes import Themes

ANY_BRAND: Final = "*"
"""Whose rules hold for every brand that has none of its own."""
ANY_THEME: Final = "*"
ACKNOWLEDGE_S: Final = 4 * 3_600
"""The most pressing alerts are to be seen by somebody within this much of submission."""
CONTACT_S: Final = 48 * 3_600
"""A customer is to be called back within this much of submission."""
INTERRUPTIONS_PER_HOUR: Final = 10
"""Alerts of a store that may interrupt somebody within an hour."""

_RAISED: Final[Mapping[Severity, Severity]] = {"P3": "P2", "P2": "P1", "P1": "P1"}
_JUDGED_MAX: Final = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """What must be so for a rule to hold: all that is not None."""

    score_max: int | None = None
    no_reason: bool | None = None
    """Whether the customer left no comment."""
    contact_requested: bool | None = None
    themes: tuple[str, ...] | None = None
    """The comment touches one of these, or any at all where ANY_THEME is among them."""
    vip: bool | None = None

    def holds(self, score: int, *, no_reason: bool, requested: bool, themes: tuple[str, ...], vip: bool) -> bool:
        """Whether all of it is so."""
        touched = (
            self.themes is None or (themes and ANY_THEME in self.themes) or not set(themes).isdisjoint(self.themes)
        )
        return bool(
            (self.score_max is None or score <= self.score_max)
            and self.no_reason in {None, no_reason}
            and self.contact_requested in {None, requested}
            and touched
            and self.vip in {None, vip}
        )


class Rule(NamedTuple):
    """When an alert is how urgent."""

    id: str
    when: When
    severity: Severity


LAST_RESORT: Final = Rule("detractor", When(), "P3")
"""The rule that always holds."""


class Judgement(NamedTuple):
    """The rule that names an alert, how urgent it is, and all triggers that hold; the list is never changed."""

    rule_id: str
    severity: Severity
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class Owners:
    """Who is to act in whole brands and regions, where it is not the name of the brand or region that says so."""

    brand: str | None = None
    regions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RuleSet:
    """The rules of a brand (ANY_BRAND: of all brands without their own) in one version; 0 is built in."""

    brand: str = ANY_BRAND
    version: int = 0
    rules: tuple[Rule, ...] = ()
    repeat_raises: bool = True
    """A customer who had an alert at this store within 90 days is one step more urgent."""
    themes: Themes
    acknowledge_s: int = ACKNOWLEDGE_S
    contact_s: int = CONTACT_S
    interruptions_per_hour: int = INTERRUPTIONS_PER_HOUR
    calendar: Calendar | None = None
    owners: Owners = field(default_factory=Owners)
    _judged: dict[tuple[object, ...], Judgement] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def is_plain(self) -> bool:
        """Whether its clocks are those of the default rules."""
        return (self.acknowledge_s, self.contact_s, self.calendar) == (ACKNOWLEDGE_S, CONTACT_S, None)

    def judge(
        self, score: int, *, no_reason: bool, requested: bool, themes: tuple[str, ...], vip: bool, repeat: bool
    ) -> Judgement:
        """How urgent a detractor's answer is and why. `repeat`: its customer had an alert at this store before."""
        key = score, no_reason, requested, themes, vip, repeat
        judgement = self._judged.get(key)
        if judgement is None:
            if len(self._judged) >= _JUDGED_MAX:
                self._judged.clear()
            judgement = self._judged[key] = self._judge(
                score, no_reason=no_reason, requested=requested, themes=themes, vip=vip, repeat=repeat
            )
        return judgement

    def themes_in(self, comment: str | None) -> tuple[str, ...]:
        """The critical themes that a comment touches, in the order of their map."""
        return self.themes.touched(comment) if comment else ()

    def clocks(self, submitted_ms: int) -> Clocks:
        """When what should have been done about an answer that was submitted then, all in ms since the epoch.

        In business time where there is a calendar, else by the clock on the wall.
        """
        acknowledge_ms, contact_ms = self.acknowledge_s * 1000, self.contact_s * 1000
        half_ms = contact_ms // 2
        if self.calendar is None:
            due_ms = submitted_ms + contact_ms
            return Clocks(submitted_ms + acknowledge_ms, submitted_ms + half_ms, due_ms, due_ms + half_ms)
        add = self.calendar.add
        warning_ms = add(submitted_ms, half_ms)
        due_ms = add(warning_ms, contact_ms - half_ms)
        return Clocks(add(submitted_ms, acknowledge_ms), warning_ms, due_ms, add(due_ms, half_ms))

    def owner_of(self, facts: StoreFacts | None, brand: str) -> str:
        """Who is to act on the alerts of a store, None for one without facts; never empty."""
        return self.owner_above(facts, brand) if facts is None or facts.owner is None else facts.owner

    def owner_above(self, facts: StoreFacts | None, brand: str) -> str:
        """Who is to act where the store's own owner is not the one: the region's, else the brand's; never empty."""
        if facts is None or facts.region is None:
            return self.owners.brand or f"brand:{brand}"
        return self.owners.regions.get(facts.region) or f"region:{facts.region}"

    def _judge(
        self, score: int, *, no_reason: bool, requested: bool, themes: tuple[str, ...], vip: bool, repeat: bool
    ) -> Judgement:
        rule = next(
            one
            for one in (*self.rules, LAST_RESORT)
            if one.when.holds(score, no_reason=no_reason, requested=requested, themes=themes, vip=vip)
        )
        triggers = {"contact_requested": requested, "no_reason": no_reason}
        triggers |= {f"theme:{theme}": True for theme in themes} | {"vip": vip, "repeat": repeat}
        severity = _RAISED[rule.severity] if repeat and self.repeat_raises else rule.severity
        return Judgement(rule.id, severity, ["score", *(name for name, holds in triggers.items() if holds)])


DEFAULT_RULES: Final = RuleSet(
    rules=(
        Rule("critical-theme", When(themes=(ANY_THEME,)), "P1"),
        Rule("callback", When(contact_requested=True), "P1"),
        Rule("very-low", When(score_max=2), "P1"),
        Rule("vip", When(vip=True), "P2"),
        Rule("low", When(score_max=4), "P2"),
    ),
    themes=Themes(DEFAULT_THEMES),
)
"""What holds where nobody published rules."""
