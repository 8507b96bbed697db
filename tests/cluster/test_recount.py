"""What is behind a number adds up to that number, however it came about."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.agents.scoring import score_output
from streams.agents.trends import trend_output
from streams.cluster.explanation import AlertOf, Explanation, Marks, Vote
from streams.cluster.recount import explain_rows
from streams.cluster.rows import Selection
from streams.cluster.span import span_of
from streams.domain.page import ROW_VERSION, NewerRow
from streams.domain.period import DAYS, MONTHS, WEEKS, Period
from streams.domain.store import DAY_TALLY_DAYS, RETENTION_DAYS, Subject
from streams.domain.window import WINDOWS, WindowName
from streams.events.rejected import Rejected
from streams.events.score import WindowFigures, decode_score
from streams.events.trend import decode_trend
from tests.agents.desk import NOW_MS, NOW_S, Desk
from tests.builders import response
from tests.cluster.history import BRANDS, DAY_MS, STORES, later, selected, settled, take_corrections

EVENTS = ("created", "updated", "deleted", "excluded", "restored", "forget_identity", "forget_all")
HOUR_MS = 3_600_000


def explained(desk: Desk, brand: str, store: str | None, window: WindowName, as_of_s: int) -> Explanation:
    """What is behind a number, by the changelog of a shard."""
    rows = selected(desk, brand, store, window, as_of_s)
    return explain_rows(brand, store, window, as_of_s, rows)[0]


def published(subject: Subject, as_of_s: int) -> dict[WindowName, WindowFigures]:
    """What a worker would publish at an instant."""
    score = decode_score(score_output(subject, as_of_s).value or b"")
    assert not isinstance(score, Rejected)
    return score.windows


def assert_adds_up(found: Explanation, figures: WindowFigures) -> None:
    """All parts of an explanation say the same as the figures that were published."""
    assert figures == found.figures
    days = [*found.days, *([found.before_days] if found.before_days else [])]
    for parts in (days, found.stores if found.store is None else days):
        assert figures.n == sum(part.n for part in parts)
        assert figures.promoters == sum(part.promoters for part in parts)
        assert figures.detractors == sum(part.detractors for part in parts)
    if found.store is None and figures.nps is not None:
        assert figures.nps == pytest.approx(sum(share.points for share in found.stores), abs=1e-9)
        assert 1 == pytest.approx(sum(share.share for share in found.stores))


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Events of a few responses of a few stores, in any order; `days` back and `hours` are when it was submitted."""
    event = st.fixed_dictionaries(
        {
            "brand": st.sampled_from(BRANDS),
            "store": st.sampled_from(STORES),
            "response_id": st.sampled_from("abcdef"),
            "event": st.sampled_from(EVENTS),
            "score": st.integers(0, 10),
            "days": st.sampled_from((0, 0, 1, 2, 6, 7, 29, 30, 60, 89, 90, 364, 365, 366, 395)),
            "hours": st.integers(0, 11),
        }
    )
    return draw(st.lists(event, max_size=60))


@given(history=histories(), hours_later=st.integers(0, 60))
@settings(deadline=None, max_examples=60)
def test_every_number_is_the_published_one(history: list[dict[str, Any]], hours_later: int) -> None:
    """Of every store and brand, in every window, compared windows included, at any hour."""
    desk = Desk()
    desk.take(
        *(
            response(NOW_MS - days * DAY_MS - hours * HOUR_MS, **fields)
            for fields in history
            for days, hours in [(fields.pop("days"), fields.pop("hours"))]
        )
    )
    settled(desk)
    as_of_s = int(NOW_S) + hours_later * 3600
    for brand, share in desk.ledger.brands.items():
        for window in WINDOWS:
            for name, store in share.stores.items():
                found = explained(desk, brand, name, window, as_of_s)
                assert_adds_up(found, published(store, as_of_s)[window])
                assert found.figures.n == sum(vote.counts for vote in found.votes)
            whole = explained(desk, brand, None, window, as_of_s)
            assert_adds_up(whole, published(desk.ledger.total(brand), as_of_s)[window])


