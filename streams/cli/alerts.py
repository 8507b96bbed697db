import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from streams.cli.format import console, printable
from streams.cli.kafka import run, settings_here
from streams.cluster.reading import read_topic
from streams.events.alert import Alert, decode_alert
from streams.events.rejected import Rejected
from streams.settings import Settings
from streams.topology import ALERTS

_STYLES = {"P1": "bold red", "P2": "red", "P3": "yellow"}


@click.group()
def command() -> None:
    """Detractor alerts."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="The documents of followup.alerts, untouched, one a line.")
@click.option("--from-start", is_flag=True, help="Begin with the oldest alert kept, not with the next one.")
@click.option(
    "--follow/--no-follow", default=True, show_default=True, help="Wait for more, or end with what is there now."
)
@click.option("--for", "seconds", metavar="SECONDS", type=click.FloatRange(min=0), help="End after so many seconds.")
def tail(*, as_json: bool, from_start: bool, follow: bool, seconds: float | None) -> None:
    """Watch alerts as they are raised, until Ctrl-C. Each is shown once, in order within a store.

    Only what is committed is shown: an alert seen here will not be taken back. `--no-follow` shows all that are kept
    (90 days) and ends.

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


def describe(alert: Alert, written_s: float) -> Text:
    """Return an alert as one line: when, how bad, where, until when to call whom, and what they said."""
    text = Text(f"{_local(datetime.fromtimestamp(written_s, UTC))}  ", "dim")
    text.append(f"{alert.severity} {alert.score:>2}", _STYLES[alert.severity])
    text.append(f"  {printable(alert.brand)} | {printable(alert.store)}", "bold")
    if alert.kind != "raised":
        text.append(f"  {printable(alert.kind)}")
    due = _local(datetime.fromisoformat(alert.due_at))
    text.append(f"  {'was due' if alert.late else 'call back by'} {due}")
    if alert.customer_ref is not None:
        refused = "" if alert.contactable else " (no consent to contact)"
        text.append(f"  customer {printable(alert.customer_ref)}{refused}")
    if alert.link is not None:
        text.append(f"  {printable(alert.link)}", "underline")
    if alert.comment is None:
        text.append("  no comment: ask why", "dim")
    else:
        text.append(f"  “{printable(alert.comment)}”", "italic")
    return text


def _local(instant: datetime) -> str:
    return f"{instant.astimezone():%Y-%m-%d %H:%M}"
