"""Pages: the packed form is the row in the changelog, so its bytes stay as they are."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.page import ROW_VERSION, VOTES_MAX, NewerRow, Page, hours_of, tally_of, unpack
from streams.domain.tally import ONE
from streams.domain.vote import COUNTS, DELETED, EXCLUDED, MUTED, NO_ANSWER, OFFSET_MAX, RAISED, Versions, new_vote

_GOLDEN = Path(__file__).parent / "golden" / "page.v1.hex"
_VERSION = st.integers(-1, 2**53 - 1)


@st.composite
def pages(draw: st.DrawFn) -> Page:
    """Any page that can come about."""
    page = Page(b"p|Nord|Lyon|20000|0")
    for identity in draw(st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=VOTES_MAX)):
        score = draw(st.sampled_from([*range(11), NO_ANSWER]))
        flags = draw(st.sampled_from([0, EXCLUDED, DELETED, EXCLUDED | DELETED, MUTED, RAISED]))
        page.put(identity, new_vote(score, draw(st.integers(0, 1439)), draw(st.integers(0, OFFSET_MAX))) | flags)
        if draw(st.booleans()):
            page.versions[identity] = Versions(draw(_VERSION), draw(_VERSION), draw(_VERSION))
    return page


def _a_page() -> Page:
    """A page with each thing that a page can hold."""
    page = Page(b"p|Nord|Lyon|20000|0")
    page.put(0x0102030405060708, new_vote(10, 0, 0))
    page.put(0xFFFFFFFFFFFFFFFF, new_vote(0, 1439, OFFSET_MAX) | RAISED)
    page.put(0x8000000000000000, new_vote(NO_ANSWER, 61, 7) | EXCLUDED)
    page.put(1, new_vote(7, 62, 8) | DELETED | MUTED)
    page.versions = {0x8000000000000000: Versions(excluded=2**53 - 1), 1: Versions(3, -1, 4)}
    return page


@given(pages())
def test_a_page_comes_back_from_its_packed_form(page: Page) -> None:
    """Votes, their order and their versions."""
    back = unpack(page.key, page.pack())
    assert (page.key, page.votes, page.versions) == (back.key, back.votes, back.versions)
    assert list(page.votes) == list(back.votes)
    assert page.pack() == back.pack()
    assert not back.dirty


@given(pages())
def test_the_tally_of_a_packed_page_needs_no_unpacking(page: Page) -> None:
    """It is the sum over its votes."""
    assert sum(COUNTS[vote & 0xFF] for vote in page.votes.values()) == tally_of(page.pack())


@given(pages())
def test_the_hours_of_a_page_are_those_of_its_votes(page: Page) -> None:
    """Packed or not; a vote that does not count is in no hour."""
    expected = [(vote // 256 % 2048 // 60, COUNTS[vote % 256]) for vote in page.votes.values() if COUNTS[vote % 256]]
    assert expected == list(hours_of(page)) == list(hours_of(page.pack()))
    assert tally_of(page.pack()) == sum(one for _, one in expected)


def test_row_version_1_stays_as_it_was_written() -> None:
    """A row that an older release wrote is read to the end of days: the bytes in the file never change."""
    row = bytes.fromhex(_GOLDEN.read_text())
    assert row == _a_page().pack()
    back = unpack(b"p|Nord|Lyon|20000|0", row)
    assert (_a_page().votes, _a_page().versions) == (back.votes, back.versions)
    assert ONE[10] + ONE[0] == tally_of(row)
    assert [(0, ONE[10]), (23, ONE[0])] == list(hours_of(row))


def test_a_page_takes_16_bytes_a_vote_and_three_more() -> None:
    """Versions cost what they hold, and only where there are any."""
    page = _a_page()
    assert 3 + 4 * 16 + 2 * 26 == len(page.pack())
    page.versions = {}
    assert 3 + 4 * 16 == len(page.pack())


def test_a_vote_that_is_put_again_keeps_its_place() -> None:
    """A page changes where its vote is; nothing else moves."""
    page = _a_page()
    page.put(0xFFFFFFFFFFFFFFFF, new_vote(8, 1439, 3))
    assert (4, new_vote(8, 1439, 3), None) == (len(page.votes), page.get(0xFFFFFFFFFFFFFFFF), page.get(2))
    assert list(_a_page().votes) == list(page.votes)
    assert ONE[10] + ONE[8] == tally_of(page.pack())


def test_an_empty_page_is_three_bytes() -> None:
    """It stands where a page was dropped."""
    assert bytes((ROW_VERSION, 0, 0)) == Page(b"k").pack()
    assert {} == unpack(b"k", Page(b"k").pack()).votes


def test_a_row_of_a_later_release_is_refused() -> None:
    """By whatever would look into it."""
    row = bytes((ROW_VERSION + 1,)) + _a_page().pack()[1:]
    with pytest.raises(NewerRow, match="row version 2; this release knows 1"):
        unpack(b"k", row)
    with pytest.raises(NewerRow):
        tally_of(row)
    with pytest.raises(NewerRow):
        list(hours_of(row))
