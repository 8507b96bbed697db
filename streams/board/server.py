"""The board as a whole: read model, reader, live stream and web server, from start to stop."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web

from streams.board import api, assets, desk
from streams.board.behind import Explain, from_topics
from streams.board.desk import Act, to_topic
from streams.board.guard import check, guard, harden
from streams.board.live import Hub
from streams.board.model import Board
from streams.board.problem import problems
from streams.board.progress import Progress
from streams.board.reader import read
from streams.settings import Settings

STOP_S: Final = 0.5
"""How long requests under way may take to end; streams end at once."""


async def serve(
    settings: Settings, *, stop: asyncio.Event, ready: Callable[[str], None], now: Callable[[], float]
) -> None:
    """Serve the board until `stop` is set; `ready` gets its address as soon as it listens, with Kafka there or not.

    `now` is the clock, in seconds since the epoch. Raises BadSetting where it may not be served, OSError where it
    cannot listen.
    """
    board, progress = Board(), Progress(heard_s=now())
    hub = Hub(board, progress, now=now)
    async with listening(settings, board=board, progress=progress, hub=hub, now=now) as address:
        ready(address)
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(hub.run()),
                tasks.create_task(read(settings, board=board, progress=progress, hub=hub, now=now)),
            ]
            await stop.wait()
            for task in running:
                task.cancel()


@asynccontextmanager
async def listening(
    settings: Settings,
    *,
    board: Board,
    progress: Progress,
    hub: Hub,
    now: Callable[[], float],
    explain: Explain | None = None,
    act: Act | None = None,
) -> AsyncIterator[str]:
    """The web server over a read model that somebody else fills; gives its address.

    `explain` says what is behind a number, from the topics unless told otherwise; `act` writes actions, to the topic.
    """
    check(settings)
    # The guard stands first: what it refuses reaches nothing behind it.
    app = web.Application(middlewares=[guard(settings), problems])
    app.on_response_prepare.append(harden)
    app.add_routes(api.routes(board, progress, hub, explain=explain or from_topics(settings), now=now))
    app.add_routes(desk.routes(board, act=act or to_topic(settings), token=settings.board_token, now=now))
    app.add_routes(assets.routes())
    # No access log: it would keep tokens and names of stores.
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_S)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.board_host, settings.board_port).start()
        yield _address(runner)
    finally:
        hub.close()
        await runner.cleanup()


def _address(runner: web.AppRunner) -> str:
    host, port = runner.addresses[0][:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
