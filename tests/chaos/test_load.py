"""The load is a function of its seed; what it intends, the rules find."""

import itertools
from collections import Counter
from dataclasses import replace

import pytest

from chaos.load import Load, Shape
from chaos.malformed import MALFORMED
from chaos.rules.judge import judge

START_MS = 1_790_000_000_000
SIZE = 4_000


def test_the_same_seed_gives_the_same_records_and_another_one_gives_others() -> None:
    """Byte by byte, headers and instants included."""
    first, again, other = ([*Load(seed, START_MS).records(500)] for seed in (7, 7, 8))
    assert first == again
    assert not {record.value for record in first if record.value} & {record.value for record in other if record.value}


def test_a_record_depends_on_its_number_alone() -> None:
    """Asked for out of order, it is the same."""
    load = Load(7, START_MS)
    assert [*load.records(300)][123] == Load(7, START_MS).record(123)


def test_a_new_class_shifts_no_record_that_is_not_of_it() -> None:
    """Without strays, the records that were strays are others, and no more than these and what repeats them."""
    with_strays, without = Load(7, START_MS), Load(7, START_MS, replace(Shape(), stray=0.0))
    for number in range(SIZE):
        if with_strays.kind(number) in ("valid", "late", "invalid", "size"):
            assert with_strays.record(number) == without.record(number)


def test_shares_are_about_those_of_the_shape() -> None:
    """Within two percent of all records."""
    load = Load(7, START_MS)
    kinds = Counter(map(load.kind, range(SIZE)))
    for name in ("invalid", "duplicate", "late", "size", "erasure", "correction", "stray"):
        assert abs(kinds[name] / SIZE - getattr(load.shape, name)) < 0.02, name


def test_every_partition_gets_a_sentinel_behind_all_others() -> None:
    """One each, whatever their number."""
    records = [*Load(7, START_MS, Shape(partitions=6)).records(10)][10:]
    assert [(number, "sentinel") for number in range(6)] == [(each.partition, each.intended) for each in records]


def test_what_is_intended_to_be_unusable_is_judged_so_and_nothing_else_is() -> None:
    """Generator and rules were written apart; the two reasons that depend on the arrival are left to the oracle."""
    for record in Load(7, START_MS).records(SIZE):
        found = judge(record.value)
        intended = record.intended.partition("dead:")[2]
        if intended in ("timestamp_in_future", "too_old"):
            intended = ""
        assert intended == (found if isinstance(found, str) else ""), record


def test_all_classes_of_malformed_values_occur() -> None:
    """In a few thousand records."""
    intended = {record.intended for record in Load(7, START_MS).records(SIZE)}
    assert {f"dead:{reason}" for reason, _ in MALFORMED.values()} <= intended


@pytest.mark.parametrize("name", ["duplicate", "correction", "erasure"])
def test_what_comes_later_is_about_something_that_came_before(name: str) -> None:
    """A duplicate repeats the bytes of an earlier record; corrections and erasures name an earlier response."""
    load = Load(7, START_MS)
    records = [*load.records(1_500)]
    earlier = {record.value for record in records}
    about = [record for record in itertools.islice(records, 1_000, 1_500) if record.intended == name]
    ids = {document["response_id"] for record in records[:1_500] if isinstance(document := judge(record.value), dict)}
    assert about
    for record in about:
        document = judge(record.value)
        assert isinstance(document, dict)
        assert record.value in earlier
        assert document["response_id"] in ids


def test_a_flood_is_nothing_but_unusable_values_in_one_partition() -> None:
    """And what is outside it stays as it was."""
    calm, flooded = Load(7, START_MS), Load(7, START_MS, replace(Shape(), floods=((100, 300, 2),)))
    assert {("invalid", 2)} == {(flooded.kind(n), flooded.record(n).partition) for n in range(100, 300)}
    assert [calm.record(n) for n in range(100)] == [flooded.record(n) for n in range(100)]
    assert calm.kind(300) == flooded.kind(300)
