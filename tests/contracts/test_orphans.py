"""Nothing lies in schemas/ that no test looks at, and no schema says what the types do not."""

from dataclasses import replace
from typing import Any, get_args

import jsonschema_rs
import pytest
from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

from streams.domain.comparison import LOW_CONFIDENCE_N
from streams.domain.life import DISMISSALS
from streams.domain.period import CALENDARS
from streams.domain.period import Calendar as Periods
from streams.domain.rules import DEFAULT_RULES, LAST_RESORT
from streams.domain.window import COMPARED, WINDOWS
from streams.events import action, dead_letter, names
from streams.events.alarm import Alarm, AlarmWindow
from streams.events.alert import LINK_CHARACTERS_MAX, LISTED_MAX, Alert, Escalation, Listed, StoreNps, Taken
from streams.events.opening_hours import CLOSES_PATTERN, OPENS_PATTERN, WEEKDAYS
from streams.events.rejected import REASONS
from streams.events.response import FIELDS, SCORED, Consent, Event, Quality, Response
from streams.events.rules import decode_rules
from streams.events.rules_document import Calendar, Owners, Phrases, Rule, Rules, When
from streams.events.score import Comparison, FollowUp, Score, Wait, WindowFigures
from streams.events.store_facts import LABEL_CHARACTERS_MAX, Facts
from streams.events.trend import Restated, Series, Trend
from tests.contracts.contracts import (
    ACTION,
    ALARM,
    ALERT,
    BRAND_TALLY,
    CONTRACTS,
    DEAD_LETTER,
    RESPONSE,
    RULES,
    SCHEMAS,
    SCORE,
    STORE,
    TREND,
    case,
)


def test_every_file_is_used() -> None:
    """A schema without contract, an example without schema: neither would ever be tried."""
    used = {SCHEMAS / "README.md", SCHEMAS / ".gitattributes"}
    for contract in CONTRACTS:
        used |= {SCHEMAS / f"{contract.event}.v1.schema.json", contract.examples / "reasons.json"}
        for kind in ("valid", "invalid", "invalid/reader-only"):
            used |= {path for path in (contract.examples / kind).glob("*") if path.suffix in {".json", ".bin"}}

    assert used == {path for path in SCHEMAS.rglob("*") if path.is_file()}


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.event)
def test_every_invalid_example_has_its_reason(contract: Any) -> None:
    """And every reason its example."""
    invalid = [path for path in (contract.examples / "invalid").rglob("*") if path.is_file()]

    assert sorted(contract.reasons) == sorted(case(path) for path in invalid)


def test_every_reason_of_a_single_record_has_an_example() -> None:
    """The others depend on time, on the partition or on what came before."""
    assert set(REASONS[: REASONS.index("timestamp_in_future")]) == set(RESPONSE.reasons.values())


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.event)
def test_a_schema_is_a_described_schema_of_its_own(contract: Any) -> None:
    """Draft 2020-12, an id without a host, a title, and a description of each property."""
    schema = contract.schema

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:nps:schema:{contract.event}:v1"
    assert schema["title"]
    assert schema["description"]
    jsonschema_rs.meta.validate(schema)
    undescribed = [name for name, one in schema["properties"].items() if "description" not in one and "$ref" not in one]
    assert [] == undescribed


def test_a_response_has_the_fields_of_its_schema() -> None:
    """The same names, the same ones required, in the objects too."""
    properties = RESPONSE.schema["properties"]

    assert set(properties) == FIELDS
    assert RESPONSE.schema["required"] == [field.name for field in fields(Response) if field.default is NODEFAULT]
    assert set(properties["consent"]["properties"]) == set(Consent.__struct_fields__)
    assert set(properties["quality"]["properties"]) == set(Quality.__struct_fields__)
    assert properties["event"]["enum"] == [*get_args(Event), None]
    scoreless = RESPONSE.schema["allOf"][0]["if"]["properties"]["event"]["enum"]
    assert set(get_args(Event)) - set(scoreless) == SCORED
    assert properties["score"]["maximum"] == 10


@pytest.mark.parametrize(
    ("struct", "schema"),
    [
        (Alert, ALERT.schema),
        (Taken, ALERT.schema["properties"]["action"]),
        (Escalation, ALERT.schema["properties"]["escalation"]),
        (Listed, ALERT.schema["properties"]["alerts"]["items"]),
        (StoreNps, ALERT.schema["properties"]["store_nps"]),
        (Score, SCORE.schema),
        (WindowFigures, SCORE.schema["$defs"]["window"]),
        (Comparison, SCORE.schema["$defs"]["comparison"]),
        (FollowUp, SCORE.schema["properties"]["follow_up"]),
        (Wait, SCORE.schema["$defs"]["wait"]),
        (Trend, TREND.schema),
        (Series, TREND.schema["$defs"]["series"]),
        (Restated, TREND.schema["$defs"]["restated"]),
        (Alarm, ALARM.schema),
        (AlarmWindow, ALARM.schema["$defs"]["window"]),
    ],
    ids=lambda one: one.__name__ if isinstance(one, type) else "",
)
def test_what_we_write_has_all_fields_of_its_schema_and_no_other(struct: type[Struct], schema: Any) -> None:
    """In the same order, all of them required, and closed."""
    assert list(struct.__struct_encode_fields__) == list(schema["properties"]) == schema["required"]
    assert schema["additionalProperties"] is False


def test_a_score_has_the_windows_of_its_schema() -> None:
    """All of them, in their order."""
    windows = SCORE.schema["properties"]["windows"]
    assert list(WINDOWS) == list(windows["properties"]) == windows["required"]
    compared = [name for name, one in windows["properties"].items() if one["$ref"] == "#/$defs/compared"]
    assert list(COMPARED) == compared


