"""A rule set in words."""

from collections.abc import Iterator
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streams.cli.alerts.words import STYLES
from streams.cli.format import printable
from streams.domain.rules import ANY_BRAND, ANY_THEME, LAST_RESORT, Rule, RuleSet, When
from streams.events.opening_hours import write_hours

_HOUR_S: Final = 3_600


def in_words(rules: RuleSet) -> RenderableType:
    """Return it as people read it: who is alerted how urgently, by when, and who is to act."""
    whose = "all brands without their own" if rules.brand == ANY_BRAND else printable(rules.brand)
    version = f"version {rules.version}" if rules.version else "built in: nobody published any"
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for rule in (*rules.rules, LAST_RESORT):
        table.add_row(f"  {rule.id}", Text(rule.severity, STYLES[rule.severity]), _condition(rule))
    title = Text.assemble((f"Rules of {whose}", "bold"), (f", {version}: the first that holds names an alert", "dim"))
    return Group(title, table, *map(Text, _rest(rules)))


def _condition(rule: Rule) -> str:
    if rule is LAST_RESORT:
        return "every other unhappy answer"
    return ", ".join(_conditions(rule.when)) or "every unhappy answer"


def _conditions(when: When) -> Iterator[str]:
    if when.score_max is not None:
        yield f"a score of {when.score_max} or less"
    if when.themes is not None:
        named = ", ".join(theme for theme in when.themes if theme != ANY_THEME)
        yield "speaks of any theme" if ANY_THEME in when.themes else f"speaks of {named}"
    if when.contact_requested is not None:
        yield "asks to be called back" if when.contact_requested else "does not ask to be called back"
    if when.no_reason is not None:
        yield "gives no reason" if when.no_reason else "gives a reason"
    if when.vip is not None:
        yield "in a VIP store" if when.vip else "in no VIP store"


def _rest(rules: RuleSet) -> Iterator[str]:
    if rules.repeat_raises:
        yield "Who had an alert at the store within 90 days counts one step more urgent."
    time = "business time" if rules.calendar is not None else "time"
    yield (
        f"P1 is to be acknowledged within {_span(rules.acknowledge_s)} of {time}, the customer to be contacted within "
        f"{_span(rules.contact_s)}: after half of it somebody is warned, after half as much again the second level."
    )
    if rules.calendar is not None:
        yield f"Business time: {rules.calendar.time_zone}, {_hours(rules)}; {len(rules.calendar.holidays)} holidays."
    yield f"At most {rules.interruptions_per_hour} alerts of a store interrupt somebody within an hour; P1 always does."
    themes = [f"{theme} ({sum(map(len, words.values()))} phrases)" for theme, words in rules.themes.words.items()]
    yield f"Themes: {', '.join(themes) or 'none'}."
    owners = [f"{printable(region)}: {printable(owner)}" for region, owner in rules.owners.regions.items()]
    last = printable(rules.owners.brand or "the brand")
    yield f"To act are the store's owner, else the region's ({'; '.join(owners) or 'its name'}), else {last}."


def _hours(rules: RuleSet) -> str:
    assert rules.calendar is not None
    written = write_hours(rules.calendar.hours)
    return ", ".join(f"{day} {span[0]}-{span[1]}" for day, span in written.items() if span is not None)


def _span(span_s: int) -> str:
    return f"{span_s // _HOUR_S} h" if span_s % _HOUR_S == 0 else f"{span_s // 60} min"
