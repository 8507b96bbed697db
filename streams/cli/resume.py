import asyncio

import click

from streams.cli.kafka import run, settings_here
from streams.cluster.connection import admin_client, writer
from streams.cluster.reading import partitions_of
from streams.events.control import Order, encode_order, order_key
from streams.settings import Settings
from streams.topology import CONTROL

_PATIENCE_S = 30.0


@click.command()
@click.option("--shard", metavar="P", type=click.IntRange(min=0), required=True, help="Its number: the partition.")
def command(shard: int) -> None:
    """Let a shard go on that stopped because about every second response was a dead letter.

    A shard stops so that a bad release of some till does not turn a whole topic into dead letters. See their reasons
    (header `nps.dlq.reason` in survey.responses.dead), mend the sender, and then order the shard to go on: it counts
    afresh, and stops again if nothing was mended. `nps doctor` says which shards have stopped. An order to a shard that
    runs does no harm.

    \b
    Example:  nps resume --shard 3

    Exit status: 0 the order is written, 1 it is not, 2 wrong arguments or settings.
    """  # noqa: D301 (\b keeps click from folding the lines)
    settings = settings_here()
    offset = run(settings, _order(settings, shard))
    click.echo(f"Shard {shard} is told to go on: {settings.topic(CONTROL.name)}[{shard}], offset {offset}.")
    click.echo("The worker that has it obeys as soon as it reads this; `nps doctor` shows whether it did.")


async def _order(settings: Settings, shard: int) -> int:
    """Write the order into exactly the shard's partition; return its offset."""
    topic = settings.topic(CONTROL.name)
    async with admin_client(settings) as admin:
        shards = len(await partitions_of(admin, topic))
    if shard >= shards:
        raise click.BadParameter(f"there is no shard {shard}; the shards are 0 to {shards - 1}", param_hint="'--shard'")
    async with writer(settings) as producer, asyncio.timeout(_PATIENCE_S):
        order = encode_order(Order(order="resume"))
        written = await producer.send_and_wait(topic, order, key=order_key(shard), partition=shard)
    return int(written.offset)
