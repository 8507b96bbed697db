"""The turnaround of cases: codes that add up, and figures in which nobody who waits is left out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.domain.life import ACTIVE, DISMISSALS, STATUSES, Status
from streams.domain.turnaround import (
    NO_CASES,
    Course,
    Span,
    Turnaround,
    Waiting,
    changed_by_time,
    codes_of,
    plain_codes,
    turnaround,
)
from tests.builders import ms

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
NOW_MS = ms("2026-03-31T12:00:00Z")
NOW_S = NOW_MS // 1000
TODAY = NOW_MS // DAY_MS


def _case(submitted_ms: int = NOW_MS - 10 * DAY_MS, *, contactable: bool = True, **course: Any) -> Course:
    """A case of ten days ago, due after 48 hours."""
    fields = {"due_ms": submitted_ms + 48 * HOUR_MS, "status": "open", **course}
    return Course(submitted_ms, contactable=contactable, **fields)


def _contacted(after_min: float, submitted_ms: int = NOW_MS - 10 * DAY_MS, **course: Any) -> Course:
    at_ms = submitted_ms + int(after_min * MINUTE_MS)
    return _case(submitted_ms, **{"status": "contacted", "contacted_ms": at_ms, **course})


def _ended(status: Status, after_min: float, submitted_ms: int = NOW_MS - 10 * DAY_MS, **course: Any) -> Course:
    at_ms = submitted_ms + int(after_min * MINUTE_MS)
    return _case(submitted_ms, **{"status": status, "ended_ms": at_ms, **course})


def _days(courses: Iterable[Course]) -> dict[int, Counter[int]]:
    days: dict[int, Counter[int]] = {}
    for course in courses:
        days.setdefault(course.submitted_ms // DAY_MS, Counter()).update(codes_of(course))
    return days


def _figures(*courses: Course, at_s: int = NOW_S) -> Turnaround:
    return turnaround(_days(courses), at_s)


def test_a_fresh_case_has_the_code_of_its_hour() -> None:
    """One look-up on the way of an alert gives what the whole case would."""
    for hour in range(24):
        for contactable in (True, False):
            course = _case(TODAY * DAY_MS + hour * HOUR_MS + 59 * MINUTE_MS, contactable=contactable)
            assert codes_of(course) == plain_codes(hour, contactable=contactable)
    assert 48 == len({plain_codes(hour, contactable=flag) for hour in range(24) for flag in (True, False)})


def test_codes_are_those_that_stand_in_rows() -> None:
    """They are handed over between shards and kept there: a number that is taken never means something else."""
    at_ms = TODAY * DAY_MS + 17 * HOUR_MS
    contacted = _contacted(130, at_ms, acknowledged_ms=at_ms + MINUTE_MS, reopened=1)
    assert (544, 2, 4, 48, 562, 129 << 5 | 20, 566) == codes_of(contacted)
    assert (544, 3, 5) == codes_of(_case(at_ms, breached_open=True))
    assert (545, 6, 72 << 5 | 17, 562, 72 << 5 | 25, 570) == codes_of(_ended("expired", 72, at_ms, contactable=False))
    assert (544, 3, 5 << 5 | 7, 49, 562, 53, 566, 57, 570) == codes_of(
        _ended("dismissed", 1, at_ms, dismissed_reason=5)
    )
    resolved = _ended("resolved", 1, at_ms, resolved_ms=at_ms + 2 * MINUTE_MS, contacted_ms=at_ms)
    assert (544, 2, 16, 562, 20, 566, 88, 570) == codes_of(resolved)
    assert (8,) == codes_of(_ended("retracted", 1, at_ms))


def test_without_cases_there_is_no_number() -> None:
    """Shares and durations of nothing are None, not 0."""
    assert NO_CASES == turnaround({}, NOW_S)
    assert NO_CASES == _figures(_case(NOW_MS - 40 * DAY_MS))
    assert (None, None) == (NO_CASES.in_time_share, NO_CASES.contact.median_s)


def test_the_figures_of_a_worked_example() -> None:
    """Five cases: contacted after 1 h and 3 h, after 50 h, waiting, and one that cannot be contacted."""
    figures = _figures(
        _contacted(60, acknowledged_ms=NOW_MS - 10 * DAY_MS + 10 * MINUTE_MS),
        _contacted(180, status="resolved", resolved_ms=NOW_MS - 9 * DAY_MS, ended_ms=NOW_MS - 9 * DAY_MS),
        _contacted(50 * 60),
        _case(breached_open=True),
        _case(contactable=False),
    )
    assert figures == Turnaround(
        cases=5,
        open=4,
        overdue=1,
        contactable=4,
        in_time=2,
        pending=0,
        in_time_share=0.5,
        not_contactable=1,
        reopened=0,
        expired=0,
        dismissed={},
        # 10 min, 3 h and 50 h of five, S = 0.8, 0.6, 0.4; of four contactable S = 0.75, 0.5, 0.25.
        acknowledge=Waiting(3, 2, figures.acknowledge.median_s, None),
        contact=Waiting(3, 1, 181 * 60 - 30, None),
        resolve=Waiting(1, 4, None, None),
    )
    assert 50 * 3600 == pytest.approx(figures.acknowledge.median_s, rel=0.008)


def test_an_open_case_is_never_left_out_of_a_duration() -> None:
    """Who counts closed cases alone says 1 h here, though six of ten have waited for ten days (survivor bias)."""
    answered = [_contacted(60)] * 4
    assert 3600 == _figures(*answered).contact.median_s
    assert Waiting(4, 6, None, None) == _figures(*answered, *[_case()] * 6).contact
    assert 0.4 == _figures(*answered, *[_case()] * 6).in_time_share


def test_a_case_that_ended_unanswered_waited_until_then() -> None:
    """Dismissed after an hour: it says nothing of the second hour, and it is no answer."""
    given_up = [_ended("dismissed", 60, dismissed_reason=1)] * 6
    before, after = _figures(_contacted(50), *given_up), _figures(_contacted(70), *given_up)
    assert Waiting(1, 0, None, None) == before.contact
    assert Waiting(1, 0, 70 * 60, 70 * 60) == after.contact
    assert ({"no_contact_wanted": 6}, 1) == (after.dismissed, after.open)


def test_dismissing_does_not_better_the_share_in_time() -> None:
    """Else a desk could dismiss what it does not get to."""
    figures = _figures(_contacted(60), _ended("dismissed", 60, dismissed_reason=0), _ended("expired", 43_200))
    assert (3, 1, 0, 1 / 3) == (figures.contactable, figures.in_time, figures.pending, figures.in_time_share)
    assert 1 == figures.expired


def test_due_is_in_time_and_later_is_not() -> None:
    """The due time is the case's own: with a business calendar it is later than 48 hours."""
    assert 1 == _figures(_contacted(48 * 60)).in_time
    assert 0 == _figures(_contacted(48 * 60 + 1 / 60_000)).in_time
    assert 1 == _figures(_contacted(90 * 60, due_ms=NOW_MS)).in_time


