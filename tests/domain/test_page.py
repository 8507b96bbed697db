"""Pages: the packed form is the row in the changelog, so its bytes stay as they are."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.follow import GENERATION_MAX, LEGACY, SEQUENCE_MAX, AlertState, unpack_alert
from streams.domain.page import (
    FIRST_ROW_VERSION,
    ROW_VERSION,
    VOTES_MAX,
    NewerRow,
    Page,
    Trace,
    hours_of,
    tally_of,
    unpack,
)
from streams.domain.tally import ONE
from streams.domain.vote import (
    COMMENTED,
    COUNTS,
    DELETED,
    EXCLUDED,
    FORGOTTEN,
    KIOSK,
    MUTED,
    NO_ANSWER,
    OFFSET_MAX,
    RAISED,
    Versions,
    new_vote,
)

_KEY = b"p|Nord|Lyon|20000|0"
_GOLDEN = Path(__file__).parent / "golden"
_VERSION = st.integers(-1, 2**53 - 1)
_OFFSET = st.integers(-1, OFFSET_MAX)
_FLAGS = (EXCLUDED, DELETED, MUTED, RAISED, KIOSK, FORGOTTEN, COMMENTED)
_ALERTS = st.builds(
    AlertState,
    generation=st.integers(0, GENERATION_MAX),
    sequence=st.integers(1, SEQUENCE_MAX),
    is_open=st.booleans(),
    comment=st.integers(0, 2**64 - 1),
    customer=st.integers(0, 2**32 - 1),
    consent=st.booleans(),
    requested=st.booleans(),
)


@st.composite
def pages(draw: st.DrawFn) -> Page:
    """Any page that can come about: each vote with or without an alert, versions and a trace."""
    page = Page(_KEY)
    for identity in draw(st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=12)):
        vote = new_vote(
            draw(st.sampled_from([*range(11), NO_ANSWER])), draw(st.integers(0, 1439)), draw(st.integers(0, OFFSET_MAX))
        )
        vote |= sum(draw(st.sets(st.sampled_from(_FLAGS))))
        page.put(identity, vote, draw(_ALERTS) if vote & RAISED else None)
        if draw(st.booleans()):
            page.versions[identity] = Versions(draw(_VERSION), draw(_VERSION), draw(_VERSION))
        if draw(st.booleans()):
            page.traces[identity] = Trace(draw(st.integers(0, 2**16 - 1)), draw(_OFFSET), draw(_OFFSET))
    return page


_FIRST_RAISED = AlertState(
    0, 1, is_open=True, comment=0x1122334455667788, customer=0x99AABBCC, consent=True, requested=False
)
_LAST_RAISED = AlertState(
    GENERATION_MAX, SEQUENCE_MAX, is_open=False, comment=0, customer=0, consent=False, requested=True
)


def _a_page_of_the_first_release() -> Page:
    """A page with each thing that a page could hold then."""
    page = Page(_KEY)
    page.put(0x0102030405060708, new_vote(10, 0, 0))
    page.put(0xFFFFFFFFFFFFFFFF, new_vote(0, 1439, OFFSET_MAX) | RAISED, unpack_alert(LEGACY))
    page.put(0x8000000000000000, new_vote(NO_ANSWER, 61, 7) | EXCLUDED)
    page.put(1, new_vote(7, 62, 8) | DELETED | MUTED)
    page.versions = {0x8000000000000000: Versions(excluded=2**53 - 1), 1: Versions(3, -1, 4)}
    return page


def _a_page() -> Page:
    """A page with each thing that a page can hold."""
    page = Page(_KEY)
    page.put(0x0102030405060708, new_vote(10, 0, 0) | KIOSK)
    page.put(0xFFFFFFFFFFFFFFFF, new_vote(0, 1439, OFFSET_MAX) | RAISED | COMMENTED, _FIRST_RAISED)
    page.put(0x8000000000000000, new_vote(NO_ANSWER, 61, 7) | EXCLUDED)
    page.put(1, new_vote(7, 62, 8) | DELETED | MUTED)
    page.put(2, new_vote(3, 63, 0) | RAISED | FORGOTTEN, _LAST_RAISED)
    page.versions = {0x8000000000000000: Versions(excluded=2**53 - 1), 1: Versions(3, -1, 4)}
    page.traces = {1: Trace(1, 9, 9), 0x8000000000000000: Trace(2**16 - 1, OFFSET_MAX, -1), 2: Trace(1)}
    return page


def _all_of(page: Page) -> tuple[object, ...]:
    """What there is in a page, with the order of its votes."""
    return list(page.votes.items()), page.alerts, page.versions, page.traces


@given(pages())
def test_a_page_comes_back_from_its_packed_form(page: Page) -> None:
    """Votes, their order, their alerts, versions and traces: all combinations of what a vote may have."""
    back = unpack(page.key, page.pack())
    assert page.key == back.key
    assert _all_of(page) == _all_of(back)
    assert page.pack() == back.pack()
    assert not back.dirty
    for identity, vote in page.votes.items():
        assert (vote, page.alerts.get(identity)) == (back.get(identity), back.alert(identity))


def test_a_full_page_comes_back_as_well() -> None:
    """With an alert, versions and a trace for each of its votes."""
    page = Page(_KEY)
    for identity in range(VOTES_MAX):
        page.put(identity, new_vote(identity % 7, identity, identity) | RAISED, _LAST_RAISED._replace(comment=identity))
        page.versions[identity], page.traces[identity] = Versions(identity), Trace(identity)
    assert _all_of(page) == _all_of(unpack(_KEY, page.pack()))
    assert 3 + 2 + VOTES_MAX * (16 + 16 + 26 + 20) == len(page.pack())


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


@pytest.mark.parametrize(
    ("golden", "page"),
    [("page.v1.hex", _a_page_of_the_first_release()), ("page.v2.hex", _a_page())],
    ids=["version 1", "version 2"],
)
def test_rows_stay_as_they_were_written(golden: str, page: Page) -> None:
    """A row that an older release wrote is read to the end of days: the bytes in the files never change."""
    row = bytes.fromhex((_GOLDEN / golden).read_text())
    assert _all_of(page) == _all_of(unpack(_KEY, row))
    assert tally_of(page.pack()) == tally_of(row)
    assert list(hours_of(page)) == list(hours_of(row))


def test_the_golden_rows_are_what_they_say() -> None:
    """One of the first release, and one of this, which this writes to the byte."""
    first, present = (bytes.fromhex((_GOLDEN / f"page.v{n}.hex").read_text()) for n in (1, 2))
    assert (FIRST_ROW_VERSION, ROW_VERSION) == (first[0], present[0])
    assert present == _a_page().pack()
    assert ONE[10] + ONE[0] == tally_of(first)
    assert [(0, ONE[10]), (23, ONE[0])] == list(hours_of(first))
    assert ONE[10] + ONE[0] + ONE[3] == tally_of(present)
    assert [(0, ONE[10]), (23, ONE[0]), (1, ONE[3])] == list(hours_of(present))


def test_a_row_of_the_first_release_is_written_as_the_present_one() -> None:
    """What it did not keep is not made up: its alert is open, and told nothing that we know of."""
    page = unpack(_KEY, bytes.fromhex((_GOLDEN / "page.v1.hex").read_text()))
    assert {0xFFFFFFFFFFFFFFFF: unpack_alert(LEGACY)} == page.alerts
    assert {} == page.traces
    row = page.pack()
    assert ROW_VERSION == row[0]
    assert _all_of(page) == _all_of(unpack(_KEY, row))


def test_a_page_takes_16_bytes_a_vote_16_an_alert_and_three_more() -> None:
    """Versions and traces cost what they hold, and only where there are any."""
    page = _a_page()
    assert 3 + 5 * 16 + 2 * 16 + 2 + 2 * 26 + 3 * 20 == len(page.pack())
    page.traces = {}
    assert 3 + 5 * 16 + 2 * 16 + 2 + 2 * 26 == len(page.pack())
    page.versions = {}
    assert 3 + 5 * 16 + 2 * 16 == len(page.pack())


def test_a_vote_that_is_put_again_keeps_its_place() -> None:
    """A page changes where its vote is; nothing else moves."""
    page = _a_page()
    page.put(0x0102030405060708, new_vote(8, 1439, 3))
    assert (5, new_vote(8, 1439, 3), None) == (len(page.votes), page.get(0x0102030405060708), page.get(3))
    assert list(_a_page().votes) == list(page.votes)
    assert _a_page().alerts == page.alerts
    assert ONE[8] + ONE[0] + ONE[3] == tally_of(page.pack())


@given(pages(), st.data())
def test_alerts_stay_with_their_votes(page: Page, data: st.DataObject) -> None:
    """Whichever of them is raised next or changes, in whatever order: the column of alerts follows the votes."""
    votes, alerts = dict(page.votes), dict(page.alerts)
    for _ in range(data.draw(st.integers(0, 5)) if votes else 0):
        identity = data.draw(st.sampled_from(list(votes)))
        raised = identity in alerts or data.draw(st.booleans())
        votes[identity] = votes[identity] ^ COMMENTED | (RAISED if raised else 0)
        if raised:
            alerts[identity] = data.draw(_ALERTS)
        page.put(identity, votes[identity], alerts.get(identity))
    assert (votes, alerts) == (page.votes, page.alerts)
    assert {identity: page.alert(identity) for identity in votes} == {
        identity: alerts.get(identity) for identity in votes
    }
    assert _all_of(page) == _all_of(unpack(_KEY, page.pack()))


def test_an_alert_and_its_vote_say_the_same() -> None:
    """A vote that raised one has it, another has none, and what was raised stays raised: else it is our own bug."""
    page = _a_page()
    for vote, alert in ((new_vote(3, 0, 0) | RAISED, None), (new_vote(3, 0, 0), _FIRST_RAISED)):
        with pytest.raises(AssertionError):
            page.put(9, vote, alert)
    with pytest.raises(AssertionError):
        page.put(2, new_vote(3, 0, 0))


def test_a_trace_counts_and_points_at_the_last() -> None:
    """A mark is also a correction; the number stops at the end of its bits."""
    once = Trace().then(17, is_mark=False)
    assert (Trace(1, 17, -1), Trace(2, 18, 18), Trace(3, 19, 18)) == (
        once,
        once.then(18, is_mark=True),
        once.then(18, is_mark=True).then(19, is_mark=False),
    )
    full = Trace(2**16 - 1, 5, 5)
    assert Trace(2**16 - 1, 6, 5) == full.then(6, is_mark=False)


def test_the_trace_of_a_forgotten_response_leads_nowhere() -> None:
    """It still says how often something changed, and still fits its bits."""
    assert Trace(4) == Trace(3, 19, 18).then_nowhere()
    assert Trace(2**16 - 1) == Trace(2**16 - 1, 5, 5).then_nowhere()
    page = Page(_KEY)
    page.put(1, new_vote(3, 0, 0) | FORGOTTEN)
    page.traces[1] = Trace(2**16 - 1, 5, 5).then_nowhere()
    assert _all_of(page) == _all_of(unpack(_KEY, page.pack()))


def test_an_empty_page_is_three_bytes() -> None:
    """It stands where a page was dropped."""
    assert bytes((ROW_VERSION, 0, 0)) == Page(b"k").pack()
    assert {} == unpack(b"k", Page(b"k").pack()).votes


@pytest.mark.parametrize("version", [0, ROW_VERSION + 1, 255])
def test_a_row_of_a_later_release_is_refused(version: int) -> None:
    """By whatever would look into it."""
    row = bytes((version,)) + _a_page().pack()[1:]
    with pytest.raises(NewerRow, match=f"row version {version}; this release knows 1 to 2"):
        unpack(b"k", row)
    with pytest.raises(NewerRow):
        tally_of(row)
    with pytest.raises(NewerRow):
        list(hours_of(row))
