"""The live stream: server-sent events, one multiplexed stream per page.

Alerts go out at once; figures are coalesced, each brand and store at most once per PAUSE_S with what it says by then.
Of trends and cases it is only told which are others now, and nothing that is in them. Each page hears what it may see,
with the token or without.
Nothing is replayed: a page that comes back asks the API for what it shows, so `Last-Event-ID` may be sent and is not
needed. A client that does not keep up is dropped; its EventSource reconnects by itself.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from typing import Final

from aiohttp import web

from streams.board import documents
from streams.board.alerts import Followed
from streams.board.model import Board
from streams.board.problem import Refused
from streams.board.progress import Progress
from streams.board.sight import Everything, Sights, Veil

PAUSE_S: Final = 1.0
HEARTBEAT_S: Final = 15.0
"""Below the idle timeout of the usual proxies (30-60 s)."""
CLIENTS_MAX: Final = 200
PENDING_MAX: Final = 128
"""Chunks that wait for one client: about two minutes of figures, more than any short hiccup."""
STORES_MAX: Final = 200
"""Stores of one brand told in one pause; the others follow in the next."""
CASES_MAX: Final = 500
"""Cases named in one pause; the others follow in the next."""
WRITE_MAX_S: Final = 20.0
"""A client that takes nothing for this long has gone away without saying so."""


class Subscriber:
    """One client's queue. With a `brand`, it hears of the stores of that brand only (but of all brands and alerts).

    `whole`: it is told everything, small cells included.
    """

    def __init__(self, brand: str | None, *, whole: bool) -> None:
        self.brand = brand
        self.whole = whole
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
        self._trends: dict[tuple[str, str | None], None] = {}
        self._cases: dict[str, None] = {}
        self._sights: dict[bool, Sights] = {True: Everything(), False: Veil(board, progress)}
        self._changed = asyncio.Event()
        self._count = 0

    @property
    def clients(self) -> int:
        """How many listen."""
        return len(self._subscribers)

    def sights(self, *, whole: bool) -> Sights:
        """What is told to whoever showed the token (`whole`), and to whoever did not."""
        return self._sights[whole]

    def score_changed(self, brand: str, store: str | None) -> None:
        """Tell of a brand or store, with its figures of then, within PAUSE_S."""
        if store is None:
            self._brands[brand] = None
        else:
            self._stores.setdefault(brand, {})[store] = None
        self._changed.set()

    def trend_changed(self, brand: str, store: str | None) -> None:
        """Tell within PAUSE_S that a brand or store has another trend."""
        self._trends[brand, store] = None
        self._changed.set()

    def alerts_changed(self, changed: Iterable[Followed]) -> None:
        """Tell of alerts now, as they stand."""
        for followed in changed:
            self._tell(partial(self._alert, followed))

    def cases_changed(self, case_ids: Iterable[str]) -> None:
        """Tell within PAUSE_S that there is something new about these cases."""
        self._cases.update(dict.fromkeys(case_ids))
        self._changed.set()

    def status_changed(self) -> None:
        """Tell of the connection to Kafka now."""
        self._tell(self._status)

    def close(self) -> None:
        """End every stream."""
        for subscriber in tuple(self._subscribers):
            subscriber.end()

    @contextmanager
    def subscribe(self, brand: str | None, *, whole: bool = False) -> Iterator[Subscriber]:
        """Listen as long as the context lasts, beginning with the status; raises Refused beyond CLIENTS_MAX."""
        if len(self._subscribers) >= CLIENTS_MAX:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, f"{CLIENTS_MAX} pages are open already")
        subscriber = Subscriber(brand, whole=whole)
        subscriber.offer(b"retry: 2000\n\n" + self._status(whole))
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
        trends, self._trends = self._trends, {}
        stores = {brand: self._take_stores(brand) for brand in tuple(self._stores)}
        cases = self._take_cases()
        for whole in {subscriber.whole for subscriber in self._subscribers}:
            sights = self._sights[whole]
            told = b"".join(self._brand(name, sights) for name in brands) + cases
            of_brands = {brand: self._stores_of(brand, names, sights) for brand, names in stores.items()}
            for brand, store in trends:
                of_brands[brand] = of_brands.get(brand, b"") + self._event("trend", {"brand": brand, "store": store})
            for subscriber in tuple(self._subscribers):
                if subscriber.whole is not whole:
                    continue
                asked = of_brands.values() if subscriber.brand is None else [of_brands.get(subscriber.brand, b"")]
                if chunk := told + b"".join(asked):
                    self._offer(subscriber, chunk)

    def _tell(self, event: Callable[[bool], bytes]) -> None:
        told: dict[bool, bytes] = {}
        for subscriber in tuple(self._subscribers):
            if subscriber.whole not in told:
                told[subscriber.whole] = event(subscriber.whole)
            self._offer(subscriber, told[subscriber.whole])

    def _offer(self, subscriber: Subscriber, chunk: bytes) -> None:
        if not subscriber.offer(chunk):
            self._subscribers.discard(subscriber)
            subscriber.end()

    def _take_stores(self, brand: str) -> list[str]:
        """Some of the stores of a brand that changed; none where nobody wants to hear of them."""
        waiting = self._stores.pop(brand)
        names = list(waiting)
        if len(names) > STORES_MAX:
            self._stores[brand] = dict.fromkeys(names[STORES_MAX:])
            self._changed.set()
        if not any(subscriber.brand in {None, brand} for subscriber in self._subscribers):
            return []
        return names[:STORES_MAX]

    def _take_cases(self) -> bytes:
        """Which cases changed, the same for everybody."""
        waiting = list(self._cases)
        self._cases = dict.fromkeys(waiting[CASES_MAX:])
        if self._cases:
            self._changed.set()
        return self._event("cases", {"case_ids": waiting[:CASES_MAX]}) if waiting else b""

    def _brand(self, name: str, sights: Sights) -> bytes:
        return self._event("brand", documents.brand(self._board, name, sights.of(name, None)))

    def _stores_of(self, brand: str, names: Iterable[str], sights: Sights) -> bytes:
        told = []
        for name in names:
            standing = self._board.standing(brand, name)
            if standing is not None:
                told.append(self._event("store", documents.figures(self._board, standing, sights.of(brand, name))))
        return b"".join(told)

    def _alert(self, followed: Followed, whole: bool) -> bytes:  # noqa: FBT001 -- as `_tell` calls it
        return self._event("alert", documents.alert(followed, whole=whole))

    def _status(self, whole: bool) -> bytes:  # noqa: FBT001 -- as `_tell` calls it
        return self._event("status", documents.status(self._board, self._progress, now=self._now(), whole=whole))

    def _event(self, name: str, document: documents.Document) -> bytes:
        self._count += 1
        return b"event: %b\nid: %d\ndata: %b\n\n" % (name.encode(), self._count, documents.encode(document))


async def stream(request: web.Request, hub: Hub, *, whole: bool) -> web.StreamResponse:
    """Serve one client until it leaves, is dropped or the board ends."""
    with hub.subscribe(request.query.get("brand") or None, whole=whole) as subscriber:
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