def test_a_case_that_still_has_time_is_pending() -> None:
    """Neither in time nor late; once the breach has fired it is late."""
    assert 1 == _figures(_case()).pending
    assert (0, 1) == (_figures(_case(breached_open=True)).pending, _figures(_case(breached_open=True)).overdue)


def test_a_retracted_case_counts_for_nothing() -> None:
    """Nobody has to answer it any more, and that it was answered is no merit."""
    assert NO_CASES == _figures(_contacted(5, status="retracted", ended_ms=NOW_MS, reopened=1))
    assert _figures(_contacted(60)) == _figures(_contacted(60), _ended("retracted", 5))


def test_who_cannot_be_contacted_is_counted_apart() -> None:
    """Waits for no contact, is neither in time nor late; acknowledged and resolved as all are."""
    figures = _figures(_ended("resolved", 30, resolved_ms=NOW_MS - 10 * DAY_MS + 30 * MINUTE_MS, contactable=False))
    assert (1, 0, 1, None) == (figures.cases, figures.contactable, figures.not_contactable, figures.in_time_share)
    assert (Waiting(0, 0, None, None), Waiting(1, 0, 1800, 1800)) == (figures.contact, figures.resolve)


def test_who_contacts_or_resolves_has_taken_the_case_up() -> None:
    """A call without a click on `acknowledge` before it is no case that nobody looks at."""
    assert Waiting(1, 0, 3600, 3600) == _figures(_contacted(60)).acknowledge
    assert Waiting(1, 0, 1200, 1200) == (
        _figures(_contacted(60, acknowledged_ms=NOW_MS - 10 * DAY_MS + 20 * MINUTE_MS)).acknowledge
    )
    resolved = _ended("resolved", 30, resolved_ms=NOW_MS - 10 * DAY_MS + 30 * MINUTE_MS)
    assert (Waiting(1, 0, 1800, 1800), Waiting(0, 0, None, None)) == (
        _figures(resolved).acknowledge,
        _figures(resolved).contact,
    )


