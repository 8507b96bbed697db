import os
import sys

import click


@click.command()
@click.option("--for", "for_s", type=click.FloatRange(min=1), metavar="SECONDS", help="End by itself, with a summary.")
@click.option(
    "--rate",
    type=click.FloatRange(min=0.1, max=2000),
    default=20.0,
    show_default=True,
    metavar="N",
    help="Answers a second.",
)
@click.option("--port", type=click.IntRange(1, 65535), metavar="PORT", help="Of the board; else 8080, or a free one.")
@click.option("--seed", type=int, default=7, show_default=True, metavar="N", help="Another seed, other customers.")
def command(for_s: float | None, rate: float, port: int | None, seed: int) -> None:
    """Everything on this machine: a real Kafka, two workers, simulated shops, the live board.

    Nothing needs to be there: Kafka comes along (the first start gets it, 44 MB), and everything goes when this ends.
    Addresses and what to look at are shown when all runs. A worker that dies is started again: try kill -9.

    With --for it sends for so many seconds, waits until all is worked off, and compares what was sent with what came
    out: every record in exactly one of five ways, every alert once.

    \b
    On a Kafka of your own:  NPS_BROKERS=kafka:9092 nps demo
                             uses topics of its own and deletes them at the end

    Exit status: 0 ended by Ctrl-C, or all sums of --for are equal; 1 one is not, or something did not start;
    2 wrong arguments or settings; 130 Ctrl-C before the sums of --for.
    """  # noqa: D301 (\b keeps click from folding the lines)
    from streams.demo.plan import Options
    from streams.demo.run import run_demo

    sys.exit(run_demo(os.environ, Options(for_s=for_s, rate=rate, seed=seed, port=port)))
