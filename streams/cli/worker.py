import sys

import click

from streams.cli.kafka import settings_here


@click.command()
def command() -> None:
    """Count responses, raise alerts and publish scores, until SIGTERM or Ctrl-C.

    Workers share the shards (NPS_PARTITIONS of them) by themselves: start as many as there are cores, on as many
    machines as you like. One that stops or dies hands its shards to the others, and nothing is counted twice.

    \b
    Metrics, and whether it is ready:  http://127.0.0.1:9100/metrics /live /ready
    A second one on this machine:      NPS_METRICS_PORT=9101 nps worker

    Exit status: 0 asked to stop and did so, 1 stopped by itself so as not to do harm, and the last line of its log
    says why: let a supervisor start it again. 2 wrong settings.
    """  # noqa: D301 (\b keeps click from folding the lines)
    from streams.app import run_worker

    sys.exit(run_worker(settings_here()))
