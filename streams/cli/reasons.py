"""An explanation as people read it, line by line, or hear it read aloud: a sentence first, then what it rests on."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import groupby

from msgspec import UNSET
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streams.cli.changes import signed, verdict
from streams.cli.format import one_decimal, printable
from streams.cluster.explanation import Day, Event, Explanation, Marks, Restated, Said, Share, Vote
from streams.domain.score import BANDS
from streams.domain.window import HOURS
from streams.events.score import Comparison, WindowFigures

_STYLES = {"detractor": "red", "passive": "yellow", "promoter": "green"}
_BAR_WIDTH = 40
_DAYS_MAX = 92
"""More days than these are shown by month."""
_STORES_MAX = 50
_BECAUSE = {"no_answer": "there is no answer", "excluded": "excluded", "deleted": "deleted"}
_GONE = {
    "beyond_retention": "its record is gone: beyond the retention of survey.responses",
    "another": "another record stands there: survey.responses was made anew",
}


def tell(out: Console, found: Explanation, *, all_votes: bool) -> None:
    """Print an explanation; of a store's votes all, or those that were corrected or marked."""
    name = printable(found.brand) if found.store is None else f"{printable(found.brand)} | {printable(found.store)}"
    out.print(Text(name, "bold"))
    for line in _sentences(found):
        out.print(line, soft_wrap=True)
    if found.figures.n:
        out.print()
        out.print(_histogram(found.figures))
        out.print()
        out.print(_days(found))
    if found.stores:
        out.print()
        out.print(_stores(found.stores))
        if len(found.stores) > _STORES_MAX:
            out.print(f"and {len(found.stores) - _STORES_MAX:,} stores more, which --json shows", style="dim")
    restated = [one for one in found.restated if one.was != one.now]
    if restated:
        out.print()
        out.print("Changed after it was final, 72 hours after its end:")
        out.print(_restated(restated))
    out.print()
    out.print(_marks(found.marks), soft_wrap=True)
    votes = [vote for vote in found.votes if all_votes or vote.events or vote.corrections or vote.because]
    for vote in votes:
        out.print(_vote(vote), soft_wrap=True)
        for event in vote.events:
            out.print(_event(event), soft_wrap=True)
    where = "; --store shows the votes of a store, and why they were corrected or excluded"
    if found.store is not None:
        where = f"; offsets are those of survey.responses, partition {found.partition}"
    out.print(f"Days and times are UTC{where}.", style="dim", soft_wrap=True)


def _sentences(found: Explanation) -> Iterable[Text]:
    now = found.figures
    if now.nps is None or now.low is None or now.high is None:
        yield Text(f"No NPS: nobody answered{_when(found, 'in')}.")
    else:
        text = Text.assemble((f"NPS {one_decimal(now.nps)}", "bold"))
        text.append(f" ({one_decimal(now.low)} to {one_decimal(now.high)}): {_count(now.n, 'answer')}")
        yield text.append(_when(found, "of"))
        assert now.mean is not None
        few = ". Fewer than 30 answers say little" if now.low_confidence else ""
        yield Text(
            f"mean {one_decimal(now.mean)} of 10; {_count(now.promoters, 'promoter')}, "
            f"{_count(now.passives, 'passive')}, {_count(now.detractors, 'detractor')}{few}"
        )
    for other, than in ((now.previous, "the window before"), (now.year_ago, "the same window a year ago")):
        if other is not None and other.difference is not None:
            yield Text(_change(other, than))


def _when(found: Explanation, of: str) -> str:
    if found.until is None:
        return " in all"
    end = datetime.fromisoformat(found.until)
    if found.window == "24h":
        return f" {of} the {HOURS} hours to {_date(end.date())} {end:%H:%M}"
    return f" {of} the {found.window[:-1]} days to {_date((end - timedelta(days=1)).date())}"


