"""What is wrong with rules and store facts, in words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streams.cli.faults import fault_in_rules, fault_in_store_facts
from streams.events.rejected import Rejected
from streams.events.rules import decode_rules
from streams.events.store_facts import decode_store_facts

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
_WEEK = {day: ["09:00", "18:00"] for day in ("mon", "tue", "wed", "thu", "fri")}
_RULE = {"id": "low", "when": {"score_max": 3}, "severity": "P2"}
_THEMES = {"hygiene": {"fr": ["sale"], "en": ["dirty"]}}


def rules(**fields: Any) -> bytes:
    """A rule set."""
    return json.dumps({"brand": "Aurelia", "version": 1, **fields}).encode()


def facts(**fields: Any) -> bytes:
    """Facts of a store."""
    return json.dumps({"brand": "Aurelia", "store": "Lyon", **fields}).encode()


_RULES: list[tuple[bytes, str | None]] = [
    (rules(), None),
    (rules(brand="*", rules=[_RULE], themes=_THEMES, calendar={"time_zone": "Europe/Paris", "hours": _WEEK}), None),
    (rules(rules=[_RULE | {"when": {"themes": ["hygiene"]}}], themes=_THEMES), None),
    (rules(owners={"brand": "desk", "regions": {"Sud": "zoe"}}), None),
    (b"", "no JSON"),
    (b"{", "no JSON"),
    (b"\xff", "no UTF-8"),
    (b'{"brand": "a", "brand": "b", "version": 1}', "twice"),
    (b"[" * 40 + b"]" * 40, "nested"),
    (b'"' + b"x" * 70_000 + b'"', "65,536 bytes"),
    (rules(version=0), "`$.version`"),
    (rules(colour="red"), "`colour`"),
    (rules(brand=" x"), "`$.brand` is no name"),
    (rules(rules=[_RULE | {"when": {"score_max": 7}}]), "`$.rules[0].when.score_max`"),
    (rules(rules=[_RULE, _RULE]), "two rules have the id low"),
    (rules(rules=[_RULE | {"id": "detractor"}]), "the rule that always holds"),
    (
        rules(rules=[_RULE | {"when": {"themes": ["hygiene"]}}], themes={}),
        "names no theme: hygiene; there are *",
    ),
    (rules(calendar={"time_zone": "Lyon", "hours": _WEEK}), "no time zone 'Lyon'"),
    (rules(calendar={"time_zone": "Europe/Paris", "hours": {"mon": ["09:00", "08:00"]}}), "ends before it begins"),
    (rules(calendar={"time_zone": "Europe/Paris", "hours": {"mon": ["09:00", "09:30"]}}), "less than 60 minutes"),
]
_FACTS: list[tuple[bytes, str | None]] = [
    (facts(), None),
    (facts(name="Lyon, Presqu'île", region="Rhône", time_zone="Europe/Paris", vip=True, owner="zoe"), None),
    (facts(opening_hours=_WEEK, closed=False, moved_to="Lyon 2"), None),
    (b"nothing", "no JSON"),
    (b'{"brand": "Aurelia"}', "`store`"),
    (facts(vip="yes"), "`$.vip`"),
    (facts(store="a|b"), "`$.store` is no name"),
    (facts(moved_to="Lyon"), "to itself"),
    (facts(time_zone="GMT+25"), "no time zone 'GMT+25'"),
    (facts(opening_hours={"mon": ["10:00", "09:00"]}), "ends before it begins"),
    (facts(opening_hours={"mon": ["9:00", "18:00"]}), "No time of day such as 09:00 - at"),
    (facts(owner=" Zoé"), "a blank at either end - at `$.owner`"),
]


@pytest.mark.parametrize(("document", "words"), _RULES)
def test_what_is_wrong_with_rules_is_said(document: bytes, words: str | None) -> None:
    """Where, and what; and nothing is wrong with what a worker takes."""
    fault = fault_in_rules(document)
    assert isinstance(decode_rules(document), Rejected) is (fault is not None)
    assert fault is None if words is None else words in (fault or "")


@pytest.mark.parametrize(("document", "words"), _FACTS)
def test_what_is_wrong_with_facts_is_said(document: bytes, words: str | None) -> None:
    """Where, and what; and nothing is wrong with what a worker takes."""
    fault = fault_in_store_facts(document)
    assert isinstance(decode_store_facts(document), Rejected) is (fault is not None)
    assert fault is None if words is None else words in (fault or "")


@pytest.mark.parametrize(
    ("contract", "fault_in"), [("followup.rules", fault_in_rules), ("nps.store", fault_in_store_facts)]
)
def test_every_example_of_the_contracts_is_judged_in_words(
    contract: str, fault_in: Callable[[bytes], str | None]
) -> None:
    """Nothing is wrong with the valid ones; of each other one it is said what, and never just that something is."""
    folder = EXAMPLES / contract / "v1"
    examples = [path for kind in ("valid", "invalid", "reader-only") for path in (folder / kind).glob("*.json")]
    faults = {path: fault_in(path.read_bytes()) for path in examples}

    assert len(faults) > 20
    assert [] == [path.stem for path, fault in faults.items() if (path.parent.name == "valid") != (fault is None)]
    assert [] == [path.stem for path, fault in faults.items() if fault and ("schema " in fault or "regex '^(" in fault)]
