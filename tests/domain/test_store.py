"""Stores and brands: pages in segments, and every figure as a fold over them."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.domain.brand import BrandTotal
from streams.domain.page import VOTES_MAX, Page, unpack
from streams.domain.segments import Segments
from streams.domain.store import BrandShare, Store
from streams.domain.tally import ONE, from_histogram, histogram
from streams.domain.vote import DELETED, new_vote
from tests.strategies import SCORES

DAY = 20_500


def _a_store(brand: BrandShare | None = None, name: str = "Lyon") -> Store:
    share = brand or BrandShare("Nord")
    store = share.stores[name] = Store(share, name, [])
    return store


def _vote(store: Store, identity: int, *, score: int = 9, minute: int = 600, day: int = DAY) -> Page:
    """Put a vote where it belongs, as an agent does."""
    page = store.page_for(day, identity)
    page.put(identity, new_vote(score, minute, identity))
    page.dirty = True
    return page


def _committed(store: Store, day: int = DAY) -> None:
    for page in store.days_pages(day):
        assert isinstance(page, Page)
        page.dirty = False
        page.touched = True


def _packed(store: Store, day: int = DAY) -> list[bytes]:
    return [page.pack() if isinstance(page, Page) else page for page in store.days_pages(day)]


def _restored(rows: list[bytes], *, day: int = DAY) -> Store:
    store = _a_store()
    for segment, row in enumerate(rows):
        store.rolling.add_day(day, store.put(day, segment, row))
    return store


def test_a_day_beyond_a_full_page_goes_on_in_segments() -> None:
    """No page holds more than VOTES_MAX votes, and each vote is in one."""
    store = _a_store()
    n = 8 * VOTES_MAX + 3
    for identity in range(n):
        _vote(store, identity)
    pages = store.days_pages(DAY)
    assert [VOTES_MAX] * 8 + [3] == [len(page.votes) for page in pages if isinstance(page, Page)]
    assert set(range(n)) == {identity for page in pages if isinstance(page, Page) for identity in page.votes}


@pytest.mark.parametrize("n", [1, VOTES_MAX - 1, VOTES_MAX, VOTES_MAX + 1, 3 * VOTES_MAX, 600])
@pytest.mark.parametrize("packed", [False, True])
def test_a_vote_is_found_in_its_page_again(n: int, packed: bool) -> None:
    """In the first, a middle and the last segment, before and after a restore."""
    store = _a_store()
    for identity in range(n):
        _vote(store, identity)
    if packed:
        store = _restored(_packed(store))
    for identity in range(n):
        assert identity in store.page_for(DAY, identity).votes
    assert n == sum(len(page.votes) for page in store.days_pages(DAY) if isinstance(page, Page))


def test_the_keys_of_a_day_are_those_of_its_segments() -> None:
    """`p|brand|store|day|segment`, the same ones before and after a restore."""
    store = _a_store()
    pages = [_vote(store, identity) for identity in range(2 * VOTES_MAX + 1)]
    expected = [b"p|Nord|Lyon|20500|0", b"p|Nord|Lyon|20500|1", b"p|Nord|Lyon|20500|2"]
    assert expected == store.keys(DAY) == list(dict.fromkeys(page.key for page in pages))
    again = _restored(_packed(store))
    assert expected == again.keys(DAY)
    assert expected[0] == again.page_for(DAY, 0).key
    assert expected[2] == again.page_for(DAY, 2 * VOTES_MAX).key
    assert [] == store.keys(DAY + 1)


def test_a_page_that_was_not_touched_for_a_while_is_packed() -> None:
    """At the second look after its commit, not at the first, and never while it waits for a commit."""
    store = _a_store()
    _vote(store, 1)
    assert [False, False] == [store.freeze(DAY), store.freeze(DAY)]
    _committed(store)
    assert [False, True] == [store.freeze(DAY), store.freeze(DAY)]
    assert [bytes] == [type(page) for page in store.days_pages(DAY)]


def test_touching_a_packed_page_thaws_it_and_says_so() -> None:
    """So that it is packed again later; once, however often it is touched."""
    brand, thawed = BrandShare("Nord"), list[tuple[Store, int]]()
    store = Store(brand, "Lyon", thawed)
    store.put(DAY, 0, _packed_votes(range(VOTES_MAX)))
    store.put(DAY, 1, _packed_votes(range(VOTES_MAX, VOTES_MAX + 3)))
    store.put(DAY + 1, 0, _packed_votes(range(5)))
    assert [] == thawed
    for _ in range(3):
        store.page_for(DAY, 1)
        store.page_for(DAY + 1, 1)
    assert [(store, DAY), (store, DAY + 1)] == thawed


def _packed_votes(identities: range, *, score: int = 9, minute: int = 600) -> bytes:
    page = Page(b"")
    for identity in identities:
        page.put(identity, new_vote(score, minute, identity))
    return page.pack()


def test_segments_are_packed_and_thawed_together() -> None:
    """An identity of the first segment is found again after the day was packed."""
    store = _a_store()
    for identity in range(VOTES_MAX + 2):
        _vote(store, identity)
    _committed(store)
    assert [False, True] == [store.freeze(DAY), store.freeze(DAY)]
    assert [bytes, bytes] == [type(page) for page in store.days_pages(DAY)]
    page = _vote(store, 0, score=2)
    assert b"p|Nord|Lyon|20500|0" == page.key
    assert ONE[2] + (VOTES_MAX + 1) * ONE[9] == sum(one for _, one in store.hours(DAY))


def test_one_touched_segment_keeps_its_day_unpacked() -> None:
    """Packing the others would save little and cost a look-up."""
    store = _a_store()
    for identity in range(VOTES_MAX + 2):
        _vote(store, identity)
    _committed(store)
    store.freeze(DAY)
    store.page_for(DAY, 0).touched = True
    assert [False, True] == [store.freeze(DAY), store.freeze(DAY)]


def test_packing_a_day_that_is_gone_is_no_work() -> None:
    """It was folded meanwhile."""
    assert _a_store().freeze(DAY)


@st.composite
def changelogs(draw: st.DrawFn) -> list[tuple[int, int, list[int] | None]]:
    """Rows of pages in any order: day, segment and the scores in the page, None where it was dropped."""
    row = st.one_of(st.none(), st.lists(SCORES, min_size=1, max_size=4))
    return draw(st.lists(st.tuples(st.integers(DAY, DAY + 2), st.integers(0, 3), row), max_size=25))


@settings(deadline=None, max_examples=150)
@given(changelogs())
def test_rows_of_the_changelog_add_up_to_their_last_values(log: list[tuple[int, int, list[int] | None]]) -> None:
    """Each row brings what it adds to its day; the sum is a recount of the last row of each key."""
    store = _a_store()
    last: dict[tuple[int, int], list[int]] = {}
    for day, segment, scores in log:
        if scores is None:
            store.rolling.add_day(day, store.drop(day, segment))
            last.pop((day, segment), None)
            continue
        page = Page(b"")
        for n, score in enumerate(scores):
            page.put(n, new_vote(score, 0, n))
        store.rolling.add_day(day, store.put(day, segment, page.pack()))
        last[day, segment] = scores
    expected = Counter[int]()
    for (day, _), scores in last.items():
        expected[day] += sum(ONE[score] for score in scores)
    assert dict(expected) == store.rolling.days
    assert sum(expected.values()) == store.rolling.total
    assert set(expected) == {day for day in store.pages if any(True for _ in store.hours(day))}


def test_a_page_that_never_was_is_dropped_without_effect() -> None:
    """A compacted changelog may hold nothing but its deletion."""
    store = _a_store()
    assert 0 == store.drop(DAY, 0)
    assert {} == store.pages


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(["Lyon", "Lille"]), st.integers(0, 2), st.integers(0, 1439), SCORES), max_size=40
    ),
    st.booleans(),
)
def test_a_brand_s_day_is_the_sum_of_its_stores_by_hour(votes: list[tuple[str, int, int, int]], packed: bool) -> None:
    """Summed from the pages when first asked for, packed or not."""
    share = BrandShare("Nord")
    stores = {name: _a_store(share, name) for name in ("Lyon", "Lille")}
    expected: dict[int, dict[int, int]] = {}
    for identity, (name, later, minute, score) in enumerate(votes):
        _vote(stores[name], identity, score=score, minute=minute, day=DAY + later)
        hours = expected.setdefault(DAY + later, {})
        hours[minute // 60] = hours.get(minute // 60, 0) + ONE[score]
    for store in stores.values() if packed else ():
        for day in list(store.pages):
            _committed(store, day)
            store.freeze(day)
            store.freeze(day)
    for day in range(DAY, DAY + 3):
        assert expected.get(day, {}) == share.day(day)


def test_what_is_taken_out_is_in_no_hour() -> None:
    """A deleted vote stays in its page and counts nothing."""
    store = _a_store()
    page = _vote(store, 1)
    page.put(1, page.votes[1] | DELETED)
    assert {} == store.brand.day(DAY)


def test_a_brand_s_day_is_summed_once_and_kept_by_whoever_changes_it() -> None:
    """Until it is forgotten: then the pages say what it is."""
    store = _a_store()
    hours = store.brand.day(DAY)
    _vote(store, 1, minute=61)
    hours[1] = ONE[9]
    assert {1: ONE[9]} == store.brand.day(DAY)
    store.brand.forget_day(DAY)
    assert {1: ONE[9]} == store.brand.day(DAY)
    store.brand.forget_day(DAY + 1)


def test_a_day_tally_has_no_hours_any_more() -> None:
    """It counts in the first hour of its day; nobody asks for the hours of a day so old."""
    store = _a_store()
    store.day_tallies[DAY] = 3 * ONE[4]
    assert [(0, 3 * ONE[4])] == list(store.hours(DAY))
    assert {0: 3 * ONE[4]} == store.brand.day(DAY)


def test_a_brand_s_lifetime_is_the_sum_of_its_stores() -> None:
    """All that lies before the days that are kept."""
    share = BrandShare("Nord")
    _a_store(share, "Lyon").lifetime = 2 * ONE[1]
    _a_store(share, "Lille").lifetime = ONE[10]
    assert 2 * ONE[1] + ONE[10] == share.lifetime()


TALLIES = st.lists(st.integers(0, 5), min_size=11, max_size=11).map(from_histogram)
SAYINGS = st.tuples(
    st.integers(0, 2), st.integers(DAY, DAY + 2), st.dictionaries(st.integers(0, 23), TALLIES, max_size=3)
)


@settings(deadline=None, max_examples=150)
@given(st.lists(SAYINGS, max_size=20), st.lists(st.tuples(st.integers(0, 2), TALLIES), max_size=5))
def test_a_brand_is_the_merge_of_what_its_shards_said_last(
    said: list[tuple[int, int, dict[int, int]]], lifetimes: list[tuple[int, int]]
) -> None:
    """Replacing absolutes, any number of times, gives the sum of the last ones."""
    total = BrandTotal("Nord")
    last: dict[tuple[int, int], dict[int, int]] = {}
    for shard, day, hours in said:
        before = last.get((shard, day), {})
        assert (hours != before) == total.replace(shard, day, hours)
        assert not total.replace(shard, day, hours)
        last[shard, day] = hours
    old: dict[int, int] = {}
    for shard, tally in lifetimes:
        assert (old.get(shard, 0) != tally) == total.replace_lifetime(shard, tally)
        old[shard] = tally
    by_hour = Counter[int]()
    for (_, day), hours in last.items():
        for hour, tally in hours.items():
            by_hour[day * 24 + hour] += tally
    assert sum(by_hour.values()) + sum(old.values()) == total.rolling.total
    as_of = (DAY + 2) * 24 + 12
    expected = sum(tally for hour, tally in by_hour.items() if as_of - 24 < hour <= as_of)
    assert expected == total.windows(as_of * 3600)[0]
    assert sum(by_hour.values()) == total.windows((DAY + 2) * 86_400)[1]


def test_a_brand_has_the_key_of_its_name_and_a_store_of_both() -> None:
    """As the records of the scores are keyed."""
    assert b"Nord" == BrandTotal("Nord").key
    assert "Nord|Été".encode() == _a_store(name="Été").key


def test_votes_in_a_full_page_of_a_restored_day_start_a_segment() -> None:
    """A page that was full when it was packed takes no further vote."""
    store = _restored([_packed_votes(range(VOTES_MAX))])
    page = _vote(store, VOTES_MAX + 7)
    assert b"p|Nord|Lyon|20500|1" == page.key
    assert isinstance(store.pages[DAY], Segments)
    assert VOTES_MAX + 1 == sum(len(unpack(b"", row).votes) for row in _packed(store))


def test_the_histogram_of_many_pages_is_their_sum() -> None:
    """A store's total after a restore is that of its votes."""
    store = _restored([_packed_votes(range(VOTES_MAX), score=3), _packed_votes(range(100, 120), score=10)])
    assert (0, 0, 0, VOTES_MAX, 0, 0, 0, 0, 0, 0, 20) == histogram(store.rolling.total)
