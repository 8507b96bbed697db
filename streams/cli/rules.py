import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import BinaryIO, NamedTuple
from unicodedata import normalize

import click
import msgspec

from streams.cli.faults import fault_in_rules
from streams.cli.format import console, printable
from streams.cli.kafka import run, settings_here
from streams.cli.ruling import in_words
from streams.cluster.rules import publish_rules, published_rules
from streams.domain.rules import ANY_BRAND, DEFAULT_RULES, RuleSet
from streams.events.rejected import Rejected
from streams.events.rules import decode_rules, encode_rules
from streams.settings import Settings

_FILE_BYTES_MAX = 64 * 1024 * 1024


@click.group()
def command() -> None:
    """Who is alerted how urgently, by when, and who is to act.

    Rules decide how urgent an unhappy answer is, never that nobody hears of it. They are kept on followup.rules; where
    nobody published any, built-in ones hold.
    """


@command.command()
@click.option("--brand", metavar="B", help="The rules that hold for this brand; else all that are published.")
@click.option("--json", "as_json", is_flag=True, help="One document a line, as `nps rules apply` takes it.")
def show(*, brand: str | None, as_json: bool) -> None:
    """Show the rules that are published, or the built-in ones where there are none.

    A brand has its own rules, else those of all brands (`*`), else the built-in ones. With --json the built-in ones are
    shown as version 1, ready to be changed and published.

    \b
    Example:  nps rules show --brand Aurelia
              nps rules show --json > rules.json

    Exit status: 0 done, 1 Kafka cannot be reached, 2 wrong arguments or settings.
    """  # noqa: D301 (\b keeps click from folding the lines)
    settings = settings_here()
    published = run(settings, published_rules(settings))
    if brand is None:
        shown = [published[each] for each in sorted(published)] or [DEFAULT_RULES]
    else:
        shown = [published.get(normalize("NFC", brand)) or published.get(ANY_BRAND) or DEFAULT_RULES]
    if as_json:
        for rules in shown:
            sys.stdout.buffer.write(encode_rules(rules if rules.version else replace(rules, version=1)) + b"\n")
        return
    out = console()
    for number, rules in enumerate(shown):
        if number:
            out.print()
        out.print(in_words(rules))


class _Checked(NamedTuple):
    rules: RuleSet
    document: bytes


@command.command()
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Only check; send nothing.")
def apply(file: BinaryIO, *, dry_run: bool) -> None:
    """Publish the rule set in FILE, or each of a list of them; `-` is standard input.

    A file is checked as a worker checks it, and what is wrong is said; nothing of it is sent unless all is right. A
    rule set is of one brand, or of all that have none of their own (`*`), and its version must be above the one that
    holds: so two people cannot undo each other's changes by mistake. What it leaves out is as in the built-in rules. It
    holds for the answers that come after it, and each alert names the rule and the version that it was judged by.

    \b
    Example:  nps rules apply rules.json --dry-run
    \b
    A file:   {"brand": "Aurelia", "version": 3, "contact_s": 86400,
               "owners": {"regions": {"Rhône": "rhone@aurelia.example"}}}

    Exit status: 0 sent, or it holds already; 1 something is wrong with it, or Kafka cannot be reached; 2 wrong
    arguments or settings.
    """  # noqa: D301 (\b keeps click from folding the lines)
    settings = settings_here()
    checked = _check(file.read(_FILE_BYTES_MAX))
    published = run(settings, published_rules(settings))
    due = _due(checked, published)
    if not dry_run:
        run(settings, _publish(settings, due))
    for each in checked:
        state = "holds already" if each not in due else "is right" if dry_run else "is sent"
        click.echo(f"{_name(each.rules)}, version {each.rules.version}, {state}.")
    if due and not dry_run:
        click.echo("It holds for the answers that come after it, in each shard as soon as that has read it.")


@command.command()
@click.option("--brand", metavar="B", required=True, help="Whose rules are taken back; `*` for those of all brands.")
def withdraw(*, brand: str) -> None:
    """Take the rules of a brand back: those of all brands (`*`) hold again, or else the built-in ones.

    \b
    Example:  nps rules withdraw --brand Aurelia

    Exit status: 0 done, 1 there are no such rules, or Kafka cannot be reached; 2 wrong arguments or settings.
    """  # noqa: D301 (\b keeps click from folding the lines)
    settings = settings_here()
    name = normalize("NFC", brand)
    published = run(settings, published_rules(settings))
    if name not in published:
        raise click.ClickException(f"nobody published rules of {printable(brand)}")
    run(settings, publish_rules(settings, name, None))
    click.echo(f"{_name(published[name])}, version {published[name].version}, is taken back.")


async def _publish(settings: Settings, due: list[_Checked]) -> None:
    for each in due:
        await publish_rules(settings, each.rules.brand, each.document)


def _check(raw: bytes) -> list[_Checked]:
    """Read the rule sets of a file. Raises ClickException, with all that is wrong with them."""
    documents = _documents(raw)
    faults = [
        f"{f'rule set {number}: ' if len(documents) > 1 else ''}{fault}"
        for number, document in enumerate(documents, 1)
        if (fault := fault_in_rules(document)) is not None
    ]
    if faults:
        raise click.ClickException("; ".join(faults))
    checked = [_Checked(_decoded(document), document) for document in documents]
    brands = [each.rules.brand for each in checked]
    twice = next((brand for brand in brands if brands.count(brand) > 1), None)
    if twice is not None:
        raise click.ClickException(f"there are two rule sets of {printable(twice)}")
    if not checked:
        raise click.ClickException("there is no rule set in it")
    return checked


def _documents(raw: bytes) -> list[bytes]:
    """Take a list of documents apart, each as it is written; what is no list is one document."""
    if not raw.lstrip().startswith(b"["):
        return [raw.strip()]
    try:
        return [bytes(each).strip() for each in msgspec.json.decode(raw, type=list[msgspec.Raw])]
    except ValueError as error:
        raise click.ClickException(f"the list is no JSON: {error}") from None


def _decoded(document: bytes) -> RuleSet:
    rules = decode_rules(document)
    assert not isinstance(rules, Rejected), "refused without a fault"
    return rules


def _due(checked: list[_Checked], published: Mapping[str, RuleSet]) -> list[_Checked]:
    """Choose those that do not hold yet. Raises ClickException where a version is not above the one that holds."""
    due = [each for each in checked if published.get(each.rules.brand) != each.rules]
    for each in due:
        holds = published.get(each.rules.brand)
        if holds is not None and each.rules.version <= holds.version:
            raise click.ClickException(
                f"{_name(holds)}: version {holds.version} holds, and version {each.rules.version} is another one; "
                f"give it a version above {holds.version}"
            )
    return due


def _name(rules: RuleSet) -> str:
    return "the rules of all brands" if rules.brand == ANY_BRAND else f"the rules of {printable(rules.brand)}"
