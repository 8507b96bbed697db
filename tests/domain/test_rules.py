"""Rules: how urgent a detractor is and why, by when something is to be done, and by whom."""

from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.calendar import Calendar
from streams.domain.rules import ANY_THEME, DEFAULT_RULES, Judgement, Owners, Rule, RuleSet, When
from streams.domain.store_facts import StoreFacts
from streams.domain.themes import Themes
from streams.events.time_zone import zone

HOUR_MS: Final = 3_600_000
_NOTHING: Final = {"no_reason": False, "requested": False, "themes": (), "vip": False, "repeat": False}


def judge(score: int, rules: RuleSet = DEFAULT_RULES, **said: Any) -> Judgement:
    """The judgement about an answer of which nothing is known but what is said."""
    return rules.judge(score, **{**_NOTHING, **said})


@pytest.mark.parametrize(
    ("score", "said", "rule_id", "severity", "reasons"),
    [
        (0, {}, "very-low", "P1", []),
        (2, {}, "very-low", "P1", []),
        (3, {}, "low", "P2", []),
        (4, {}, "low", "P2", []),
        (5, {}, "detractor", "P3", []),
        (6, {}, "detractor", "P3", []),
        (6, {"requested": True}, "callback", "P1", ["contact_requested"]),
        (1, {"requested": True}, "callback", "P1", ["contact_requested"]),
        (6, {"themes": ("safety",)}, "critical-theme", "P1", ["theme:safety"]),
        (
            6,
            {"themes": ("safety", "legal"), "requested": True},
            "critical-theme",
            "P1",
            ["contact_requested", "theme:safety", "theme:legal"],
        ),
        (6, {"vip": True}, "vip", "P2", ["vip"]),
        (3, {"vip": True}, "vip", "P2", ["vip"]),
        (1, {"vip": True}, "very-low", "P1", ["vip"]),
        (6, {"no_reason": True}, "detractor", "P3", ["no_reason"]),
        (6, {"repeat": True}, "detractor", "P2", ["repeat"]),
        (4, {"repeat": True}, "low", "P1", ["repeat"]),
        (2, {"repeat": True}, "very-low", "P1", ["repeat"]),
        (
            5,
            {"no_reason": True, "requested": True, "vip": True, "repeat": True},
            "callback",
            "P1",
            ["contact_requested", "no_reason", "vip", "repeat"],
        ),
    ],
)
def test_the_default_rules_judge_as_the_articles_ask(
    score: int, said: dict[str, Any], rule_id: str, severity: str, reasons: list[str]
) -> None:
    """The first rule that holds names the alert; every trigger that holds is a reason."""
    assert Judgement(rule_id, severity, ["score", *reasons]) == judge(score, **said)  # type: ignore[arg-type]


def _rules(*rules: Rule, **more: Any) -> RuleSet:
    return RuleSet(brand="Nord", version=3, rules=rules, themes=Themes({}), **more)


@pytest.mark.parametrize(
    ("when", "holding", "not_holding"),
    [
        (When(), [{}], []),
        (When(score_max=3), [{"score": 3}], [{"score": 4}]),
        (When(no_reason=True), [{"no_reason": True}], [{}]),
        (When(no_reason=False), [{}], [{"no_reason": True}]),
        (When(contact_requested=True), [{"requested": True}], [{}]),
        (When(vip=True), [{"vip": True}], [{}]),
        (When(vip=False), [{}], [{"vip": True}]),
        (When(themes=("a", "b")), [{"themes": ("b", "c")}], [{}, {"themes": ("c",)}]),
        (When(themes=(ANY_THEME,)), [{"themes": ("c",)}], [{}]),
        (When(themes=(ANY_THEME, "a")), [{"themes": ("c",)}], [{}]),
        (
            When(score_max=3, vip=True, themes=("a",)),
            [{"score": 3, "vip": True, "themes": ("a",)}],
            [{"score": 4, "vip": True, "themes": ("a",)}, {"score": 3, "themes": ("a",)}, {"score": 3, "vip": True}],
        ),
    ],
)
def test_a_rule_holds_where_all_that_it_asks_for_is_so(
    when: When, holding: list[dict[str, Any]], not_holding: list[dict[str, Any]]
) -> None:
    """And what it does not ask for does not matter."""
    rules = _rules(Rule("it", when, "P1"))
    assert ["it"] * len(holding) == [judge(rules=rules, **{"score": 5, **said}).rule_id for said in holding]
    assert ["detractor"] * len(not_holding) == [
        judge(rules=rules, **{"score": 5, **said}).rule_id for said in not_holding
    ]


def test_no_rules_silence_nobody() -> None:
    """What no rule holds for is a P3 by the last resort."""
    assert Judgement("detractor", "P3", ["score"]) == judge(0, _rules())


def test_the_first_rule_that_holds_names_the_alert() -> None:
    """Not the most severe one."""
    rules = _rules(Rule("mild", When(score_max=4), "P3"), Rule("harsh", When(score_max=4), "P1"))
    assert ("mild", "P3") == judge(3, rules)[:2]


