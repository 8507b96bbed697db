"""Hand-overs between shards."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.handover import BrandTally, decode_brand_tally, encode_brand_tally, handover_key
from streams.events.rejected import Rejected
from tests.contracts.contracts import BRAND_TALLY

BINS = st.lists(st.integers(0, 2**32 - 1), min_size=11, max_size=11)
DAYS = st.builds(
    BrandTally,
    st.just("Crémerie"),
    st.integers(0, 999),
    st.integers(0, 40_000),
    st.dictionaries(st.integers(0, 23), BINS),
    st.none(),
    st.dictionaries(st.sampled_from(["day", "week", "month"]), st.none() | BINS),
    st.dictionaries(st.integers(0, 999_999_999), st.integers(1, 2**32 - 1)),
)
LIFETIMES = st.builds(BrandTally, st.just("Crémerie"), st.integers(0, 999), st.none(), st.just({}), BINS)


@given(DAYS | LIFETIMES)
def test_a_tally_comes_back_as_it_was(tally: BrandTally) -> None:
    """And is written as its schema says."""
    raw = encode_brand_tally(tally)

    assert tally == decode_brand_tally(raw)
    assert BRAND_TALLY.admits(json.loads(raw))


def test_a_key_names_brand_shard_and_day() -> None:
    """The sum has a word in place of the day."""
    assert handover_key("Crémerie", 3, 20_779) == "Crémerie|3|2026-11-22".encode()
    assert handover_key("Crémerie", 3, None) == "Crémerie|3|lifetime".encode()


def test_counts_may_come_as_tuples() -> None:
    """Whatever holds eleven numbers in order."""
    tally = BrandTally("Maison", 0, 20_779, {5: tuple(range(11))}, None)

    assert BrandTally("Maison", 0, 20_779, {5: list(range(11))}, None) == decode_brand_tally(encode_brand_tally(tally))


@pytest.mark.parametrize(
    "tally",
    [
        BrandTally("Maison", 0, None, {}, None),
        BrandTally("Maison", 0, 1, {}, [0] * 11),
        BrandTally("Maison", 0, None, {1: [0] * 11}, [0] * 11),
        BrandTally("Maison", 0, None, {}, [0] * 11, {"month": None}),
        BrandTally("Maison", 0, None, {}, [0] * 11, {}, {0: 1}),
    ],
    ids=["neither", "both", "hours of the sum", "finals of the sum", "cases of the sum"],
)
def test_half_a_tally_is_our_bug(tally: BrandTally) -> None:
    """A day, or the sum: it is not written otherwise."""
    with pytest.raises(AssertionError):
        encode_brand_tally(tally)


def test_a_hand_over_of_an_older_release_says_nothing_of_finals_or_cases() -> None:
    """It is read all the same; a granularity of a later one is left out."""
    document = {"brand": "Maison", "shard": 0, "day": "2026-11-22", "hours": {}, "schema_version": 1}

    assert BrandTally("Maison", 0, 20_779, {}, None) == decode_brand_tally(json.dumps(document).encode())
    document["finals"] = {"day": None, "quarter": [0] * 11}
    assert BrandTally("Maison", 0, 20_779, {}, None, {"day": None}) == decode_brand_tally(json.dumps(document).encode())


@given(st.none() | st.binary(max_size=60))
def test_no_bytes_make_the_reader_raise(raw: bytes | None) -> None:
    """What is no hand-over is a value; so is the deletion of one."""
    assert Rejected("schema") == decode_brand_tally(raw)
