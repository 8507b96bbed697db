"""Caseloads: cases counted by day where they change, and merged from what shards say."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from streams.domain.brand import BrandTotal
from streams.domain.caseload import NOTHING_COUNTED, MergedCaseload, count_case
from streams.domain.store import BrandShare, Store
from streams.domain.turnaround import NO_CASES, plain_codes, turnaround

DAY = 20_500
NOW_S = DAY * 86_400 + 12 * 3600
FRESH = plain_codes(3, contactable=True)
OTHER = plain_codes(4, contactable=False)

CODES = st.dictionaries(st.sampled_from([*FRESH, *OTHER]), st.integers(1, 5), max_size=2)


def _stores(*names: str) -> list[Store]:
    share = BrandShare("Nord")
    for name in names:
        share.stores[name] = Store(share, name, [])
    return list(share.stores.values())


def test_a_case_counts_in_its_store_and_its_brand() -> None:
    """And in no other store."""
    lyon, metz = _stores("Lyon", "Metz")
    assert count_case(lyon, DAY, (), FRESH)
    assert 1 == lyon.turnaround(NOW_S).cases
    assert NO_CASES == metz.turnaround(NOW_S)
    assert {DAY: dict.fromkeys(FRESH, 1)} == lyon.brand.caseload.days
    assert {} == NOTHING_COUNTED.days


def test_a_case_that_changes_is_counted_once() -> None:
    """Its old codes go, its new ones come; what nobody has any more leaves nothing behind."""
    (lyon,) = _stores("Lyon")
    count_case(lyon, DAY, (), FRESH)
    assert count_case(lyon, DAY, FRESH, OTHER)
    assert (1, 0) == lyon.turnaround(NOW_S)[:1] + lyon.turnaround(NOW_S)[3:4]
    assert count_case(lyon, DAY, OTHER, ())
    assert {} == lyon.caseload.days == lyon.brand.caseload.days


def test_what_changes_no_figure_says_so() -> None:
    """A note on a case: nothing is to be published."""
    (lyon,) = _stores("Lyon")
    assert not count_case(lyon, DAY, FRESH, FRESH)
    assert lyon.caseload is NOTHING_COUNTED


def test_what_happens_to_a_forgotten_day_is_not_counted() -> None:
    """A case of 40 days ago is resolved at last: its codes are gone, and nothing is taken from others."""
    (lyon,) = _stores("Lyon")
    for day in (DAY - 40, DAY):
        count_case(lyon, day, (), FRESH)
    lyon.brand.forget_turnaround(DAY - 35)
    assert not count_case(lyon, DAY - 40, FRESH, OTHER)
    lyon.forget_turnaround(DAY - 35)
    assert not count_case(lyon, DAY - 40, FRESH, OTHER)
    assert [DAY] == list(lyon.caseload.days) == list(lyon.brand.caseload.days)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(DAY - 33, DAY + 1), CODES), max_size=30), st.data())
def test_a_brand_is_what_its_shards_said_last(said: list[tuple[int, int, dict[int, int]]], data: Any) -> None:
    """In any order, said twice or not, whenever somebody asks in between, and from whichever day on."""
    merged = MergedCaseload()
    last: dict[tuple[int, int], dict[int, int]] = {}
    for shard, day, codes in said:
        assert (codes != last.get((shard, day), {})) == merged.replace(shard, day, codes)
        assert not merged.replace(shard, day, codes)
        last[shard, day] = codes
        as_of_s = NOW_S + data.draw(st.integers(0, 3)) * 86_400
        assert _recount(last, as_of_s) == merged.figures(as_of_s)
    merged.forget(DAY - 10)
    kept = {place: codes for place, codes in last.items() if place[1] >= DAY - 10}
    assert _recount(kept, NOW_S) == merged.figures(NOW_S)


def _recount(last: dict[tuple[int, int], dict[int, int]], as_of_s: int) -> object:
    days: dict[int, Counter[int]] = {}
    for (_, day), codes in last.items():
        days.setdefault(day, Counter()).update(codes)
    return turnaround(days, as_of_s)


def test_a_brand_total_forgets_and_answers() -> None:
    """As a store does."""
    total = BrandTotal("Nord")
    assert total.caseload.replace(1, DAY, {FRESH[0]: 2})
    assert 2 == total.turnaround(NOW_S).cases
    total.forget_turnaround(DAY + 1)
    assert NO_CASES == total.turnaround(NOW_S)
