"""Instants on the wire."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.time import epoch_ms, is_rfc3339, rfc3339_ms


def test_an_instant_is_text_in_utc_with_milliseconds() -> None:
    """Also before 1970 and in the first and the last year."""
    assert rfc3339_ms(1_795_365_665_123) == "2026-11-22T16:41:05.123Z"
    assert rfc3339_ms(0) == "1970-01-01T00:00:00.000Z"
    assert rfc3339_ms(-1) == "1969-12-31T23:59:59.999Z"
    assert rfc3339_ms(-62_135_596_800_000) == "0001-01-01T00:00:00.000Z"
    assert rfc3339_ms(253_402_300_799_999) == "9999-12-31T23:59:59.999Z"


@given(st.datetimes(timezones=st.timezones() | st.none()))
def test_an_instant_comes_back_from_its_text(instant: datetime) -> None:
    """To the millisecond, what is finer cut off."""
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    ms = epoch_ms(aware)

    assert (
        timedelta(0)
        <= aware - (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms))
        < timedelta(milliseconds=1)
    )
    if datetime(2, 1, 1, tzinfo=UTC) < aware < datetime(9999, 12, 30, tzinfo=UTC):
        assert ms == epoch_ms(datetime.fromisoformat(rfc3339_ms(ms)))


def test_every_offset_counts() -> None:
    """All that the wire can name, each the second time as the first."""
    for minutes in range(-1439, 1440):
        instant = datetime(2026, 11, 22, 16, 41, 5, 123_999, timezone(timedelta(minutes=minutes)))
        assert epoch_ms(instant) == epoch_ms(instant) == 1_795_365_665_123 - minutes * 60_000


def test_no_millisecond_is_lost() -> None:
    """Multiplying seconds in floating point would lose some."""
    for ms in range(1_795_365_665_000, 1_795_365_666_000):
        assert ms == epoch_ms(datetime.fromisoformat(rfc3339_ms(ms)))


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("2026-11-22T17:41:05Z", True),
        ("2026-11-22T17:41:05.123456789+05:30", True),
        ("2026-11-22t17:41:05Z", False),
        ("2026-11-22T17:41:05z", False),
        ("2026-11-22 17:41:05Z", False),
        ("2026-11-22T17:41:05+0530", False),
        ("2026-11-22T17:41Z", False),
        ("2026-11-22T17:41:05", False),
        ("2026-11-22T17:41:05Z ", False),
    ],
)
def test_an_instant_is_written_as_the_rfc_says(text: str, is_one: bool) -> None:
    """The profile is narrower than what parsers take."""
    assert is_one == is_rfc3339(text)