def test_a_reopened_case_waits_again() -> None:
    """What was resolved once is open; the contact that was made stays."""
    figures = _figures(
        _contacted(60, status="reopened", reopened=2, resolved_ms=NOW_MS - 9 * DAY_MS, ended_ms=NOW_MS - 9 * DAY_MS)
    )
    assert (1, 1, 1) == (figures.reopened, figures.open, figures.in_time)
    assert (Waiting(0, 1, None, None), 1) == (figures.resolve, figures.contact.n)


def test_the_window_has_thirty_days_of_submission() -> None:
    """The present UTC day and the 29 before; nothing that lies ahead."""
    first_ms = (TODAY - 29) * DAY_MS
    assert 1 == _figures(_case(first_ms)).cases
    assert 0 == _figures(_case(first_ms - 1)).cases
    assert 1 == _figures(_case((TODAY + 1) * DAY_MS - 1)).cases
    assert 0 == _figures(_case((TODAY + 1) * DAY_MS)).cases


def test_what_was_done_before_the_submission_took_no_time() -> None:
    """Clocks of tills and of the people who answer differ."""
    assert 0 == _figures(_contacted(-5)).contact.median_s


@given(st.integers(0, 200 * 24 * 60))
def test_a_duration_is_exact_within_a_hundredth(minutes: int) -> None:
    """Whole minutes below 128, then 0.8 %."""
    found = _figures(_contacted(minutes + 0.5, due_ms=NOW_MS)).contact.median_s
    assert found is not None
    assert abs(found - minutes * 60) <= (0 if minutes < 128 else 0.008 * minutes * 60)


@given(st.integers(0, 26 * 24 * 60), st.integers(0, 26 * 24 * 60))
def test_an_open_case_is_never_taken_to_have_waited_longer_than_it_has(age_min: int, took_min: int) -> None:
    """If the other one took longer than this one is old, nothing is known of those who wait so long: no p50."""
    others = [_contacted(took_min, NOW_MS - 28 * DAY_MS + took_min % DAY_MS, due_ms=NOW_MS)]
    figures = _figures(*others, *[_case(NOW_MS - age_min * MINUTE_MS)] * 3)
    if figures.contact.median_s is None:
        # Still at risk when the other was answered, so at least as old; bins are 1.6 % wide.
        assert age_min >= took_min * 0.984 - 1
    assert 3 == figures.contact.waiting


REACHED = st.one_of(st.just(-1), st.integers(0, 40 * 24 * 60))


@st.composite
def _courses(draw: st.DrawFn) -> Course:
    """Cases of the last 33 days in any state that the fields allow."""
    submitted_ms = NOW_MS - draw(st.integers(0, 33 * 24 * 60)) * MINUTE_MS
    status = draw(st.sampled_from(STATUSES))
    ended = status not in ACTIVE
    acknowledged_ms, contacted_ms = (
        at if at < 0 else submitted_ms + at * MINUTE_MS for at in draw(st.tuples(REACHED, REACHED))
    )
    ended_ms = submitted_ms + draw(st.integers(0, 30 * 24 * 60)) * MINUTE_MS if ended else -1
    return Course(
        submitted_ms,
        submitted_ms + 48 * HOUR_MS,
        draw(st.booleans()),
        status,
        acknowledged_ms,
        contacted_ms,
        resolved_ms=ended_ms if status == "resolved" else -1,
        ended_ms=ended_ms,
        dismissed_reason=draw(st.integers(0, 5)) if status == "dismissed" else -1,
        reopened=draw(st.integers(0, 2)),
        breached_open=not ended and contacted_ms < 0 and draw(st.booleans()),
    )


@given(st.lists(_courses(), max_size=25), st.randoms())
def test_the_sum_of_parts_is_the_whole(courses: list[Course], chance: Any) -> None:
    """However the cases are spread over shards and days, the figures are those of all cases together."""
    span, parts = Span(), [[course for course in courses if chance.random() < 0.5]]
    parts.append([course for course in courses if course not in parts[0]])
    chance.shuffle(parts)
    for part in parts:
        for day, codes in _days(part).items():
            if TODAY - 30 < day <= TODAY:
                span.add(day, codes)
    assert _figures(*(course for part in parts for course in part)) == span.figures(NOW_S)
    for part in parts:
        for day, codes in _days(part).items():
            if TODAY - 30 < day <= TODAY:
                span.add(day, codes, -1)
    assert NO_CASES == span.figures(NOW_S)
    assert not any(span.counts)


