import sys

import click

from streams.cli.kafka import quieten, settings_here


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document, for programs.")
def command(*, as_json: bool) -> None:
    """Print a fingerprint of all that is counted, of each brand and of the whole.

    Two runs over the same responses have the same fingerprint, whatever happened in between: crashes, restarts,
    another number of workers. Another fingerprint of a brand says that something was counted that was not counted
    there. It covers every answer and whether it raised an alert, and nothing that depends on who worked when.

    It reads the whole state, which takes seconds for each million responses; run it while no responses come in.

    \b
    Example:  nps digest > before.txt; ...; nps digest | diff before.txt -

    Exit status: 0 done, 1 Kafka cannot be reached, 2 wrong arguments or settings.
    """  # noqa: D301 (\b keeps click from folding the lines)
    from streams.app import digest

    quieten()
    sys.exit(digest(settings_here(), as_json=as_json))
