"""Rule sets and facts of stores as they are read, with the hours and the time zones in them."""

import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from zoneinfo import reset_tzpath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.domain.rules import DEFAULT_RULES, RuleSet
from streams.domain.store_facts import StoreFacts
from streams.events.opening_hours import read_hours, write_hours
from streams.events.rejected import Rejected
from streams.events.rules import decode_rules, encode_rules
from streams.events.spread import is_copy, spread_headers
from streams.events.store_facts import decode_store_facts, encode_store_facts
from streams.events.time_zone import zone, zone_names
from tests.contracts.contracts import RULES, STORE

_BRAND: Final = {"brand": "Nord", "version": 7}
_STORE: Final = {"brand": "Nord", "store": "Lyon"}


def rules(**said: Any) -> RuleSet | Rejected:
    """The rule set that says no more than this."""
    return decode_rules(json.dumps(_BRAND | said).encode())


def facts(**said: Any) -> StoreFacts | Rejected:
    """The facts that say no more than this."""
    return decode_store_facts(json.dumps(_STORE | said).encode())


def test_what_a_rule_set_does_not_say_is_as_built_in() -> None:
    """Rules, themes and times; the themes are the very same, with all that was worked out of them."""
    found = rules()
    assert isinstance(found, RuleSet)
    assert ("Nord", 7) == (found.brand, found.version)
    assert (DEFAULT_RULES.rules, True, True) == (found.rules, found.is_plain, found.repeat_raises)
    assert DEFAULT_RULES.themes is found.themes


def test_a_rule_set_may_say_that_something_is_nothing() -> None:
    """No is not null, none is not left out, and 0 is a number."""
    found = rules(rules=[], themes={}, repeat_raises=False, interruptions_per_hour=0)
    assert isinstance(found, RuleSet)
    assert ((), {}, False, 0) == (found.rules, found.themes.words, found.repeat_raises, found.interruptions_per_hour)


def test_themes_that_are_the_built_in_ones_are_no_others() -> None:
    """Whoever copies the default to change one time has no second set of a thousand phrases in memory."""
    copied = decode_rules((RULES.examples / "valid" / "default.json").read_bytes())
    assert isinstance(copied, RuleSet)
    assert DEFAULT_RULES.themes is copied.themes


def test_regions_are_the_same_however_they_are_spelled() -> None:
    """In rules and in facts: by code points in Form C."""
    found, known = rules(owners={"regions": {"I\u0302le": "me"}}), facts(region="I\u0302le")
    assert isinstance(found, RuleSet)
    assert isinstance(known, StoreFacts)
    assert ("Île", "me") == (known.region, found.owner_of(known, "Nord"))


def test_facts_that_nobody_told_are_not_there() -> None:
    """A store is neither important nor closed unless somebody says so."""
    assert StoreFacts(brand="Nord", store="Lyon") == facts()


@pytest.mark.parametrize("read", [decode_rules, decode_store_facts])
@given(raw=st.binary(max_size=60) | st.none())
def test_no_bytes_make_a_reader_raise(read: Any, raw: bytes | None) -> None:
    """What is no document is a value."""
    assert isinstance(read(raw), Rejected)


_ODD: Final = st.none() | st.sampled_from(["", "x", "Lyon 03", "P1", 0, 1, 7_200, 2.5, True, [], {}, [None], {"x": 1}])


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*RULES.schema["properties"], "weather"]), _ODD))
def test_rules_are_taken_as_their_schema_says(said: dict[str, Any]) -> None:
    """And what was taken is written as it was."""
    found = rules(**said)
    assert RULES.admits(_BRAND | said) == isinstance(found, RuleSet)
    if isinstance(found, RuleSet):
        assert found == decode_rules(encode_rules(found))


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from([*set(STORE.schema["properties"]) - {"time_zone"}, "weather"]), _ODD))
def test_facts_are_taken_as_their_schema_says(said: dict[str, Any]) -> None:
    """But for the names of time zones, which a schema does not know; and what was taken is written as it was."""
    found = facts(**said)
    assert STORE.admits(_STORE | said) == isinstance(found, StoreFacts)
    if isinstance(found, StoreFacts):
        assert found == decode_store_facts(encode_store_facts(found))


def test_hours_are_minutes_of_the_day() -> None:
    """From Monday to Sunday; the midnight at the end of a day belongs to it."""
    hours = read_hours({"sun": ("00:00", "24:00"), "mon": ("09:30", "18:05"), "tue": None})
    assert ((570, 1085), None, None, None, None, None, (0, 1440)) == hours
    assert hours is not None
    assert hours == read_hours(write_hours(hours))
    assert read_hours({"mon": ("09:00", "09:00")}) is None


def test_a_time_zone_is_found_by_its_name() -> None:
    """The same one each time, so that two rule sets with it are equal; none for what is no name of one."""
    paris = zone("Europe/Paris")
    assert paris is not None
    assert paris is zone("Europe/Paris")
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert "2026-07-01T14:00:00+02:00" == noon.astimezone(paris).isoformat()
    assert [None] * 5 == [zone(name) for name in ("", "Europe/Lyon", "europe/paris", "../zones", "/etc/localtime")]


def test_all_time_zones_can_be_read() -> None:
    """Each that has a name in the package."""
    assert len(zone_names()) > 400
    assert [] == [name for name in zone_names() if zone(name) is None]


def test_time_zones_are_those_of_the_lock(tmp_path: Path) -> None:
    """Whatever the machine says of them: two workers must not set the same clock to different instants."""
    (tmp_path / "America").mkdir()
    (tmp_path / "America" / "New_York").write_bytes((files("tzdata") / "zoneinfo" / "UTC").read_bytes())
    try:
        reset_tzpath(to=[tmp_path])
        zone.cache_clear()
        there = zone("America/New_York")
        assert there is not None
        assert timedelta(hours=-5) == datetime(2026, 1, 1, tzinfo=there).utcoffset()
    finally:
        reset_tzpath()
        zone.cache_clear()


@pytest.mark.parametrize(
    ("place", "is_one"),
    [
        (b"followup.rules|3|42", True),
        (b"x.followup.rules|0|0", True),
        (b"", False),
        (None, False),
        (b"followup.rules", False),
        (b"followup.rules|3", False),
        (b"followup.rules|3|", False),
        (b"|3|42", False),
        (b"followup.rules|-1|42", False),
        (b"followup.rules|3|42\n", False),
        (b"followup.rules|3|" + b"9" * 40, False),
    ],
)
def test_a_copy_is_known_by_its_header(place: bytes | None, is_one: bool) -> None:
    """As we write it, once; anything else is a record that is to be copied."""
    assert is_one == is_copy([("trace", b"t"), ("nps.spread-from", place)])
    assert not is_copy([("nps.spread-from", place)] * 2)
    assert not is_copy([])


def test_the_header_of_a_copy_says_where_it_was_copied() -> None:
    """Topic, partition and offset."""
    headers = spread_headers(topic="followup.rules", partition=3, offset=42)
    assert [("nps.spread-from", b"followup.rules|3|42")] == headers
    assert is_copy(headers)
