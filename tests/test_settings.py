"""Settings: read from a mapping, checked, and refused with a text that says what to do."""

import dataclasses
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.settings import PREFIX, BadSetting, Settings

NUMBERS = [f for f in fields(Settings) if type(f.default) in {int, float}]
DURATIONS = [f for f in NUMBERS if type(f.default) is float]


def _variable(name: str) -> str:
    return PREFIX + name.upper()


def _id(field: Any) -> str:
    return str(field.name)


def test_without_variables_everything_is_at_its_default() -> None:
    """An empty environment is a working deployment on this machine."""
    assert Settings() == Settings.from_env({})
    assert {} == Settings().as_env()


def test_the_defaults_are_the_published_ones() -> None:
    """Others count on them."""
    settings = Settings()
    assert (8, 0, "nps", "") == (settings.partitions, settings.replication, settings.app_id, settings.topic_prefix)
    assert (604_800, 0.1, 20) == (settings.alert_max_age, settings.commit_interval, settings.session_timeout)
    assert (5, 10, 30) == (settings.request_timeout, settings.transaction_timeout, settings.commit_deadline)


def test_everything_binds_to_loopback_by_default() -> None:
    """Private until somebody says otherwise."""
    assert ("127.0.0.1", "127.0.0.1", "") == (Settings().host, Settings().board_host, Settings().board_token)


@pytest.mark.parametrize("field", fields(Settings), ids=_id)
def test_each_setting_says_its_unit_and_why_it_is_there(field: Any) -> None:
    """The manual is made from this."""
    assert field.metadata["unit"]
    assert field.metadata["why"]
    if type(field.default) is float:
        assert "s" == field.metadata["unit"]


@pytest.mark.parametrize("field", fields(Settings), ids=_id)
def test_each_setting_has_a_variable(field: Any) -> None:
    """Its name in capitals behind the prefix; the default itself is always allowed."""
    settings = Settings.from_env({_variable(field.name): str(field.default)})
    assert Settings() == settings
    assert type(field.default) is type(getattr(settings, field.name))


def test_other_variables_are_none_of_our_business() -> None:
    """Nor are those of the embedded broker."""
    assert Settings() == Settings.from_env({"PATH": "/bin", "NPSX": "1", "nps_partitions": "3", "NPS_CACHE_DIR": "/c"})


def test_a_misspelt_setting_is_refused() -> None:
    """It would silently keep its default."""
    with pytest.raises(BadSetting, match="unknown setting NPS_PARTITION; known are .*NPS_PARTITIONS"):
        Settings.from_env({"NPS_PARTITION": "3", "NPS_PARTITIONS": "3"})


@pytest.mark.parametrize("field", NUMBERS, ids=_id)
@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "--1", "+1", "1e3", ".5", "5.", "0x10", "1_000", "٣", "inf", "nan", "5s"]
)
def test_a_number_is_plain_decimal(field: Any, text: str) -> None:
    """Nothing else, in no other script; the text names the variable and the unit."""
    with pytest.raises(BadSetting, match=rf"{_variable(field.name)} must be a plain decimal number \(.+\), not "):
        Settings.from_env({_variable(field.name): text})


@pytest.mark.parametrize("field", NUMBERS, ids=_id)
def test_only_what_can_be_negative_has_a_sign(field: Any) -> None:
    """A clock may be behind; nothing else may."""
    if field.name == "clock_offset":
        assert -1 == Settings.from_env({"NPS_CLOCK_OFFSET": "-1"}).clock_offset
    else:
        with pytest.raises(BadSetting, match="plain decimal"):
            Settings.from_env({_variable(field.name): "-1"})