def _date(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _change(other: Comparison, than: str) -> str:
    assert other.difference is not None
    assert other.p is not None
    said = verdict(other, up="better, more than chance", down="worse, more than chance", chance="within chance")
    p = "p below 0.001" if other.p < 0.001 else f"p {other.p:.3f}"
    return f"{signed(other.difference)} against {than} ({_count(other.n, 'answer')}): {said} ({p})"


def _histogram(figures: WindowFigures) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("score", "answers", "share"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column()
    most = max(figures.histogram)
    for score, n in enumerate(figures.histogram):
        bar = Text("█" * (round(n * _BAR_WIDTH / most) or (n > 0)), _STYLES[BANDS[score]])
        table.add_row(str(score), f"{n:,}", f"{one_decimal(100 * n / figures.n)} %", bar)
    return table


def _days(found: Explanation) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    is_long = len(found.days) > _DAYS_MAX
    table.add_column("month" if is_long else "day", no_wrap=True)
    for title in ("answers", "promoters", "passives", "detractors", "NPS"):
        table.add_column(title, justify="right", no_wrap=True)
    days = _months(found.days) if is_long else found.days
    for day in [*([found.before_days] if found.before_days else []), *days]:
        table.add_row(
            day.day, f"{day.n:,}", f"{day.promoters:,}", f"{day.passives:,}", f"{day.detractors:,}", _nps(day)
        )
    return table


def _months(days: Iterable[Day]) -> list[Day]:
    months = []
    for month, grouped in groupby(days, key=lambda day: day.day[:7]):
        of_month = list(grouped)
        n, promoters = sum(day.n for day in of_month), sum(day.promoters for day in of_month)
        passives, detractors = sum(day.passives for day in of_month), sum(day.detractors for day in of_month)
        nps = 100 * (promoters - detractors) / n
        months.append(Day(day=month, n=n, promoters=promoters, passives=passives, detractors=detractors, nps=nps))
    return months


def _nps(what: Day | Share | Said) -> str:
    return "-" if what.nps is None else one_decimal(what.nps)


def _stores(stores: list[Share]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("store")
    for title in ("answers", "share", "NPS", "adds to the brand's NPS"):
        table.add_column(title, justify="right", no_wrap=True)
    for store in stores[:_STORES_MAX]:
        share = f"{one_decimal(100 * store.share)} %"
        table.add_row(printable(store.store), f"{store.n:,}", share, _nps(store), signed(store.points))
    return table


def _restated(periods: list[Restated]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("period", no_wrap=True)
    for title in ("was NPS", "of answers", "is NPS", "of answers"):
        table.add_column(title, justify="right", no_wrap=True)
    for one in periods:
        table.add_row(one.period, _nps(one.was), f"{one.was.n:,}", _nps(one.now), f"{one.now.n:,}")
    return table


def _marks(marks: Marks) -> str:
    counts = (
        (marks.corrected, "corrected"),
        (marks.excluded, "excluded"),
        (marks.deleted, "deleted"),
        (marks.no_answer, "marked before there was an answer"),
        (marks.forgotten, "forgotten as a person"),
        (marks.muted, "muted: too late to call back, or imported"),
    )
    told = [f"{n:,} {what}" for n, what in counts if n]
    return f"Responses that are not plain answers: {'; '.join(told)}" if told else "Nothing was corrected or marked."


def _vote(vote: Vote) -> Text:
    at = vote.submitted_at.removesuffix("Z").replace("T", " ")
    text = Text(f"{at}  {'no answer' if vote.score is None else f'score {vote.score}'}", "bold")
    parts = []
    if not vote.counts:
        parts.append("does not count: " + ", ".join(_BECAUSE[why] for why in vote.because))
    if vote.corrections:
        parts.append(_count(vote.corrections, "correction"))
    if vote.muted:
        parts.append("muted")
    if vote.kiosk:
        parts.append("at a kiosk")
    if vote.alert is not None:
        again = f", raised {vote.alert.generation + 1} times" if vote.alert.generation else ""
        parts.append(
            f"alert {'open' if vote.alert.open else 'retracted'} after {_count(vote.alert.sequence, 'event')}{again}"
        )
    if vote.forgotten:
        parts.append("forgotten: nothing leads to the person or the records any more")
    return text.append("".join(f"; {part}" for part in parts), "not bold")


def _event(event: Event) -> Text:
    text = Text(f"    offset {event.offset}: ", "dim")
    if event.arrived_at is None:
        return text.append(_GONE[event.record], "dim")
    arrived = event.arrived_at[:19].replace("T", " ")
    parts = [f"{event.event}{'' if event.score is None else f' with score {event.score}'}, arrived {arrived}"]
    if event.version is not None:
        parts.append(f"version {event.version}")
    if event.imported:
        parts.append("imported")
    if event.by is not None:
        parts.append(f"by {printable(event.by)}")
    if event.reason is not None:
        parts.append(f"because “{printable(event.reason)}”")
    if event.source is not None:
        parts.append(f"source {printable(event.source)}")
    parts.append(f"response {printable(event.response_id or '')}")
    if isinstance(event.customer_ref, str):
        parts.append(f"customer {printable(event.customer_ref)}")
    if event.comment is not UNSET and event.comment is not None:
        parts.append(f"comment “{printable(event.comment)}”")
    return text.append(", ".join(parts), "not dim")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
