"""The rule of the breaker, as the oracle has it."""

from chaos.rules.breaker import first_trip


def test_five_hundred_in_a_row_fire_it() -> None:
    """And one less does not."""
    assert 499 == first_trip([True] * 500)
    assert first_trip([True] * 499 + [False] + [True] * 2) is not None
    assert first_trip([True] * 499 + [False]) is None


def test_more_than_half_of_the_last_thousand_fire_it() -> None:
    """Half of them do not, however long it goes on."""
    assert first_trip([True, False] * 3_000) is None
    assert 1_001 == first_trip([True, False] * 500 + [True, True])


def test_what_is_more_than_a_thousand_records_ago_counts_no_more() -> None:
    """Whatever there was."""
    assert first_trip([True] * 400 + [False] * 1_000 + [True] * 400) is None
