"""The breaker trips at exactly the record that the rule names."""

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.engine.breaker import RUN_MAX, SHARE_MAX, WINDOW, Breaker


def _tripped_after(breaker: Breaker, records: str) -> int | None:
    """The number of records after which it tripped, None if it did not; `x` is a dead letter."""
    for n, record in enumerate(records, 1):
        if record == "x":
            if breaker.dead():
                return n
        else:
            breaker.passed(1)
    return None


def test_the_rule_is_500_of_1000_and_500_in_a_row() -> None:
    """As the design has it."""
    assert (1_000, 500, 500) == (WINDOW, SHARE_MAX, RUN_MAX)


def test_499_in_a_row_pass_and_the_500th_trips() -> None:
    """A run is a run from the first record on."""
    assert _tripped_after(Breaker(), "x" * 499) is None
    assert 500 == _tripped_after(Breaker(), "x" * 600)


def test_one_good_record_starts_the_run_afresh() -> None:
    """But not the share."""
    assert _tripped_after(Breaker(), "x" * 499 + ".") is None
    assert 500 + 2 == _tripped_after(Breaker(), "x" * 499 + "." + "x" * 400)


def test_half_of_the_last_1000_pass_and_the_501st_trips() -> None:
    """Dead letters and good records in turn: 500 of 1,000 for ever, until one good record is missing."""
    assert _tripped_after(Breaker(), "x." * 5_000) is None
    assert 4_000 + 1 == _tripped_after(Breaker(), ".x" * 2_000 + "x")


def test_dead_letters_leave_the_window_after_1000_records() -> None:
    """499 long ago do not count any more."""
    assert _tripped_after(Breaker(), "x" * 499 + "." * 1_000 + "x" * 499) is None
    assert _tripped_after(Breaker(), "x" * 499 + "." * 502 + "x" * 2) is None


def test_passing_many_at_once_is_passing_one_by_one() -> None:
    """A batch of good records is one call."""
    at_once, singly = Breaker(), Breaker()
    for breaker in (at_once, singly):
        _tripped_after(breaker, "x" * 300)
    at_once.passed(777)
    for _ in range(777):
        singly.passed(1)
    assert singly.dump() == at_once.dump()
    at_once.passed(10**9)
    assert {} == at_once.dump()


def test_passing_none_changes_nothing() -> None:
    """An empty batch is no good record."""
    breaker = Breaker()
    _tripped_after(breaker, "x" * 499)
    breaker.passed(0)
    assert breaker.dead()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("x."), st.integers(1, 700)), max_size=8), st.integers(0, 3_000))
def test_it_trips_where_a_recount_does_and_survives_being_kept(runs: list[tuple[str, int]], cut: int) -> None:
    """Record by record, with the marker written and read again anywhere in between."""
    records = "".join(record * n for record, n in runs)
    expected = next(
        (
            n
            for n in range(1, len(records) + 1)
            if records[n - 1] == "x"
            and (records[:n].endswith("x" * 500) or records[max(0, n - 1_000) : n].count("x") > 500)
        ),
        None,
    )
    first = Breaker()
    found = _tripped_after(first, records[:cut])
    if found is None and cut < len(records):
        later = _tripped_after(Breaker.load(first.dump()), records[cut:])
        found = None if later is None else cut + later
    assert expected == found


def test_a_tripped_breaker_stays_tripped_over_a_restart() -> None:
    """Only an operator lifts it."""
    breaker = Breaker()
    _tripped_after(breaker, "x" * 500)
    assert Breaker.load(breaker.dump()).tripped
    assert breaker.dump() == Breaker.load(breaker.dump()).dump()


def test_resume_starts_both_counts_afresh() -> None:
    """Another 500 in a row are let through before it trips again."""
    breaker = Breaker()
    _tripped_after(breaker, "x" * 500)
    breaker.reset()
    assert not breaker.tripped
    assert {} == breaker.dump() == Breaker().dump()
    assert 500 == _tripped_after(breaker, "x" * 600)


def test_a_shard_without_dead_letters_keeps_nothing_of_its_breaker() -> None:
    """The marker is written by every commit: it stays small."""
    breaker = Breaker()
    breaker.passed(10_000)
    assert {} == breaker.dump()
    assert not Breaker.load({}).tripped
