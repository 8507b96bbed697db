"""The figures of `nps.scores` summed once more, from the rows of the state, with all that they are made of.

Nothing of the way that a worker takes to them is gone again: no running sums, no hand-over between shards.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import repeat
from typing import Final, NamedTuple

from streams.cluster.explanation import AlertOf, Because, Day, Explanation, Marks, Restated, Said, Share, Vote
from streams.cluster.rows import Selection, StoreRows
from streams.cluster.span import ALWAYS, Span, compared_with, span_of, with_whole_periods
from streams.domain.comparison import LOW_CONFIDENCE_N, change_between, mean_of
from streams.domain.follow import AlertState
from streams.domain.identity import iso_day
from streams.domain.page import Trace, hours_of, tally_of, unpack
from streams.domain.period import CALENDARS, MONTHS, Period
from streams.domain.tally import figures, histogram
from streams.domain.vote import (
    DELETED,
    EXCLUDED,
    FORGOTTEN,
    KIOSK,
    MINUTE_MASK,
    MINUTE_SHIFT,
    MUTED,
    NO_ANSWER,
    OFFSET_SHIFT,
    SCORE_MASK,
)
from streams.domain.window import HOUR_S, HOURS, WindowName
from streams.events.score import Comparison, WindowFigures
from streams.events.time import rfc3339_ms

_ODD: Final = EXCLUDED | DELETED | MUTED | FORGOTTEN


class Seen(NamedTuple):
    """A vote with the day and the identity of its response."""

    day: int
    identity: int
    vote: Vote


def explain_rows(
    brand: str, store: str | None, window: WindowName, as_of_s: int, rows: Selection
) -> tuple[Explanation, list[Seen]]:
    """What rows say of a window at an instant (s since the epoch), and, of a store, every vote in it. NewerRow."""
    span, stores = span_of(window, as_of_s), rows.stores
    is_all = span == ALWAYS
    days_of = {name: tallies_in(of_store, span) for name, of_store in stores.items()}
    lifetime_of = {name: of_store.lifetime if is_all else 0 for name, of_store in stores.items()}
    days: dict[int, int] = {}
    for tallies in days_of.values():
        for day, tally in tallies.items():
            days[day] = days.get(day, 0) + tally
    lifetime = sum(lifetime_of.values())
    total = sum(days.values()) + lifetime
    compared = compared_with(window, span)
    then = None if compared is None else [_sum(stores, other) for other in compared]
    seen = [] if store is None else votes_in(stores[store], span)
    explanation = Explanation(
        brand=brand,
        store=store,
        window=window,
        as_of=rfc3339_ms(as_of_s * 1000),
        since=None if is_all else rfc3339_ms(span.first_hour * HOUR_S * 1000),
        until=None if is_all else rfc3339_ms((span.last_hour + 1) * HOUR_S * 1000),
        partition=None if store is None else stores[store].partition,
        figures=figures_of(total, then),
        days=[_day(iso_day(day), days[day]) for day in sorted(days) if days[day]],
        before_days=_day("before", lifetime) if lifetime else None,
        restated=restated_in(rows, span),
        marks=marks_in(stores.values(), span),
        stores=[] if store is not None else _shares(stores, days_of, lifetime_of, total),
        votes=[one.vote for one in seen],
    )
    return explanation, seen


def wanted_days(window: WindowName, as_of_s: int) -> tuple[Span, ...]:
    """The spans whose days an explanation needs: also those of the weeks and months that reach into its window."""
    span = span_of(window, as_of_s)
    return span, with_whole_periods(span), *(compared_with(window, span) or ())


def tallies_in(rows: StoreRows, span: Span) -> dict[int, int]:
    """The tally of each day of a store, as far as it lies in a span."""
    days: dict[int, int] = {}
    for (day, _), page in rows.pages.items():
        if not span.has_day(day):
            continue
        if span.has_whole_day(day):
            tally = tally_of(page)
        else:
            first, last = span.first_hour - day * HOURS, span.last_hour - day * HOURS
            tally = sum(one for hour, one in hours_of(page) if first <= hour <= last)
        days[day] = days.get(day, 0) + tally
    for day, tally in rows.day_tallies.items():
        if span.has_whole_day(day):
            days[day] = days.get(day, 0) + tally
    return days


def restated_in(rows: Selection, span: Span) -> list[Restated]:
    """The periods that have a day in a span and said something else when they became final."""
    kept = rows.finals
    if not kept:
        return []
    periods = {
        calendar.holding(day)
        for finals in kept.values()
        for month in finals.slots
        for day in Period(MONTHS, month).days
        for calendar in CALENDARS
        if any(span.has_day(of_period) for of_period in calendar.holding(day).days)
    }
    days: dict[int, dict[int, int]] = {}
    for store in rows.stores.values():
        of_partition = days.setdefault(store.partition, {})
        for day, tally in tallies_in(store, ALWAYS).items():
            of_partition[day] = of_partition.get(day, 0) + tally
    restated = []
    for period in sorted(periods, key=lambda one: (CALENDARS.index(one.calendar), one.number)):
        now = {number: sum(map(of.get, period.days, repeat(0))) for number, of in days.items()}
        finals = {number: one.final(period) for number, one in kept.items()}
        was = {number: tally for number, tally in finals.items() if tally is not None}
        final = sum({**now, **was}.values())
        if was and final:
            restated.append(
                Restated(
                    granularity=period.calendar.granularity,
                    period=period.name,
                    was=_said(final),
                    now=_said(sum(now.values())),
                )
            )
    return restated


def figures_of(tally: int, then: list[int] | None) -> WindowFigures:
    """The figures of a window as they are published, compared with the tallies of the two others."""
    now = figures(tally)
    previous = year_ago = None
    if then is not None:
        previous, year_ago = (
            Comparison(other.n, other.nps, other.low, other.high, *change_between(now, other))
            for other in map(figures, then)
        )
    is_few = now.n < LOW_CONFIDENCE_N
    return WindowFigures(*now, histogram(tally), mean_of(tally), is_few, previous, year_ago)


def votes_in(rows: StoreRows, span: Span) -> list[Seen]:
    """Every vote of a store in a span, in the order of submission, whether it counts or not."""
    seen: list[tuple[int, int, Seen]] = []
    for (day, _), row in rows.pages.items():
        if not span.has_day(day):
            continue
        page = unpack(b"", row)
        alerts = page.alerts
        for identity, vote in page.votes.items():
            if span.first_hour <= _hour(day, vote) <= span.last_hour:
                minute = vote >> MINUTE_SHIFT & MINUTE_MASK
                told = _vote(day, minute, vote, alerts.get(identity), page.traces.get(identity, Trace()))
                seen.append((day, minute, Seen(day, identity, told)))
    seen.sort(key=lambda one: one[:2])
    return [one for _, _, one in seen]


def _vote(day: int, minute: int, vote: int, alert: AlertState | None, trace: Trace) -> Vote:
    score = vote & SCORE_MASK
    set_at = None if vote & FORGOTTEN else vote >> OFFSET_SHIFT
    is_answered = score != NO_ANSWER
    because = list(_because(vote))
    return Vote(
        submitted_at=f"{iso_day(day)}T{minute // 60:02d}:{minute % 60:02d}Z",
        score=score if is_answered else None,
        counts=not because,
        because=because,
        forgotten=bool(vote & FORGOTTEN),
        muted=bool(vote & MUTED),
        kiosk=bool(vote & KIOSK),
        alert=None if alert is None else AlertOf(alert.generation, alert.sequence, alert.is_open),
        corrections=trace.corrections,
        answer_offset=set_at if is_answered else None,
        corrected_offset=trace.corrected_at if trace.corrected_at >= 0 else None,
        marked_offset=trace.marked_at if trace.marked_at >= 0 else None if is_answered else set_at,
    )


def _because(vote: int) -> Iterator[Because]:
    if vote & SCORE_MASK == NO_ANSWER:
        yield "no_answer"
    if vote & EXCLUDED:
        yield "excluded"
    if vote & DELETED:
        yield "deleted"


def marks_in(stores: Iterable[StoreRows], span: Span) -> Marks:
    """How many votes of some stores in a span are not plain answers; a brand may have millions that are."""
    corrected = no_answer = excluded = deleted = forgotten = muted = 0
    pages = ((day, page) for rows in stores for (day, _), page in rows.pages.items() if span.has_day(day))
    for day, row in pages:
        page = unpack(b"", row)
        is_whole = span.has_whole_day(day)
        for identity, vote in page.votes.items():
            is_answered = vote & SCORE_MASK != NO_ANSWER
            if is_answered and not vote & _ODD and identity not in page.traces:
                continue
            if not is_whole and not span.first_hour <= _hour(day, vote) <= span.last_hour:
                continue
            corrected += identity in page.traces
            no_answer += not is_answered
            excluded += bool(vote & EXCLUDED)
            deleted += bool(vote & DELETED)
            forgotten += bool(vote & FORGOTTEN)
            muted += bool(vote & MUTED)
    return Marks(
        corrected=corrected,
        no_answer=no_answer,
        excluded=excluded,
        deleted=deleted,
        forgotten=forgotten,
        muted=muted,
    )


def _hour(day: int, vote: int) -> int:
    return day * HOURS + (vote >> MINUTE_SHIFT & MINUTE_MASK) // 60


def _sum(stores: Mapping[str, StoreRows], span: Span) -> int:
    return sum(sum(tallies_in(rows, span).values()) for rows in stores.values())


def _said(tally: int) -> Said:
    return Said(*figures(tally)[:5])


def _day(name: str, tally: int) -> Day:
    n, promoters, passives, detractors, nps, *_ = figures(tally)
    return Day(day=name, n=n, promoters=promoters, passives=passives, detractors=detractors, nps=nps)


def _shares(
    stores: Mapping[str, StoreRows], days_of: Mapping[str, dict[int, int]], lifetime_of: Mapping[str, int], total: int
) -> list[Share]:
    """The stores that have answers, the heaviest part of the figure first."""
    of_all = figures(total).n
    shares = []
    for name, rows in stores.items():
        now = figures(sum(days_of[name].values()) + lifetime_of[name])
        if not now.n:
            continue
        shares.append(
            Share(
                store=name,
                partition=rows.partition,
                n=now.n,
                promoters=now.promoters,
                passives=now.passives,
                detractors=now.detractors,
                nps=now.nps,
                share=now.n / of_all,
                points=100 * (now.promoters - now.detractors) / of_all,
            )
        )
    return sorted(shares, key=lambda share: (-share.n, share.store))
