import signal
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from streams.broker import Broker, BrokerError, fetch, java, start_broker


@click.group()
def command() -> None:
    """A real Kafka on this machine, for trying and testing. Not for production."""


@command.command()
@click.option("--port", default=9092, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the data in this directory, and find it there again. Without it the data goes when the broker ends.",
)
def start(port: int, data: Path | None) -> None:
    """Run Kafka 4.3.1 in the foreground, on 127.0.0.1, until Ctrl-C.

    The first start downloads Kafka (44 MB), and needs no Java installed; later ones take 2 seconds and no network.
    """
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGHUP, _leave)
    try:
        with start_broker(data, port or None) as broker:
            click.echo(f"Kafka is ready at {broker.bootstrap} (process {broker.pid}, Ctrl-C ends it)")
            click.echo(f"  export NPS_BROKERS={broker.bootstrap}")
            click.echo(f"  data and log: {broker.data_dir}" + ("" if data else " (removed at the end)"))
            _watch(broker)
    except KeyboardInterrupt:
        click.echo("Kafka has ended.")
    except BrokerError as error:
        raise click.ClickException(str(error)) from error


@command.command("fetch")
def fetch_command() -> None:
    """Download what `start` needs, so that it runs without a network afterwards."""
    try:
        fetch()
        click.echo(f"Kafka is there; it runs on {java()}")
    except BrokerError as error:
        raise click.ClickException(str(error)) from error


def _watch(broker: Broker) -> NoReturn:
    broker.wait()
    raise BrokerError(f"Kafka ended by itself; the end of its log, {broker.log}:\n{broker.tail()}")


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    """End as Ctrl-C does, with the exit status a shell expects."""
    sys.exit(128 + number)