@given(
    changes=st.lists(
        st.tuples(
            st.integers(0, 70),  # day of arrival
            st.integers(0, 70),  # submitted so many days before
            st.sampled_from(STORES),
            st.sampled_from("abcd"),
            st.sampled_from(("created", "updated", "deleted", "excluded")),
            st.integers(0, 10),
        ),
        max_size=40,
    ),
    window=st.sampled_from(WINDOWS),
)
@settings(deadline=None, max_examples=150)
def test_what_was_restated_is_what_the_trends_say(
    changes: list[tuple[int, int, str, str, str, int]], window: WindowName
) -> None:
    """Of every store and of the brand: what a period was when it became final, and what it is now."""
    desk = Desk()
    for day, before, store, response_id, event, score in sorted(changes):
        at_ms = NOW_MS + day * DAY_MS
        submitted_ms = at_ms - before * DAY_MS
        desk.take(response(submitted_ms, store=store, response_id=response_id, event=event, score=score), at_ms=at_ms)
    settled(desk)
    as_of_s = int(NOW_S) + 71 * 86_400
    for brand, share in desk.ledger.brands.items():
        for subject in (*share.stores.values(), desk.ledger.total(brand)):
            trend = decode_trend(trend_output(subject, as_of_s).value or b"")
            assert not isinstance(trend, Rejected)
            found = explained(desk, brand, subject.store_name, window, as_of_s)
            span = span_of(window, as_of_s)
            expected = [
                (calendar.granularity, was.period, was.n, was.promoters, was.detractors, n)
                for calendar, series in ((DAYS, trend.days), (WEEKS, trend.weeks), (MONTHS, trend.months))
                for number, n in zip(calendar.shown_at(as_of_s // 86_400), series.n, strict=True)
                for was in series.restated
                if was.period == calendar.name(number) and any(map(span.has_day, Period(calendar, number).days))
            ]
            oldest = DAYS.name(DAYS.shown_at(as_of_s // 86_400).start)
            assert expected == [
                (one.granularity, one.period, one.was.n, one.was.promoters, one.was.detractors, one.now.n)
                for one in found.restated
                if one.granularity != "day" or one.period >= oldest
            ]


def test_folded_days_are_in_it_as_long_as_they_are_kept_and_then_in_one_sum() -> None:
    """Rows of day tallies and of the lifetime are read as the ledger writes them."""
    desk = Desk()
    desk.take(*(response(NOW_MS, response_id=f"r-{n}", score=n % 11) for n in range(150)))
    settled(desk)
    for days, of_days in ((RETENTION_DAYS + 2, 150), (DAY_TALLY_DAYS + 2, 0)):
        as_of_s = later(desk, [days])
        store = desk.ledger.store("Nord", "Lyon")
        assert store is not None
        found = explained(desk, "Nord", "Lyon", "all", as_of_s)
        assert_adds_up(found, published(store, as_of_s)["all"])
        assert of_days == sum(day.n for day in found.days)
        assert [] == found.votes
        whole = explained(desk, "Nord", None, "365d", as_of_s)
        assert_adds_up(whole, published(desk.ledger.total("Nord"), as_of_s)["365d"])


def test_every_vote_says_why_it_counts_or_not_and_where_it_came_from() -> None:
    """Offsets of the answer, of the last correction, of the last mark; none once the person is forgotten."""
    desk = Desk()
    take_corrections(desk)
    settled(desk)
    found = explained(desk, "Nord", "Lyon", "30d", int(NOW_S))
    plain: dict[str, Any] = {
        "submitted_at": "2026-03-01T12:00Z",
        "counts": True,
        "because": [],
        "forgotten": False,
        "muted": False,
        "kiosk": False,
        "alert": None,
        "corrections": 0,
        "corrected_offset": None,
        "marked_offset": None,
    }
    closed = {"alert": AlertOf(0, 2, open=False), "corrections": 1}
    forgotten = {**closed, "forgotten": True, "answer_offset": None}
    muted = {"submitted_at": "2026-02-21T12:00Z", "score": 4, "muted": True, "kiosk": True, "answer_offset": 12}
    expected: list[dict[str, Any]] = [
        muted,
        {"score": 10, "answer_offset": 0},
        {"score": 9, "answer_offset": 2, "corrected_offset": 2, **closed},
        {
            "score": 0,
            "answer_offset": 3,
            "corrected_offset": 4,
            "marked_offset": 4,
            **closed,
            "counts": False,
            "because": ["excluded"],
        },
        {
            "score": 1,
            "answer_offset": 5,
            "corrected_offset": 6,
            "marked_offset": 6,
            **closed,
            "counts": False,
            "because": ["deleted"],
        },
        {"score": 2, **forgotten},
        {"score": 2, **forgotten, "counts": False, "because": ["deleted"]},
        {
            "score": None,
            "counts": False,
            "because": ["no_answer", "excluded"],
            "corrections": 1,
            "answer_offset": None,
            "corrected_offset": 11,
            "marked_offset": 11,
        },
    ]
    assert [Vote(**{**plain, **one}) for one in expected] == found.votes
    marks = Marks(corrected=6, no_answer=1, excluded=2, deleted=2, forgotten=2, muted=1)
    assert marks == found.marks
    assert marks == explained(desk, "Nord", None, "30d", int(NOW_S)).marks


def test_a_store_is_told_from_others_that_begin_alike_and_what_is_unknown_is_nothing() -> None:
    """Keys are compared up to the bar behind the name."""
    desk = Desk()
    desk.take(*(response(NOW_MS, brand=brand, store=store) for brand in BRANDS for store in STORES))
    settled(desk)
    for store in STORES:
        assert {store} == selected(desk, "Nord", store, "all", int(NOW_S)).stores.keys()
    assert set(STORES) == selected(desk, "Nord", None, "all", int(NOW_S)).stores.keys()
    assert {} == selected(desk, "Nor", None, "all", int(NOW_S)).stores
    assert {} == selected(desk, "Nord", "L", "all", int(NOW_S)).stores


def test_a_known_store_without_answers_in_the_window_is_explained() -> None:
    """N is 0 and the NPS is none, never 0."""
    desk = Desk()
    desk.take(response(NOW_MS - 100 * DAY_MS))
    settled(desk)
    found = explained(desk, "Nord", "Lyon", "7d", int(NOW_S))
    assert (0, None, [], []) == (found.figures.n, found.figures.nps, found.days, found.votes)


@pytest.mark.parametrize(
    "row",
    [
        (b"p|Nord|Lyon|20513|0", bytes((ROW_VERSION + 1,)) + bytes(2)),
        (b"d|Nord|Lyon|20513", bytes((2,)) + bytes(44)),
        (b"l|Nord|Lyon", bytes((2,)) + bytes(48)),
    ],
)
def test_a_row_of_a_later_release_is_refused(row: tuple[bytes, bytes]) -> None:
    """Never guessed at."""
    selection = Selection("Nord", "Lyon", lambda day: True)

    def explain() -> None:
        selection.take(*row, 0)
        explain_rows("Nord", "Lyon", "all", int(NOW_S), selection)

    with pytest.raises(NewerRow):
        explain()
