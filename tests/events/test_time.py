"""Instants on the wire."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from streams.events.time import epoch_ms, rfc3339_ms


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


def test_no_millisecond_is_lost() -> None:
    """Multiplying seconds in floating point would lose some."""
    for ms in range(1_795_365_665_000, 1_795_365_666_000):
        assert ms == epoch_ms(datetime.fromisoformat(rfc3339_ms(ms)))
