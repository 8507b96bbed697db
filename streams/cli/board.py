import asyncio
import signal
import sys
import time

import click

from streams.cli.kafka import settings_here


@click.command()
def command() -> None:
    """Serve the live board until SIGTERM or Ctrl-C: brands, stores by need of attention, alerts, the follow-up desk.

    It reads nps.scores, nps.trends, nps.alarms and followup.alerts and keeps nothing: start it where and as often as
    you like. A Kafka that is away is waited for, and the page says so. Without a token scores of fewer
    than five answers are withheld, and what would give them away; cases are told without anybody's words, and nobody
    can act on them. With the token people do: their actions go to followup.actions.

    \b
    The page:                    http://127.0.0.1:8080/  (NPS_BOARD_PORT)
    The same figures as JSON:    /v1/brands, /v1/brands/{brand}/stores, /v1/stores/{brand}/{store}, /v1/alerts
                                 /v1/trends/{brand}, /v1/trends/{brand}/{store}, /v1/explain/{brand}/{store}
                                 /v1/turnaround, /v1/turnaround/{brand}, /v1/desk, /v1/cases/{alert_id}
    To act on a case:            POST /v1/cases/{alert_id}/actions
    Connection and lags:         /v1/status

    Only this machine can reach it. For others set NPS_BOARD_HOST, and NPS_BOARD_TOKEN, without which it refuses:
    people sign in with the token once, programs send it as `Authorization: Bearer`. Put TLS in front of it.

    Exit status: 0 asked to stop, 1 it cannot listen, 2 wrong settings.
    """  # noqa: D301 (\b keeps click from folding the lines)
    from streams.board.server import serve
    from streams.logs import set_up

    settings = settings_here()
    set_up(settings.log_level, lambda _level: None)

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await serve(settings, stop=stop, ready=lambda address: click.echo(f"The board is at {address}"), now=time.time)

    try:
        asyncio.run(run())
    except OSError as error:
        click.echo(
            f"nps board: cannot listen at {settings.board_host}:{settings.board_port}: {error.strerror}", err=True
        )
        sys.exit(1)