def test_a_count_has_no_decimals() -> None:
    """Eight and a half partitions are a mistake."""
    with pytest.raises(BadSetting, match="NPS_PARTITIONS"):
        Settings.from_env({"NPS_PARTITIONS": "8.5"})


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("NPS_PARTITIONS", "0"),
        ("NPS_PARTITIONS", "1001"),
        ("NPS_REPLICATION", "10"),
        ("NPS_METRICS_PORT", "65536"),
        ("NPS_BOARD_PORT", "65536"),
        ("NPS_COMMIT_INTERVAL", "5.1"),
        ("NPS_FETCH_WAIT", "0"),
        ("NPS_FETCH_WAIT", "6"),
        ("NPS_SESSION_TIMEOUT", "0.5"),
        ("NPS_FREEZE_AFTER", "0.9"),
    ],
)
def test_what_cannot_work_is_out_of_bounds(variable: str, text: str) -> None:
    """The text says what is allowed."""
    with pytest.raises(BadSetting, match=rf"{variable} must be .*[0-9].*, not {text}"):
        Settings.from_env({variable: text})


@pytest.mark.parametrize("field", [f for f in NUMBERS if "high" in f.metadata], ids=_id)
def test_bounds_are_included(field: Any) -> None:
    """Lowest and highest are allowed."""
    for bound in (field.metadata.get("low", 0), field.metadata["high"]):
        settings = Settings.from_env({_variable(field.name): str(bound)})
        assert bound == getattr(settings, field.name)


@pytest.mark.parametrize(
    "environ",
    [
        {"NPS_REQUEST_TIMEOUT": "10"},
        {"NPS_TRANSACTION_TIMEOUT": "30"},
        {"NPS_COMMIT_DEADLINE": "10"},
        {"NPS_TRANSACTION_TIMEOUT": "5"},
    ],
    ids=["request", "transaction at deadline", "deadline", "transaction at request"],
)
def test_the_three_timeouts_must_lie_within_one_another(environ: dict[str, str]) -> None:
    """A request that outlives its transaction, or a transaction its commit, could not be told from a hang."""
    with pytest.raises(BadSetting, match="NPS_REQUEST_TIMEOUT < NPS_TRANSACTION_TIMEOUT < NPS_COMMIT_DEADLINE"):
        Settings.from_env(environ)


@pytest.mark.parametrize("name", ["", "a b", "a/b", "é", "x" * 101, "a\n"])
def test_an_app_id_is_a_name_that_kafka_takes(name: str) -> None:
    """It names the group and the transactions."""
    with pytest.raises(BadSetting, match="NPS_APP_ID"):
        Settings.from_env({"NPS_APP_ID": name})


@pytest.mark.parametrize("prefix", ["a b", "a/b", "x" * 101])
def test_a_prefix_makes_names_that_kafka_takes(prefix: str) -> None:
    """Topics have letters, digits, dots, underscores and hyphens."""
    with pytest.raises(BadSetting, match="NPS_TOPIC_PREFIX"):
        Settings.from_env({"NPS_TOPIC_PREFIX": prefix})


def test_the_prefix_goes_before_every_topic() -> None:
    """Two deployments can share a cluster."""
    assert "eu.nps.state" == Settings(topic_prefix="eu.").topic("nps.state")


def test_settings_do_not_change() -> None:
    """One object, read once."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().partitions = 3  # type: ignore[misc]


@st.composite
def environments(draw: st.DrawFn) -> dict[str, str]:
    """Variables that are allowed."""
    environ = {}
    for field in draw(st.lists(st.sampled_from(NUMBERS), unique_by=lambda f: f.name)):
        if field.name in {"request_timeout", "transaction_timeout", "commit_deadline"}:
            continue
        low, high = field.metadata.get("low", 0), field.metadata.get("high", 10_000)
        thousandths = draw(st.integers(int(low * 1000), int(high * 1000)))
        text = f"{thousandths / 1000:.3f}" if type(field.default) is float else str(thousandths // 1000)
        environ[_variable(field.name)] = text
    for name in ("brokers", "instance_id", "customer_url", "board_token"):
        environ[_variable(name)] = draw(st.text(max_size=20))
    return environ


@given(environments())
def test_settings_can_be_handed_to_another_process(environ: dict[str, str]) -> None:
    """As the variables that differ from the defaults."""
    settings = Settings.from_env(environ)
    assert settings == Settings.from_env(settings.as_env())
    assert set(settings.as_env()) <= set(environ)