@given(st.lists(_courses(), max_size=25))
def test_everything_adds_up(courses: list[Course]) -> None:
    """Every case is contactable or not; in time, pending or late; open or ended in one way."""
    seen = [each for each in courses if each.status != "retracted" and each.submitted_ms // DAY_MS > TODAY - 30]
    figures = _figures(*courses)
    ended = figures.expired + sum(figures.dismissed.values()) + figures.resolve.n
    assert len(seen) == figures.cases == figures.contactable + figures.not_contactable == figures.open + ended
    assert figures.open == figures.resolve.waiting == sum(each.ended_ms < 0 for each in seen)
    late = [each for each in seen if each.contactable and _is_late(each)]
    assert figures.contactable == figures.in_time + figures.pending + len(late)
    assert figures.overdue == sum(each.breached_open for each in seen)
    assert figures.reopened == sum(each.reopened > 0 for each in seen)
    assert set(figures.dismissed) <= set(DISMISSALS)


def _is_late(course: Course) -> bool:
    if course.contacted_ms >= 0:
        return course.contacted_ms > course.due_ms
    return course.ended_ms >= 0 or course.breached_open


@given(st.lists(_courses(), max_size=25))
def test_a_duration_is_that_of_a_recount_by_case(courses: list[Course]) -> None:
    """Each case by itself: until when it waited, and whether it was reached; then the product limit."""
    waits: dict[str, list[tuple[int, bool]]] = {"acknowledge": [], "contact": [], "resolve": []}
    for each in courses:
        if each.status == "retracted" or each.submitted_ms // DAY_MS <= TODAY - 30:
            continue
        taken_up = [at for at in (each.acknowledged_ms, each.contacted_ms, each.resolved_ms) if at >= 0]
        waits["acknowledge"].append(_wait(each, min(taken_up, default=-1)))
        waits["resolve"].append(_wait(each, each.resolved_ms))
        if each.contactable:
            waits["contact"].append(_wait(each, each.contacted_ms))
    figures = _figures(*courses)
    for name, people in waits.items():
        found: Waiting = getattr(figures, name)
        assert sum(reached for _, reached in people) == found.n
        assert (_quantile(people, 0.5), _quantile(people, 0.1)) == (found.median_s, found.p90_s)


def _wait(course: Course, reached_ms: int) -> tuple[int, bool]:
    """How long a case waited as the figures know it (s), and whether it was reached."""
    if reached_ms < 0 and course.ended_ms < 0:
        ago = NOW_MS // HOUR_MS - course.submitted_ms // HOUR_MS
        return _as_kept(60 * max(0, ago - 1)), False
    return _as_kept(((reached_ms if reached_ms >= 0 else course.ended_ms) - course.submitted_ms) // MINUTE_MS), (
        reached_ms >= 0
    )


def _as_kept(minutes: int) -> int:
    width = 1
    while minutes // width >= 128:
        width *= 2
    alike = range(minutes // width * width, minutes // width * width + width)
    return sum(alike) * 60 // len(alike)


def _quantile(people: Sequence[tuple[int, bool]], level: float) -> int | None:
    survival = 1.0
    for time in sorted({until for until, reached in people if reached}):
        survival *= 1 - people.count((time, True)) / sum(until >= time for until, _ in people)
        if survival <= level + 1e-9:
            return time
    return None


def test_time_alone_changes_what_is_known_of_those_who_wait() -> None:
    """An open case counts among those who waited for 50 hours only once it has waited so long itself."""
    submitted_ms = NOW_MS - 48 * HOUR_MS
    days = _days([_contacted(50 * 60, NOW_MS - 9 * DAY_MS), *[_case(submitted_ms)] * 2])

    def figures(as_of_s: int) -> Turnaround:
        return turnaround(days, as_of_s)

    assert figures(NOW_S).contact.median_s is not None
    assert figures(NOW_S + 4 * 3600).contact.median_s is None
    assert changed_by_time(figures, NOW_S, NOW_S + 4 * 3600)
    assert not changed_by_time(figures, NOW_S, NOW_S + 3599)
    assert not changed_by_time(figures, NOW_S, NOW_S + 2 * 3600)
    assert changed_by_time(figures, NOW_S + 10 * DAY_MS // 1000, NOW_S + 25 * DAY_MS // 1000)
