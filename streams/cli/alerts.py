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
_CHANGES = {"comment": "a comment came", "contact": "contact data came"}
_REASONS = {
    "not_detractor": "no detractor any more",
    "deleted": "the response was deleted",
    "excluded": "the response was excluded",
    "forgotten": "the customer is to be forgotten, erase what you hold of them",
}


@click.group()
def command() -> None:
    """Detractor alerts, and what becomes of them."""


@command.command()
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
    Only what is committed is shown, and only of that it is retracted. `--no-follow` shows all that is kept (90 days)
    and ends.

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
    """Return an alert as one line: when, how bad, where, what happened, until when to call whom, and what they said."""
    text = Text(f"{_local(datetime.fromtimestamp(written_s, UTC))}  ", "dim")
    score = "" if alert.score is None else alert.score
    style = "dim" if alert.kind == "retracted" or alert.severity is None else _STYLES[alert.severity]
    text.append(f"{alert.severity or '':2} {score:>2}", style)
    text.append(f"  {printable(alert.brand)} | {printable(alert.store)}", "bold")
    happened = _happened(alert)
    if happened:
        text.append(f"  {happened}")
    if alert.kind == "retracted" or alert.due_at is None:
        return text
    due = _local(datetime.fromisoformat(alert.due_at))
    text.append(f"  {'was due' if alert.late else 'call back by'} {due}")
    if alert.customer_ref is not None:
        refused = "" if alert.contactable else " (no consent to contact)"
        text.append(f"  customer {printable(alert.customer_ref)}{refused}")
    if alert.link is not None:
        text.append(f"  {printable(alert.link)}", "underline")
    if alert.comment is not None:
        text.append(f"  “{printable(alert.comment)}”", "italic")
    elif alert.reason_missing:
        text.append("  no comment: ask why", "dim")
    return text


def _happened(alert: Alert) -> str:
    """Return what happened to the alert, in words; nothing for one that is raised for the first time."""
    of = f" (alert {alert.generation + 1} of this response)" if alert.generation else ""
    if alert.kind == "raised":
        return f"raised again{of}" if of else ""
    if alert.kind == "retracted":
        return f"retracted: {_REASONS.get(alert.reason or '', printable(alert.reason or 'no reason given'))}{of}"
    if alert.kind == "enriched":
        said = [
            f"score was {alert.previous_score}" if each == "score" else _CHANGES.get(each, printable(each))
            for each in alert.changes
        ]
        return f"enriched: {', '.join(said)}{of}"
    return f"{printable(alert.kind)}{of}"


def _local(instant: datetime) -> str:
    return f"{instant.astimezone():%Y-%m-%d %H:%M}"
