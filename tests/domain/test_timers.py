"""The clocks of a case."""

from streams.domain.calendar import Clocks
from streams.domain.case import EXPIRY_MS, HOUR_MS, KEPT_MS, Case, pack_fresh, unpack_case
from streams.domain.timers import due_at, fired, first_due_ms, next_due_ms, reopened

T = 1_772_366_400_000
ID = "0a0a0a0a-0b0b-5c0c-8d0d-0e0e0e0e0e0e"


def a_case(severity: int = 3) -> Case:
    """A fresh case of that severity, submitted at T."""
    return unpack_case(ID, pack_fresh(severity, 0, 5, 0, T, 0, 0))


def stages(case: Case, hours: float) -> list[str]:
    """The clocks that are due so many hours after submission."""
    return [stage for _, stage in due_at(case, T + round(hours * HOUR_MS))]


def test_a_case_is_warned_of_breaches_and_goes_a_level_up() -> None:
    """Half, all and half more of 48 hours, then 30 days."""
    case = a_case()
    assert stages(case, 23.99) == []
    assert stages(case, 24) == ["warning"]
    assert stages(case, 48) == ["warning", "breach"]
    assert stages(case, 72) == ["warning", "breach", "second"]
    assert stages(case, 30 * 24) == ["warning", "breach", "second", "expiry"]


def test_only_a_p1_is_to_be_acknowledged_within_4_hours() -> None:
    """And only until somebody does."""
    assert stages(a_case(1), 4) == ["acknowledge"]
    assert stages(a_case(2), 4) == []
    seen = a_case(1)._replace(status="acknowledged", acknowledged_ms=T + 1)
    assert stages(seen, 4) == []


def test_a_clock_fires_once() -> None:
    """What has fired is not due again."""
    case = fired(fired(a_case(), "warning"), "breach")
    assert stages(case, 60) == []
    assert next_due_ms(case) == T + 72 * HOUR_MS


def test_whoever_was_called_waits_for_nothing_but_the_end_of_the_case() -> None:
    """A contact stops the 48 hours."""
    case = a_case(1)._replace(status="contacted", acknowledged_ms=T, contacted_ms=T + HOUR_MS)
    assert stages(case, 29 * 24) == []
    assert stages(case, 30 * 24) == ["expiry"]


def test_what_ended_has_no_clock_and_is_forgotten_after_90_days() -> None:
    """Only the end of its keeping is left."""
    for status in ("resolved", "dismissed", "retracted", "expired"):
        case = a_case()._replace(status=status, ended_ms=T)
        assert stages(case, 89 * 24) == []
        assert next_due_ms(case) == T + KEPT_MS


def test_an_attached_alert_has_no_clocks_of_its_own() -> None:
    """One customer, one call, one clock."""
    case = a_case(1)._replace(lead="1b0a0a0a-0b0b-5c0c-8d0d-0e0e0e0e0e0e")
    assert stages(case, 89 * 24) == []


def test_a_reopened_case_is_not_told_of_again_what_was_told_and_expires_anew() -> None:
    """Breaches are told once in a life."""
    old = fired(fired(fired(a_case(), "warning"), "breach"), "expiry")
    case = reopened(old._replace(status="reopened", reopened=1), T + 40 * 24 * HOUR_MS)
    assert stages(case, 40 * 24) == ["second"]
    assert case.expiry_ms == T + 40 * 24 * HOUR_MS + EXPIRY_MS


def test_clocks_of_a_calendar_hold_where_there_are_some() -> None:
    """Business time replaces the plain clocks."""
    case = a_case(1)._replace(clocks=Clocks(T + 10, T + 20, T + 30, T + 40))
    assert next_due_ms(case) == T + 10
    assert [due_ms - T for due_ms, _ in due_at(case, T + HOUR_MS)] == [10, 20, 30, 40]


def test_the_first_clock_of_a_fresh_case_needs_no_look_at_it() -> None:
    """The short way gives what the long one does."""
    for severity in (1, 2, 3):
        assert first_due_ms(T, severity) == next_due_ms(a_case(severity))
