"""The score of a store or a brand as it is published."""

from streams.domain.comparison import LOW_CONFIDENCE_N, change_between, mean_of
from streams.domain.store import Subject
from streams.domain.tally import Figures, figures, histogram
from streams.domain.turnaround import NO_CASES as NO_TURNAROUND
from streams.domain.turnaround import Turnaround
from streams.domain.window import COMPARED, WindowName
from streams.engine.state import Output
from streams.events.score import NO_CASES, Comparison, FollowUp, Score, Wait, WindowFigures, encode_score
from streams.events.time import rfc3339_ms


def score_output(subject: Subject, now_s: float) -> Output:
    """The present figures of a subject; the windows end with the bucket that holds `now_s`."""
    *tallies, total = subject.windows(int(now_s))
    previous, year_ago = subject.past(int(now_s))
    # A store's longer windows often hold the same answers, and those before them often none.
    figures_of = {tally: figures(tally) for tally in {*tallies, *previous, *year_ago, total}}
    windows: dict[WindowName, WindowFigures] = {}
    said = dict[tuple[int, int, int], WindowFigures]()
    for name, compared in zip(COMPARED, zip(tallies, previous, year_ago, strict=True), strict=True):
        if compared not in said:
            said[compared] = _compared(*compared, figures_of)
        windows[name] = said[compared]
    windows["all"] = _window(total, figures_of[total], None, None)
    as_of = rfc3339_ms(int(now_s * 1000))
    follow_up = _follow_up(subject.turnaround(int(now_s)))
    brand, store = subject.brand_name, subject.store_name
    score = Score(brand=brand, store=store, as_of=as_of, windows=windows, follow_up=follow_up)
    return Output(subject.key, encode_score(score))


def _compared(tally: int, previous: int, year_ago: int, figures_of: dict[int, Figures]) -> WindowFigures:
    now = figures_of[tally]
    to_previous = _comparison(now, figures_of[previous])
    same = year_ago == previous  # often both without answers, and for 365 days always
    return _window(tally, now, to_previous, to_previous if same else _comparison(now, figures_of[year_ago]))


def _window(tally: int, now: Figures, previous: Comparison | None, year_ago: Comparison | None) -> WindowFigures:
    few = now.n < LOW_CONFIDENCE_N
    return WindowFigures(*now, histogram(tally), mean_of(tally), few, previous, year_ago)


def _comparison(now: Figures, then: Figures) -> Comparison:
    difference, z, p = change_between(now, then)
    return Comparison(then.n, then.nps, then.low, then.high, difference, z, p)


def _follow_up(turnaround: Turnaround) -> FollowUp:
    if turnaround is NO_TURNAROUND:
        return NO_CASES
    return FollowUp(
        "30d",
        turnaround.cases,
        turnaround.open,
        turnaround.overdue,
        turnaround.contactable,
        turnaround.in_time,
        turnaround.pending,
        turnaround.in_time_share,
        turnaround.not_contactable,
        turnaround.reopened,
        turnaround.expired,
        turnaround.dismissed,
        Wait(*turnaround.acknowledge),
        Wait(*turnaround.contact),
        Wait(*turnaround.resolve),
    )
