import sys
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click
from aiokafka.errors import UnknownTopicOrPartitionError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streams.cli.changes import LEGEND, NOTHING, change
from streams.cli.format import console, one_decimal, printable
from streams.cli.kafka import run, settings_here
from streams.cli.sparkline import Picture, picture_of, scale_of, weeks_of
from streams.cli.turnaround import LEGEND as FOLLOW_UP_LEGEND
from streams.cli.turnaround import narrow_table, wide_table
from streams.cluster.reading import read_topic
from streams.domain.comparison import LOW_CONFIDENCE_N
from streams.domain.window import WINDOWS, WindowName
from streams.events.rejected import Rejected
from streams.events.score import Comparison, Score, WindowFigures, decode_score
from streams.events.trend import Trend, decode_trend
from streams.settings import Settings
from streams.topology import SCORES, TRENDS

_Names = tuple[str, str]
"""Brand and store, the store empty for a brand's own."""
_Pictures = Mapping[_Names, Picture]

_ENDLESS = 10_000
"""Wider than any terminal: to ask how wide a table would like to be."""


@click.command()
@click.option("--brand", metavar="B", help="Only this brand and its stores.")
@click.option("--store", metavar="S", help="Only stores of this name.")
@click.option("--json", "as_json", is_flag=True, help="The documents of nps.scores, untouched, one a line.")
def command(*, brand: str | None, store: str | None, as_json: bool) -> None:
    """Show the present NPS of brands and stores, by rolling window.

    With each figure come the number of answers (n), its 95 % interval, where the NPS of all customers probably is, and
    the mean score. `before` compares it with the window just before, `year ago` with the same window 365 days earlier:
    the difference in points, and `up` or `down` where it is more than chance, `±` where chance alone may explain it. A
    dash means that nobody answered, and dim figures rest on fewer than 30 answers. People see one decimal; `--json` has
    all digits. `nps explain` shows what is behind a number.

    With each name comes a small picture of its last 13 weeks, one block a week, if nps.trends has them: the higher the
    block, the higher the NPS, on one scale for all that is shown; a dot where nobody answered, dim where the week is
    still provisional. The words with it give the lowest and the highest week, and the present one.

    Below stands how the unhappy of the last 30 days are answered: their cases, the share contacted in time, and how
    long it takes from submission until half of them, and nine in ten, are acknowledged, contacted and resolved. Who
    still waits counts; a dash means that too few came so far to tell.

    \b
    Example:  nps scores --brand Aurelia
              nps scores --json | jq -c '[.brand, .store, .windows."30d".nps]'

    Exit status: 0 done, 1 Kafka cannot be reached, 2 wrong arguments or settings.
    """  # noqa: D301 (\b keeps click from folding the lines)
    settings = settings_here()
    asked = _normal(brand), _normal(store)
    documents = run(settings, _scores(settings, *asked))
    if not documents:
        click.echo("Nothing is known of any such brand or store." if brand or store else "No scores yet.", err=True)
        return
    if as_json:
        sys.stdout.buffer.writelines(document + b"\n" for document in documents)
        sys.stdout.buffer.flush()
        return
    scores = [decode_score(document) for document in documents]
    readable = [score for score in scores if not isinstance(score, Rejected)]
    if len(readable) < len(scores):
        click.echo(f"{len(scores) - len(readable)} documents cannot be read by this release.", err=True)
    if readable:
        _print(readable, run(settings, _trends(settings, *asked)))


async def _scores(settings: Settings, brand: str | None, store: str | None) -> list[bytes]:
    """Return the last score of each key asked for: a brand, then its stores, by name."""
    latest = await _latest(settings, settings.topic(SCORES.name), brand, store)
    return [latest[key] for key in sorted(latest, key=lambda key: (key[0].casefold(), key[1].casefold(), key))]


