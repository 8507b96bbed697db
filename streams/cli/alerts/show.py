import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import click
from rich.console import Group
from rich.table import Table
from rich.text import Text

from streams.cli.alerts.listing import document_of, span, time_left
from streams.cli.alerts.reading import read_cases, the_case
from streams.cli.alerts.words import STYLES, happened, local
from streams.cli.format import console, printable
from streams.cli.kafka import run, settings_here
from streams.cluster.case_story import Case
from streams.domain.life import TRANSITIONS, Status
from streams.events.alert import encode_alert
from streams.settings import Settings

COMMANDS: Final = {
    "acknowledged": "ack",
    "contacted": "contact",
    "resolved": "resolve",
    "dismissed": "dismiss",
    "reopened": "reopen",
    "noted": "note",
    "rated": "rate",
}
"""The command for each move of a person."""
_REASONS: Final = {
    "contact_requested": "wants to be called back",
    "no_reason": "gave no reason",
    "vip": "a store of special care",
    "repeat": "was unhappy here before",
}


@click.command()
@click.argument("alert_id")
@click.option("--json", "as_json", is_flag=True, help="One document, with all events of the case in `story`.")
def show(*, alert_id: str, as_json: bool) -> None:
    """Show a case and its story: what was said, who did what when, which clocks ran out.

    ALERT_ID is that of any alert of the case; its first characters are enough where no other alert has them. Of a
    person that was forgotten nothing is shown that leads there.

    \b
    Example:  nps alerts show 3f2a9c1e

    Exit status: 0 done, 1 there is no such case, or Kafka cannot be reached; 2 wrong arguments or settings.
    """  # noqa: D301 (\b keeps click from folding the lines)
    settings = settings_here()
    case = run(settings, _read(settings, alert_id))
    now_ms = round(time.time() * 1000)
    if as_json:
        story = [json.loads(encode_alert(told.event)) for told in case.story]
        sys.stdout.write(json.dumps({**document_of(case, now_ms), "story": story}, ensure_ascii=False) + "\n")
    else:
        console().print(Group(_facts(case, now_ms), Text(), _story(case), Text(), *_what_now(case)))


def moves_of(case: Case) -> list[str]:
    """Return what people may do now with a case, as the names of commands."""
    known: dict[str, Status] = {status: status for status in TRANSITIONS}
    moves = TRANSITIONS[known[case.status]] if case.status in known else {}
    return [command for move, command in COMMANDS.items() if move in moves]


async def _read(settings: Settings, prefix: str) -> Case:
    """Return the case with its story; the topic is read twice, so that the stories of all others need not be kept."""
    case, _ = the_case(await read_cases(settings), prefix)
    cases = await read_cases(settings, lambda case_id: case_id == case.case_id)
    return cases.get(case.case_id) or case


def _facts(case: Case, now_ms: int) -> Table:
    own = case.own
    rows = [
        ("case", Text(case.case_id)),
        ("where", Text(f"{printable(case.brand)} | {printable(case.store)}", "bold")),
        ("how bad", Text(f"{case.severity}, a score of {own.score}{_because(case)}", STYLES.get(case.severity, ""))),
        ("status", Text(f"{case.status}{', held for the digest' if own.held else ''}")),
        ("who is to act", Text(printable(case.owner))),
    ]
    if own.submitted_at is not None and own.due_at is not None:
        said, due = (local(datetime.fromisoformat(each)) for each in (own.submitted_at, own.due_at))
        left = time_left(case, now_ms)
        rows.append(("answered", Text(said)))
        rows.append(("to contact by", Text.assemble(due, (f"  {left}", "bold red" if case.is_overdue(now_ms) else ""))))
    rows.append(("customer", _customer(case)))
    if own.comment is not None:
        rows.append(("said", Text(f"“{printable(own.comment)}”", "italic")))
    elif own.reason_missing:
        rows.append(("said", Text("no comment: ask why", "dim")))
    if case.quality is not None:
        rows.append(("rated the reply", Text(f"{case.quality} of 5")))
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _because(case: Case) -> str:
    own = case.own
    words = [
        f"speaks of {printable(reason.removeprefix('theme:'))}"
        if reason.startswith("theme:")
        else _REASONS.get(reason, printable(reason))
        for reason in own.reasons
        if reason != "score"
    ]
    rule = "" if own.rule_id is None else f" (rule {printable(own.rule_id)}, version {own.rule_version})"
    return f"{', ' if words else ''}{', '.join(words)}{rule}"


def _customer(case: Case) -> Text:
    own = case.own
    if own.customer_ref is None:
        return Text("not known", "dim")
    text = Text(printable(own.customer_ref))
    if not own.contactable:
        text.append("  no consent to contact", "yellow")
    if own.link is not None:
        text.append(f"  {printable(own.link)}", "underline")
    return text


def _story(case: Case) -> Table:
    """One line for each event: when it happened, after how long, what."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(style="dim", no_wrap=True, justify="right")
    table.add_column(overflow="fold")
    submitted = None if case.own.submitted_at is None else datetime.fromisoformat(case.own.submitted_at)
    for told in case.story:
        written = datetime.fromtimestamp(told.at_ms / 1000, UTC)
        at = written if told.event.at is None else datetime.fromisoformat(told.event.at)
        after = "" if submitted is None else f"+ {span(max(0, round((at - submitted).total_seconds() * 1000)))}"
        text = Text(happened(told.event) or "raised")
        if told.event.action is not None and told.event.action.note is not None:
            text.append(f"  “{printable(told.event.action.note)}”", "italic")
        table.add_row(local(at), after, text)
    return table


def _what_now(case: Case) -> Iterator[Text]:
    moves = moves_of(case)
    if moves:
        yield Text(f"Now possible: nps alerts {' | '.join(moves)}", "dim")