def test_a_repeated_detractor_may_be_like_any_other() -> None:
    """Where a rule set says so; it is a reason all the same."""
    assert Judgement("detractor", "P3", ["score", "repeat"]) == judge(5, _rules(repeat_raises=False), repeat=True)


@given(st.integers(0, 10), st.booleans(), st.booleans(), st.sets(st.sampled_from("abc")), st.booleans(), st.booleans())
def test_asking_again_gives_the_same(
    score: int, no_reason: bool, requested: bool, themes: set[str], vip: bool, repeat: bool
) -> None:
    """What is kept of judgements is no other judgement."""
    said: dict[str, Any] = {"no_reason": no_reason, "requested": requested, "vip": vip, "repeat": repeat}
    rules = _rules(*DEFAULT_RULES.rules)
    told = tuple(sorted(themes))
    assert rules.judge(score, themes=told, **said) == rules.judge(score, themes=told, **said)
    assert _rules(*DEFAULT_RULES.rules).judge(score, themes=told, **said) == rules.judge(score, themes=told, **said)


def test_judgements_that_are_kept_are_bounded() -> None:
    """However many themes there are, in however many combinations."""
    rules = _rules()
    for number in range(10_000):
        judge(3, rules, themes=(str(number),))
    assert len(rules._judged) <= 4_096


def test_plain_clocks_run_from_submission() -> None:
    """4 hours, half of 48, 48, and half as much again."""
    assert DEFAULT_RULES.is_plain
    assert (4 * HOUR_MS, 24 * HOUR_MS, 48 * HOUR_MS, 72 * HOUR_MS) == DEFAULT_RULES.clocks(0)


def test_other_times_are_no_plain_clocks() -> None:
    """Whichever of them a rule set sets."""
    quick = _rules(acknowledge_s=600, contact_s=7_201)
    assert (600_000, 3_600_500, 7_201_000, 10_801_500) == quick.clocks(0)
    assert [False, False, False, True] == [
        rules.is_plain
        for rules in (_rules(acknowledge_s=600), _rules(contact_s=7_200), _rules(calendar=_office()), _rules())
    ]


def _office() -> Calendar:
    here = zone("UTC")
    assert here is not None
    return Calendar("UTC", here, (*((540, 1080),) * 5, None, None))


def test_clocks_count_business_time_where_there_is_a_calendar() -> None:
    """From noon on 1970-01-01, a Thursday, at nine hours a day and five days a week."""
    day_ms, noon_ms = 24 * HOUR_MS, 12 * HOUR_MS
    monday_evening_ms, thursday_at_three_ms, tuesday_noon_ms = (
        4 * day_ms + 18 * HOUR_MS,
        7 * day_ms + 15 * HOUR_MS,
        12 * day_ms + noon_ms,
    )
    assert (noon_ms + 4 * HOUR_MS, monday_evening_ms, thursday_at_three_ms, tuesday_noon_ms) == _rules(
        calendar=_office()
    ).clocks(noon_ms)


@pytest.mark.parametrize(
    ("owners", "facts", "owner", "above"),
    [
        (Owners(), None, "brand:Nord", "brand:Nord"),
        (Owners(), {}, "brand:Nord", "brand:Nord"),
        (Owners(), {"region": "Sud"}, "region:Sud", "region:Sud"),
        (Owners(), {"owner": "o"}, "o", "brand:Nord"),
        (Owners(), {"owner": "o", "region": "Sud"}, "o", "region:Sud"),
        (Owners("b", {"Sud": "s"}), None, "b", "b"),
        (Owners("b", {"Sud": "s"}), {"region": "Sud"}, "s", "s"),
        (Owners("b", {"Sud": "s"}), {"region": "Est"}, "region:Est", "region:Est"),
        (Owners("b", {"Sud": "s"}), {"owner": "o", "region": "Sud"}, "o", "s"),
    ],
)
def test_somebody_is_always_to_act(owners: Owners, facts: dict[str, str] | None, owner: str, above: str) -> None:
    """The store's owner, else the region's, else the brand's; above the store's the region's, else the brand's."""
    known = None if facts is None else StoreFacts(brand="Nord", store="Lyon", **facts)  # type: ignore[arg-type]
    rules = _rules(owners=owners)
    assert (owner, above) == (rules.owner_of(known, "Nord"), rules.owner_above(known, "Nord"))


def test_rule_sets_are_equal_where_they_say_the_same() -> None:
    """Whatever they were asked before."""
    asked = replace(DEFAULT_RULES)
    judge(3, asked)
    asked.themes_in("dangerous")
    assert asked == DEFAULT_RULES
    assert replace(DEFAULT_RULES, version=1) != DEFAULT_RULES
    assert replace(DEFAULT_RULES, themes=Themes({})) != DEFAULT_RULES


def test_no_comment_touches_no_theme() -> None:
    """Neither none nor an empty one."""
    assert [(), (), ("safety",)] == [DEFAULT_RULES.themes_in(comment) for comment in (None, "", "Dangerous!")]