async def _trends(settings: Settings, brand: str | None, store: str | None) -> dict[_Names, Trend]:
    """Return the last trend of each key asked for; without the topic, or a document that can be read, there is none."""
    try:
        latest = await _latest(settings, settings.topic(TRENDS.name), brand, store)
    except UnknownTopicOrPartitionError:  # of a deployment from before there were trends
        return {}
    trends = {key: decode_trend(document) for key, document in latest.items()}
    return {key: trend for key, trend in trends.items() if not isinstance(trend, Rejected)}


async def _latest(settings: Settings, topic: str, brand: str | None, store: str | None) -> dict[_Names, bytes]:
    """Return the last document of each key asked for."""
    latest: dict[_Names, bytes] = {}

    def keep(record: Any) -> None:
        key = _names_in(record.key)
        if (brand is not None and key[0] != brand) or (store is not None and key[1] != store):
            return
        if record.value is None:
            latest.pop(key, None)
        else:
            latest[key] = record.value

    await read_topic(settings, topic, keep)
    return latest


def _names_in(key: bytes | None) -> _Names:
    """Return brand and store of a key: no name holds a `|`."""
    brand, _, store = (key or b"").decode(errors="replace").partition("|")
    return brand, store


def _normal(name: str | None) -> str | None:
    return None if name is None else unicodedata.normalize("NFC", name)


def _print(scores: list[Score], trends: Mapping[_Names, Trend]) -> None:
    out = console()
    names = _names(scores)
    newest = max(datetime.fromisoformat(score.as_of) for score in scores).astimezone()
    courses = {key: weeks_of(trends[key]) for key in map(_key, scores) if key in trends}
    scale = scale_of(courses.values())
    today = newest.astimezone(UTC).date()
    pictures = {key: picture_of(weeks, scale, today) for key, weeks in courses.items() if weeks}
    for layout in (_wide_table, _tall_table, _narrow_table):
        table = layout(scores, names, pictures)
        if out.measure(table, options=out.options.update(width=_ENDLESS)).maximum <= out.width:
            break
    out.print(table)
    legend = [f"as of {newest:%Y-%m-%d %H:%M:%S}, with 95 % intervals; few, dim: n below {LOW_CONFIDENCE_N}"]
    if pictures:
        legend.append(scale.legend)
    if any(_compared(*window) for score in scores for window in score.windows.items()):
        legend.append(LEGEND)
    for line in legend:
        out.print(line, style="dim", soft_wrap=not out.is_terminal)
    _print_follow_up(out, scores, names)


def _print_follow_up(out: Console, scores: list[Score], names: list[Text]) -> None:
    """How those who had cases answer them, below the scores."""
    said = [(name, score.follow_up) for name, score in zip(names, scores, strict=True)]
    rows = [(name, follow_up) for name, follow_up in said if follow_up is not None and follow_up.cases]
    if not rows:
        return
    table = wide_table(rows)
    if out.measure(table, options=out.options.update(width=_ENDLESS)).maximum > out.width:
        table = narrow_table(rows)
    out.print()
    out.print(table)
    out.print(FOLLOW_UP_LEGEND, style="dim", soft_wrap=not out.is_terminal)


def _key(score: Score) -> _Names:
    return score.brand, score.store or ""


def _wide_table(scores: list[Score], names: list[Text], pictures: _Pictures) -> Table:
    """One row for each brand and store, a column for each window."""
    table = Table("", box=None, pad_edge=False, padding=(0, 2, 1, 0), header_style="dim")
    for window in WINDOWS:
        table.add_column(window, justify="right", no_wrap=True)
    for name, score in zip(names, scores, strict=True):
        below = _below(name, pictures.get(_key(score)))
        table.add_row(below, *(_cell(window, score.windows[window]) for window in WINDOWS))
    return table


def _below(name: Text, picture: Picture | None) -> Text:
    """Return a name with its picture and the words of it below, as far to the right as the name."""
    if picture is None:
        return name
    words = f"{picture.span}:", f"{picture.reach},", f"{picture.when} {picture.last}"
    indent = " " * (len(name) - len(name.plain.lstrip()))
    return Text("\n").join([name, *(Text.assemble(indent, line) for line in (picture.blocks, *words))])


