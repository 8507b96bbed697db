import asyncio
import sys
from collections.abc import Callable
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from streams.cli.alerts.words import describe
from streams.cli.format import console
from streams.cli.kafka import run, settings_here
from streams.cluster.reading import read_topic
from streams.events.alert import decode_alert
from streams.events.rejected import Rejected
from streams.settings import Settings
from streams.topology import ALERTS


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The documents of followup.alerts, untouched, one a line.")
@click.option("--from-start", is_flag=True, help="Begin with the oldest alert kept, not with the next one.")
@click.option(
    "--follow/--no-follow", default=True, show_default=True, help="Wait for more, or end with what is there now."
)
@click.option("--for", "seconds", metavar="SECONDS", type=click.FloatRange(min=0), help="End after so many seconds.")
def tail(*, as_json: bool, from_start: bool, follow: bool, seconds: float | None) -> None:
    """Watch alerts and what becomes of them, until Ctrl-C. Each event is shown once, in order within a store.

    An alert is raised for a detractor's answer, enriched when the score changes or a comment or contact data come
    later, retracted when nobody is to call back any more (with the reason), and raised again if the score falls again.
    What people do to its case is an event (acknowledged, contacted, resolved, dismissed, reopened, a note, a rating),
    what a clock does is one (escalated, breached, expired), and a digest lists the alerts of an hour that were held.
    Only what is committed is shown. `--no-follow` shows all that is kept (90 days) and ends.

    \b
    Example:  nps alerts tail
              nps alerts tail --json | while read -r alert; do notify "$alert"; done
              nps alerts tail --no-follow --json > alerts.jsonl

    Exit status: 0 done, 1 Kafka cannot be reached, 2 wrong arguments or settings, 130 Ctrl-C.
    """  # noqa: D301 (\b keeps click from folding the lines)
    settings = settings_here()
    show = _write if as_json else _printer(console())
    run(settings, _tail(settings, show, from_start=from_start or not follow, follow=follow, seconds=seconds))


async def _tail(
    settings: Settings, show: Callable[[Any], None], *, from_start: bool, follow: bool, seconds: float | None
) -> None:
    topic = settings.topic(ALERTS.name)

    def positioned() -> None:
        if follow:
            click.echo(f"watching {topic} at {settings.brokers}", err=True)

    reading = read_topic(settings, topic, show, from_start=from_start, follow=follow, positioned=positioned)
    if seconds is None:
        await reading
        return
    ending = asyncio.timeout(seconds)
    try:
        async with ending:
            await reading
    except TimeoutError:
        if not ending.expired():
            raise


def _write(record: Any) -> None:
    """Write the document as it is, at once: a program may wait for it."""
    if record.value is not None:
        sys.stdout.buffer.write(record.value + b"\n")
        sys.stdout.buffer.flush()


def _printer(out: Console) -> Callable[[Any], None]:
    def show(record: Any) -> None:
        if record.value is None:
            return
        alert = decode_alert(record.value)
        if isinstance(alert, Rejected):
            text = Text(
                f"{record.topic}[{record.partition}] offset {record.offset}: not readable by this release", "dim"
            )
        else:
            text = describe(alert, record.timestamp / 1000)
        out.print(text, soft_wrap=True)

    return show
