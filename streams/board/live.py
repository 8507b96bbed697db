"""The live stream: server-sent events, one multiplexed stream per page.

Alerts go out at once; figures are coalesced, each brand and store at most once per PAUSE_S with what it says by then.
Nothing is replayed: a page that comes back asks the API for what it shows, so `Last-Event-ID` may be sent and is not
needed. A client that does not keep up is dropped; its EventSource reconnects by itself.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

from aiohttp import web

from streams.board import documents
from streams.board.model import Board, Raised
from streams.board.problem import Refused
from streams.board.progress import Progress

PAUSE_S: Final = 1.0
HEARTBEAT_S: Final = 15.0
"""Below the idle timeout of the usual proxies (30-60 s)."""
CLIENTS_MAX: Final = 200
PENDING_MAX: Final = 128
"""Chunks that wait for one client: about two minutes of figures, more than any short hiccup."""
STORES_MAX: Final = 200
"""Stores of one brand told in one pause; the others follow in the next."""
WRITE_MAX_S: Final = 20.0
"""A client that takes nothing for this long has gone away without saying so."""


class Subscriber:
    """One client's queue. With a `brand`, it hears of the stores of that brand only (but of all brands and alerts)."""

    def __init__(self, brand: str | None) -> None:
        self.brand = brand
        self._pending: asyncio.Queue[bytes | None] = asyncio.Queue(PENDING_MAX)

    def offer(self, chunk: bytes) -> bool:
        """Queue a chunk; False where the queue is full."""
        if self._pending.full():
            return False
        self._pending.put_nowait(chunk)
        return True

    def end(self) -> None:
        """Let the stream end here, what waits for it forgotten."""
        while not self._pending.empty():
            self._pending.get_nowait()
        self._pending.put_nowait(None)

    async def next(self) -> bytes | None:
        """The next chunk, a heartbeat where nothing came for HEARTBEAT_S, None at the end."""
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                return await self._pending.get()
        except TimeoutError:
            return b": heartbeat\n\n"


class Hub:
    """Gathers what changed and tells all subscribers."""

    def __init__(self, board: Board, progress: Progress, *, now: Callable[[], float]) -> None:
        self._board = board
        self._progress = progress
        self._now = now
        self._subscribers: set[Subscriber] = set()
        self._brands: dict[str, None] = {}
        self._stores: dict[str, dict[str, None]] = {}
        self._changed = asyncio.Event()
        self._count = 0

    @property
    def clients(self) -> int:
        """How many listen."""
        return len(self._subscribers)

    def score_changed(self, brand: str, store: str | None) -> None:
        """Tell of a brand or store, with its figures of then, within PAUSE_S."""
        if store is None:
            self._brands[brand] = None
        else:
            self._stores.setdefault(brand, {})[store] = None
        self._changed.set()

    def alert_raised(self, raised: Raised) -> None:
        """Tell of an alert now."""
        chunk = self._event("alert", documents.alert(raised))
        for subscriber in tuple(self._subscribers):
            self._offer(subscriber, chunk)

    def status_changed(self) -> None:
        """Tell of the connection to Kafka now."""
        chunk = self._status()
        for subscriber in tuple(self._subscribers):
            self._offer(subscriber, chunk)

    def close(self) -> None:
        """End every stream."""
        for subscriber in tuple(self._subscribers):
            subscriber.end()

    @contextmanager
    def subscribe(self, brand: str | None) -> Iterator[Subscriber]:
        """Listen as long as the context lasts, beginning with the status; raises Refused beyond CLIENTS_MAX."""
        if len(self._subscribers) >= CLIENTS_MAX:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, f"{CLIENTS_MAX} pages are open already")
        subscriber = Subscriber(brand)
        subscriber.offer(b"retry: 2000\n\n" + self._status())
        self._subscribers.add(subscriber)
        try:
            yield subscriber
        finally:
            self._subscribers.discard(subscriber)

    async def run(self) -> None:
        """Tell of changed figures, for ever."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            self._tell_figures()
            await asyncio.sleep(PAUSE_S)

    def _tell_figures(self) -> None:
        brands, self._brands = self._brands, {}
        told = b"".join(self._event("brand", documents.brand(self._board, name)) for name in brands)
        stores = {brand: self._take_stores(brand) for brand in tuple(self._stores)}
        for subscriber in tuple(self._subscribers):
            if subscriber.brand is None:
                chunk = told + b"".join(stores.values())
            else:
                chunk = told + stores.get(subscriber.brand, b"")
            if chunk:
                self._offer(subscriber, chunk)

    def _offer(self, subscriber: Subscriber, chunk: bytes) -> None:
        if not subscriber.offer(chunk):
            self._subscribers.discard(subscriber)
            subscriber.end()

    def _take_stores(self, brand: str) -> bytes:
        waiting = self._stores.pop(brand)
        names = list(waiting)
        if len(names) > STORES_MAX:
            self._stores[brand] = dict.fromkeys(names[STORES_MAX:])
            self._changed.set()
        if not any(subscriber.brand in {None, brand} for subscriber in self._subscribers):
            return b""
        known = (self._board.store(brand, name) for name in names[:STORES_MAX])
        return b"".join(self._event("store", documents.figures(standing)) for standing in known if standing)

    def _status(self) -> bytes:
        return self._event("status", documents.status(self._board, self._progress, now=self._now()))

    def _event(self, name: str, document: documents.Document) -> bytes:
        self._count += 1
        return b"event: %b\nid: %d\ndata: %b\n\n" % (name.encode(), self._count, documents.encode(document))


async def stream(request: web.Request, hub: Hub) -> web.StreamResponse:
    """Serve one client until it leaves, is dropped or the board ends."""
    with hub.subscribe(request.query.get("brand") or None) as subscriber:
        response = web.StreamResponse(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        response.content_type = "text/event-stream"
        response.charset = "utf-8"
        await response.prepare(request)
        try:
            while (chunk := await subscriber.next()) is not None:
                async with asyncio.timeout(WRITE_MAX_S):
                    await response.write(chunk)
        except (ConnectionError, TimeoutError):
            if request.transport is not None:
                request.transport.abort()
        return response
