import sys
import unicodedata
from datetime import datetime
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from streams.cli.format import console, one_decimal, printable
from streams.cli.kafka import run, settings_here
from streams.cluster.reading import read_topic
from streams.domain.window import WINDOWS
from streams.events.rejected import Rejected
from streams.events.score import Score, WindowFigures, decode_score
from streams.settings import Settings
from streams.topology import SCORES

FEW = 30
"""Fewer answers than this say little: the figure is shown dim."""
_ENDLESS = 10_000
"""Wider than any terminal: to ask how wide a table would like to be."""


@click.command()
@click.option("--brand", metavar="B", help="Only this brand and its stores.")
@click.option("--store", metavar="S", help="Only stores of this name.")
@click.option("--json", "as_json", is_flag=True, help="The documents of nps.scores, untouched, one a line.")
def command(*, brand: str | None, store: str | None, as_json: bool) -> None:
    """Show the present NPS of brands and stores, by rolling window.

    With each figure come the number of answers (n) and its 95 % interval: where the NPS of all customers probably is.
    A dash means that nobody answered, and dim figures rest on fewer than 30 answers. People see one decimal; `--json`
    has all digits.

    \b
    Example:  nps scores --brand Aurelia
              nps scores --json | jq -c '[.brand, .store, .windows."30d".nps]'

    Exit status: 0 done, 1 Kafka cannot be reached, 2 wrong arguments or settings.
    """  # noqa: D301 (\b keeps click from folding the lines)
    settings = settings_here()
    documents = run(settings, _latest(settings, _normal(brand), _normal(store)))
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
        _print(readable)


async def _latest(settings: Settings, brand: str | None, store: str | None) -> list[bytes]:
    """Return the last document of each key asked for: a brand, then its stores, by name."""
    latest: dict[tuple[str, str], bytes] = {}

    def keep(record: Any) -> None:
        key = _names_in(record.key)
        if (brand is not None and key[0] != brand) or (store is not None and key[1] != store):
            return
        if record.value is None:
            latest.pop(key, None)
        else:
            latest[key] = record.value

    await read_topic(settings, settings.topic(SCORES.name), keep)
    return [latest[key] for key in sorted(latest, key=lambda key: (key[0].casefold(), key[1].casefold(), key))]


def _names_in(key: bytes | None) -> tuple[str, str]:
    """Return brand and store of a key, the store empty for a brand's own: no name holds a `|`."""
    brand, _, store = (key or b"").decode(errors="replace").partition("|")
    return brand, store


def _normal(name: str | None) -> str | None:
    return None if name is None else unicodedata.normalize("NFC", name)


def _print(scores: list[Score]) -> None:
    out = console()
    names = _names(scores)
    wide = _wide_table(scores, names)
    wanted = out.measure(wide, options=out.options.update(width=_ENDLESS)).maximum
    out.print(wide if wanted <= out.width else _tall_table(scores, names))
    newest = max(datetime.fromisoformat(score.as_of) for score in scores).astimezone()
    out.print(f"as of {newest:%Y-%m-%d %H:%M:%S}, with 95 % intervals; dim: n below {FEW}", style="dim")


def _wide_table(scores: list[Score], names: list[Text]) -> Table:
    """One row for each brand and store, a column for each window."""
    table = Table("", box=None, pad_edge=False, padding=(0, 2, 1, 0), header_style="dim")
    for window in WINDOWS:
        table.add_column(window, justify="right", no_wrap=True)
    for name, score in zip(names, scores, strict=True):
        table.add_row(name, *(_cell(score.windows[window]) for window in WINDOWS))
    return table


def _cell(figures: WindowFigures) -> Text:
    nps, interval = _shown(figures)
    if not figures.n:
        return Text(nps, "dim")
    text = Text.assemble((nps, "bold"), f"  n {figures.n:,}\n{interval}")
    if figures.n < FEW:
        text.stylize("not bold dim")
    return text


def _tall_table(scores: list[Score], names: list[Text]) -> Table:
    """One row for each window: for terminals that are too narrow for the other."""
    table = Table("", box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("NPS", "95 % interval", "n"):
        table.add_column(title, justify="right", no_wrap=True)
    for name, score in zip(names, scores, strict=True):
        table.add_row(name)
        for window in WINDOWS:
            figures = score.windows[window]
            row = (f"    {window}", *_shown(figures), f"{figures.n:,}")
            table.add_row(*row, style="dim" if figures.n < FEW else "", end_section=window == WINDOWS[-1])
    return table


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


def _shown(figures: WindowFigures) -> tuple[str, str]:
    """Return the NPS and its interval, dashes where nobody answered."""
    if figures.nps is None or figures.low is None or figures.high is None:
        return "-", "-"
    return one_decimal(figures.nps), f"{one_decimal(figures.low)} to {one_decimal(figures.high)}"
