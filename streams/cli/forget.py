import sys
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Final

import click
from rich.table import Table
from rich.text import Text

from streams.cli.format import console, printable
from streams.cli.kafka import NoKafka, run, settings_here
from streams.cluster.forgetting import WORDS_MAX, Order, Retention, is_obeyed, retentions, send_orders
from streams.cluster.person import Identity, Person, find_person
from streams.domain.identity import iso_day
from streams.settings import Settings
from streams.topology import ALERTS, RESPONSES

_ORDERS: Final[dict[str, Order]] = {"keep": "forget_identity", "remove": "forget_all"}
_DAY_MS = 86_400_000


def _words(_context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and (len(value) > WORDS_MAX or not value.isprintable()):
        message = f"at most {WORDS_MAX} characters on one line"
        raise click.BadParameter(message, param=parameter)
    return value


@click.command()
@click.argument("customer")
@click.option(
    "--votes",
    type=click.Choice(["keep", "remove"]),
    default="keep",
    show_default=True,
    help="Whether the answers stay in all figures, without a person, or are taken out of them.",
)
@click.option("--dry-run", is_flag=True, help="Show the responses that were found, ids included; order nothing.")
@click.option("--by", metavar="TEXT", callback=_words, help="Who orders it: kept with the order, not for good.")
@click.option("--reason", metavar="TEXT", callback=_words, help="Why: kept with the order. Name no customer.")
@click.option("--yes", is_flag=True, help="Do not ask before anything is ordered.")
def command(*, customer: str, votes: str, dry_run: bool, by: str | None, reason: str | None, yes: bool) -> None:
    """Forget a customer: cut everything that leads from the answers to the person.

    CUSTOMER is the reference (`customer_ref`) of the responses; `-` reads it from standard input, so that it is in no
    shell history and no list of processes. All responses that carry it in survey.responses and followup.alerts are
    found, and an order to forget is written for each. Workers carry the orders out: alerts are retracted, those who
    were told are told to forget, the state drops all that leads to the person and to the records, and nps.audit keeps a
    record without personal data. With `--votes remove` the answers are taken out of all figures as well.

    The records themselves stay until Kafka deletes them by time; how long is said at the end. What comes from the
    customer later counts as new: run it again then. Ordering twice changes nothing.

    \b
    Example:  nps forget - --dry-run
              printf %s "$REFERENCE" | nps forget - --by "Privacy desk" --yes

    Exit status: 0 ordered, or found with --dry-run; 1 nothing found, not confirmed, or Kafka cannot be reached; 2 wrong
    arguments or settings.
    """  # noqa: D301 (\b keeps click from folding the lines)
    settings = settings_here()
    reference = _from_stdin(is_settled=yes or dry_run) if customer == "-" else customer
    if not reference or any("\ud800" <= each <= "\udfff" for each in reference):
        message = "the reference is empty, or no UTF-8"
        raise click.UsageError(message)
    person, kept_for = run(settings, _look(settings, reference))
    now_ms = round(time.time() * 1000)
    responses = {each: text for each, text in person.responses.items() if is_obeyed(each, now_ms)}
    _say_what_is_found(person, responses, with_ids=dry_run)
    if responses and not dry_run:
        _order(settings, responses, votes, by=by, reason=reason, yes=yes)
    _say_what_remains(person, kept_for, now_ms, ordered=bool(responses) and not dry_run)
    sys.exit(0 if responses else 1)


async def _look(settings: Settings, reference: str) -> tuple[Person, dict[str, Retention]]:
    kept_for = await retentions(settings)
    return await find_person(settings, reference), kept_for


def _from_stdin(*, is_settled: bool) -> str:
    """Read the reference: one line. From a terminal it is not shown as it is typed."""
    if sys.stdin.isatty():
        return str(click.prompt("Reference", hide_input=True))
    if not is_settled:
        message = "with the reference from a pipe there is nobody to ask: add --yes, or --dry-run to see first"
        raise click.UsageError(message)
    try:
        text = sys.stdin.buffer.read().decode().rstrip("\r\n")
    except UnicodeDecodeError:
        text = "\n"
    if "\n" in text:
        message = "standard input holds no reference: one line of UTF-8 was expected"
        raise click.UsageError(message)
    return text


def _order(
    settings: Settings,
    responses: dict[Identity, str],
    votes: str,
    *,
    by: str | None,
    reason: str | None,
    yes: bool,
) -> None:
    what = _count(len(responses), "response")
    fate = "their votes stay in all figures" if votes == "keep" else "their votes are taken out of all figures"
    if not yes:
        click.confirm(f"Forget {what} for good ({fate})?", abort=True)
    try:
        run(settings, send_orders(settings, responses, _ORDERS[votes], by=by, reason=reason))
    except NoKafka:
        click.echo("Perhaps not all orders are written. Run it again: ordering twice changes nothing.", err=True)
        raise
    click.echo(f"Ordered: forget {what}; {fate}.")
    click.echo("Workers obey as they read the orders; nps.audit has a record of each one that changed something.")


def _say_what_is_found(person: Person, responses: dict[Identity, str], *, with_ids: bool) -> None:
    old = len(person.responses) - len(responses)
    if not responses:
        click.echo("No response that can be forgotten carries this reference.", err=True)
    else:
        stores = Counter((each.brand, each.store) for each in responses)
        where = ", ".join(
            f"{printable(brand)} | {printable(store)} ({n:,})" for (brand, store), n in sorted(stores.items())
        )
        click.echo(f"{_count(len(responses), 'response')} found: {where}.")
    if old:
        click.echo(f"{_count(old, 'response')} of more than 400 days ago: no page of votes knows the person any more.")
    if with_ids:
        for each in sorted(responses):
            source = f", source {printable(each.source)}" if each.source else ""
            place = f"{printable(each.brand)} | {printable(each.store)}, {iso_day(each.day)}"
            click.echo(f"  {place}: response {printable(each.response_id)}{source}")
        click.echo("Nothing was ordered.")


def _say_what_remains(person: Person, kept_for: dict[str, Retention], now_ms: int, *, ordered: bool) -> None:
    held = {name: holding for name, holding in person.holdings.items() if holding.records}
    if held:
        table = Table("still holds the reference", "records", "until", box=None, pad_edge=False, header_style="dim")
        table.columns[1].justify = "right"
        for name, holding in held.items():
            assert holding.newest_ms is not None
            table.add_row(Text(name), f"{holding.records:,}", _until(holding.newest_ms, kept_for[name]))
        console().print(table)
        longer = max(kept_for[name].longer_ms for name in held)
        click.echo(f"Kafka deletes segments as a whole, which may take up to {_days(longer)} more.")
    if ordered:
        responses, alerts = (_until(now_ms, kept_for[topic.name]) for topic in (RESPONSES, ALERTS))
        click.echo(
            "Other records of these responses, the orders among them, do not carry the reference. They go by "
            f"{responses} from {RESPONSES.name} and by {alerts} from {ALERTS.name}."
        )


def _until(from_ms: int, kept: Retention) -> str:
    if kept.keeps_ms is None:
        return "it is deleted by hand: its retention.ms is -1"
    return f"{datetime.fromtimestamp((from_ms + kept.keeps_ms) / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def _days(span_ms: int) -> str:
    return _count(max(1, round(span_ms / _DAY_MS)), "day")


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"