def test_a_case_is_dismissed_for_the_reasons_of_the_schema() -> None:
    """Each of them has its count, and no other."""
    assert list(DISMISSALS) == list(SCORE.schema["properties"]["follow_up"]["properties"]["dismissed"]["properties"])


def test_answers_are_few_below_the_number_of_the_schema() -> None:
    """Its reader must not think otherwise."""
    (few,) = [rule for rule in SCORE.schema["$defs"]["window"]["allOf"] if "maximum" in rule["if"]["properties"]["n"]]
    assert LOW_CONFIDENCE_N - 1 == few["if"]["properties"]["n"]["maximum"]


@pytest.mark.parametrize("calendar", CALENDARS, ids=lambda calendar: calendar.granularity)
def test_a_trend_has_as_many_periods_as_its_schema_says(calendar: Periods) -> None:
    """In each column, and at most as many are restated."""
    series = TREND.schema["properties"][f"{calendar.granularity}s"]["properties"]
    for column in ("n", "promoters", "detractors"):
        assert calendar.shown == series[column]["minItems"] == series[column]["maxItems"]
    assert calendar.shown == series["final"]["maximum"] == series["restated"]["maxItems"]


def test_names_have_one_rule() -> None:
    """The pattern of the schemas is the one that the reader uses."""
    for contract in (RESPONSE, ACTION, RULES, STORE, ALERT, SCORE, BRAND_TALLY, TREND, ALARM):
        brand = contract.schema["properties"]["brand"]
        assert (names.PATTERN, names.CHARACTERS_MAX) == (brand["pattern"], brand["maxLength"])


def test_dead_letters_have_the_headers_and_reasons_of_their_schema() -> None:
    """The names that a dead letter overwrites, and the closed list in its order."""
    properties = DEAD_LETTER.schema["properties"]

    assert set(properties) == dead_letter.NAMES
    assert properties["nps.dlq.reason"]["enum"] == list(REASONS)
    assert properties["__streams.errors.message"]["enum"] == list(REASONS)


def test_an_action_has_the_fields_of_its_schema() -> None:
    """The same names, the same ones required, and what goes with which action is the same."""
    schema = ACTION.schema
    assert set(schema["properties"]) == action.FIELDS
    assert schema["required"] == [field.name for field in fields(action.Action) if field.default is NODEFAULT]
    assert [*get_args(action.Doing)] == schema["properties"]["action"]["enum"]
    assert [*get_args(action.Channel), None] == schema["properties"]["channel"]["enum"]
    assert [*get_args(action.Dismissal), None] == schema["properties"]["reason"]["enum"]
    assert action.NOTE_CHARACTERS_MAX == schema["properties"]["note"]["maxLength"]
    needed = {rule["if"]["properties"]["action"]["const"]: rule["then"]["required"] for rule in schema["allOf"]}
    assert needed == {doing: [field] for doing, field in action.NEEDED.items()}


@pytest.mark.parametrize(
    ("struct", "schema"),
    [
        (Facts, STORE.schema),
        (Rules, RULES.schema),
        (Rule, RULES.schema["$defs"]["rule"]),
        (When, RULES.schema["$defs"]["when"]),
        (Phrases, RULES.schema["$defs"]["phrases"]),
        (Calendar, RULES.schema["properties"]["calendar"]),
        (Owners, RULES.schema["properties"]["owners"]),
    ],
    ids=lambda one: one.__name__ if isinstance(one, type) else "",
)
def test_what_is_adopted_has_the_fields_of_its_schema_and_no_other(struct: type[Struct], schema: Any) -> None:
    """In the same order, the same ones required, and closed: a rule that is misspelt must not hold for everybody."""
    assert list(struct.__struct_encode_fields__) == list(schema["properties"])
    assert schema.get("required", []) == [field.name for field in fields(struct) if field.required]
    assert schema["additionalProperties"] is False


def test_rules_and_facts_have_the_bounds_of_their_schemas() -> None:
    """Of labels, hours, ids and times of a rule set."""
    hours = RULES.schema["properties"]["calendar"]["properties"]["hours"]
    assert list(WEEKDAYS) == list(hours["properties"])
    assert STORE.schema["$defs"] == {"span": RULES.schema["$defs"]["span"]}
    opens, closes = STORE.schema["$defs"]["span"]["prefixItems"]
    assert (OPENS_PATTERN, CLOSES_PATTERN) == (opens["pattern"], closes["pattern"])
    owner = STORE.schema["properties"]["owner"]
    assert (LABEL_CHARACTERS_MAX, names.PATTERN) == (owner["maxLength"], owner["pattern"])
    assert len("region:") + LABEL_CHARACTERS_MAX <= ALERT.schema["properties"]["owner"]["maxLength"]
    rule = RULES.schema["$defs"]["rule"]["properties"]
    assert LAST_RESORT.id == rule["id"]["not"]["const"]
    told = ALERT.schema["properties"]["rule_id"]
    assert (rule["id"]["pattern"], rule["id"]["maxLength"]) == (told["pattern"], told["maxLength"])


def test_the_default_rules_are_an_example() -> None:
    """What somebody begins with who wants to change a word of it."""
    shown = decode_rules((RULES.examples / "valid" / "default.json").read_bytes())
    assert replace(DEFAULT_RULES, version=1) == shown


def test_a_digest_lists_as_many_as_its_schema_says() -> None:
    """The bound that keeps it small."""
    assert ALERT.schema["properties"]["alerts"]["maxItems"] == LISTED_MAX


def test_a_link_is_as_long_as_its_schema_says() -> None:
    """The bound that keeps an alert within its topic's limit."""
    assert ALERT.schema["properties"]["link"]["maxLength"] == LINK_CHARACTERS_MAX
