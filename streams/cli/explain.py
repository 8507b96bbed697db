import sys
import time
import unicodedata
from datetime import datetime

import click
import msgspec

from streams.cli.kafka import run, settings_here
from streams.domain.page import NewerRow
from streams.domain.window import WINDOWS, WindowName


@click.command()
@click.option("--brand", metavar="B", required=True, help="The brand.")
@click.option("--store", metavar="S", help="One store of it; without it the whole brand.")
@click.option("--window", type=click.Choice(WINDOWS), default="30d", show_default=True)
@click.option("--as-of", metavar="INSTANT", help="Another end than now, such as 2026-03-01T12:00:00Z.")
@click.option("--events", is_flag=True, help="Of a store: every answer with its records, not only what was corrected.")
@click.option("--with-text", is_flag=True, help="With comments and customers, where their records are still there.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document, with every vote of a store.")
def command(
    *,
    brand: str,
    store: str | None,
    window: WindowName,
    as_of: str | None,
    events: bool,
    with_text: bool,
    as_json: bool,
) -> None:
    """Show what is behind a number: answers by score and day, corrections, exclusions and why.

    Everything is summed once more from the state (nps.state), and is what nps.scores says once the workers have
    published. Of a store every response is known by its offsets in survey.responses; what was corrected or marked is
    shown with the records that did it, as long as that topic keeps them. Of a brand it shows what each store adds.

    Days and times are UTC. Of an instant in the past it shows what is counted in its window by now.

    \b
    Example:  nps explain --brand Aurelia --store "Lyon 2" --window 7d
              nps explain --brand Aurelia --json | jq '.stores[] | [.store, .n, .points]'

    Exit status: 0 done, 1 nothing is known of the brand or store, or Kafka cannot be reached, 2 wrong arguments or
    settings.
    """  # noqa: D301 (\b keeps click from folding the lines)
    from streams.cluster.explain import explain

    if store is None and (events or with_text):
        message = "--events and --with-text are about the votes of a store: add --store"
        raise click.UsageError(message)
    as_of_s = int(time.time()) if as_of is None else _instant(as_of)
    settings = settings_here()
    names = unicodedata.normalize("NFC", brand), None if store is None else unicodedata.normalize("NFC", store)
    try:
        found = run(settings, explain(settings, *names, window, as_of_s, events=events, with_text=with_text))
    except NewerRow as error:
        text = f"the state was written by a later release ({error}): use that one"
        raise click.ClickException(text) from error
    if found is None:
        click.echo("Nothing is known of any such brand or store.", err=True)
        sys.exit(1)
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    from streams.cli.format import console
    from streams.cli.reasons import tell

    tell(console(), found, all_votes=events)


def _instant(text: str) -> int:
    """Return the seconds since the epoch of an instant with its offset."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        message = "say it with its offset, such as 2026-03-01T12:00:00Z"
        raise click.BadParameter(message, param_hint="'--as-of'")
    return int(instant.timestamp())
