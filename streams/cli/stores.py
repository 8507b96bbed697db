from typing import BinaryIO

import click

from streams.cli.faults import fault_in_store_facts
from streams.cli.kafka import settings_here
from streams.cli.sending import Refused, send_lines
from streams.events.rejected import Rejected
from streams.events.store_facts import decode_store_facts
from streams.topology import STORES


@click.group()
def command() -> None:
    """What is known of stores: where they are, who is to act there, whether they closed or moved."""


@command.command()
@click.argument("file", type=click.File("rb"))
def apply(file: BinaryIO) -> None:
    """Publish facts of stores from FILE, or from standard input where it is `-`: one JSON document a line.

    Each line says all that is to be known of a store: what was said of it before is forgotten. Only brand and store
    must be there; name, region, time_zone, opening_hours, vip, owner, closed and moved_to may be. It holds for the
    answers that come after it: the owner is named in alerts, an unhappy customer of a `vip` store is more urgent, a
    store that is `closed` has no score any more and its open cases go to the region. What a worker would refuse is not
    sent, but said on standard error as `line N: what is wrong`.

    \b
    Example:  nps stores apply stores.jsonl
    \b
    A line:   {"brand": "Aurelia", "store": "Lyon 2", "name": "Lyon, Presqu'île", "region": "Rhône",
               "time_zone": "Europe/Paris", "vip": true, "owner": "lyon2@aurelia.example"}

    Exit status: 0 all sent, 1 some refused, 2 nothing sent: all was refused, there was nothing to send, or Kafka could
    not be reached. Sending the same again changes nothing.
    """  # noqa: D301 (\b keeps click from folding the lines)
    settings = settings_here()
    send_lines(settings, settings.topic(STORES.name), file, _key_of)


def _key_of(line: bytes) -> bytes | Refused:
    fault = fault_in_store_facts(line)
    if fault is not None:
        return Refused(fault)
    facts = decode_store_facts(line)
    assert not isinstance(facts, Rejected), "refused without a fault"
    return f"{facts.brand}|{facts.store}".encode()
