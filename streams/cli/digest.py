import sys

import click

from streams.cli.kafka import settings_here


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
def command(*, as_json: bool) -> None:
    """Sum up where things stand: brands, the stores that need attention, alerts.

    \b
    Example:  nps digest

    Exit status: 0 done, 1 Kafka cannot be reached, 2 wrong arguments or settings.
    """  # noqa: D301 (\b keeps click from folding the lines)
    from streams.app import digest

    sys.exit(digest(settings_here(), as_json=as_json))