def _cell(window: WindowName, figures: WindowFigures) -> Text:
    nps, interval, mean = _shown(figures)
    if not figures.n:
        return Text(nps, "dim")
    text = Text.assemble((nps, "bold"), f"  n {_n(figures)}\n{interval}")
    if figures.mean is not None:
        text.append(f"\nmean {mean}")
    for label, other in _compared(window, figures):
        text.append(f"\n{label} {change(other)}")
    if figures.low_confidence:
        text.stylize("not bold dim")
    return text


def _tall_table(scores: list[Score], names: list[Text], pictures: _Pictures) -> Table:
    """One row for each window, the picture beside the name: for terminals that are too narrow for the other."""
    table = Table("", box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("NPS", "95 % interval", "n", "mean", "before", "year ago"):
        table.add_column(title, justify="right", no_wrap=True)
    for name, score in zip(names, scores, strict=True):
        picture = pictures.get(_key(score))
        if picture is None:
            table.add_row(name)
        else:
            words = picture.reach, f"{picture.when} {picture.last}"
            table.add_row(name, "", picture.blocks, picture.span, "", *words)
        for window in WINDOWS:
            figures = score.windows[window]
            nps, interval, mean = _shown(figures)
            changes = dict(_compared(window, figures))
            row = nps, interval, _n(figures), mean, change(changes.get("before")), change(changes.get("year ago"))
            style = "dim" if figures.low_confidence else ""
            table.add_row(f"    {window}", *row, style=style, end_section=window == WINDOWS[-1])
    return table


def _narrow_table(scores: list[Score], names: list[Text], pictures: _Pictures) -> Table:
    """As the tall one, the mean and what has changed on lines of their own below each window."""
    table = Table("", box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("NPS", "95 % interval", "n"):
        table.add_column(title, justify="right", no_wrap=True)
    for name, score in zip(names, scores, strict=True):
        table.add_row(name)
        picture = pictures.get(_key(score))
        if picture is not None:
            table.add_row("", picture.span, picture.blocks)
            table.add_row("", "range", picture.reach)
            table.add_row("", picture.when, picture.last)
        for window in WINDOWS:
            figures = score.windows[window]
            nps, interval, mean = _shown(figures)
            style = "dim" if figures.low_confidence else ""
            table.add_row(f"    {window}", nps, interval, _n(figures), style=style)
            if figures.n and figures.mean is not None:
                table.add_row("", "mean", mean, style=style)
            for label, other in _compared(window, figures):
                table.add_row("", label, change(other), style=style)
    return table


def _compared(window: WindowName, figures: WindowFigures) -> list[tuple[str, Comparison]]:
    """Return the windows that this one can be compared with, and what to call them; of 365 days both are the same."""
    both = ("before", None if window == "365d" else figures.previous), ("year ago", figures.year_ago)
    return [(label, other) for label, other in both if other is not None and other.difference is not None]


def _n(figures: WindowFigures) -> str:
    """Return how many answered, and in a word whether they are few: dim alone cannot be heard."""
    return f"{figures.n:,} few" if figures.n and figures.low_confidence else f"{figures.n:,}"


def _names(scores: list[Score]) -> list[Text]:
    """Return what to call them: a store stands below its brand, or has the brand before it where that is left out."""
    brands = {score.brand for score in scores if score.store is None}
    names = []
    for score in scores:
        brand = printable(score.brand)
        if score.store is None:
            names.append(Text(brand, "bold"))
        else:
            names.append(
                Text(f"  {printable(score.store)}" if score.brand in brands else f"{brand} | {printable(score.store)}")
            )
    return names


def _shown(figures: WindowFigures) -> tuple[str, str, str]:
    """Return the NPS, its interval and the mean, dashes where nobody answered or an older release did not say."""
    if figures.nps is None or figures.low is None or figures.high is None:
        return NOTHING, NOTHING, NOTHING
    mean = NOTHING if figures.mean is None else one_decimal(figures.mean)
    return one_decimal(figures.nps), f"{one_decimal(figures.low)} to {one_decimal(figures.high)}", mean
