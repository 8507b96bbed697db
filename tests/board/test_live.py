import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import aiohttp

from streams.board.alerts import Followed
from streams.board.live import CLIENTS_MAX, PENDING_MAX, STORES_MAX
from tests.board.builders import Served, a_standing, raised

Event = tuple[str, Any]


class Listener:
    """A client of the stream."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def next(self) -> Event:
        """The next event, comments aside."""
        fields: dict[str, str] = {}
        while True:
            line = (await asyncio.wait_for(self._response.content.readline(), 10)).decode()
            if line == "":
                raise EOFError
            if line == "\n" and "data" in fields:
                return fields["event"], json.loads(fields["data"])
            name, _, value = line.rstrip("\n").partition(": ")
            fields[name] = value

    async def until(self, name: str) -> Any:
        """The document of the next event of that name."""
        while True:
            event, document = await self.next()
            if event == name:
                return document


@asynccontextmanager
async def _listening(
    http: aiohttp.ClientSession, served: Served, query: str = "", **headers: str
) -> AsyncIterator[Listener]:
    async with http.get(f"{served.address}v1/stream{query}", headers=headers) as response:
        assert (HTTPStatus.OK, "text/event-stream") == (response.status, response.content_type)
        yield Listener(response)


@asynccontextmanager
async def _telling(served: Served) -> AsyncIterator[None]:
    telling = asyncio.create_task(served.hub.run())
    yield
    telling.cancel()


async def _until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_stream_begins_with_the_status(served: Served, http: aiohttp.ClientSession) -> None:
    """Whoever comes, or comes back with a Last-Event-ID, hears first how things are."""
    async with _listening(http, served, **{"Last-Event-ID": "no number"}) as listener:
        name, status = await listener.next()

        assert ("status", "live") == (name, status["state"])
        assert 1 == served.hub.clients


async def test_an_alert_is_told_at_once(served: Served, http: aiohttp.ClientSession) -> None:
    """An alert waits for no pause: it comes although nobody tells figures."""
    async with _listening(http, served) as listener:
        await listener.until("status")
        served.alert(raised(1, alert_id="now", store="Évry"))

        told = await listener.until("alert")

        assert ("now", "Évry") == (told["alert_id"], told["store"])


async def test_figures_are_coalesced_to_the_last(served: Served, http: aiohttp.ClientSession) -> None:
    """Of many changes of a store before a pause ends only the last is told; other keys lose nothing by it."""
    async with _listening(http, served) as listener:
        await listener.until("status")
        for n in range(1, 101):
            served.show(a_standing("Maison", "Lyon", (0, 0, n)))
        served.show(a_standing("Maison", "Nice"), a_standing("Maison"))
        async with _telling(served):
            told = [await listener.next() for _ in range(3)]

    assert ["brand", "store", "store"] == [name for name, _ in told]
    assert [("Lyon", 100), ("Nice", 100)] == [(each["store"], each["windows"]["30d"]["n"]) for _, each in told[1:]]
    assert 2 == told[0][1]["stores"]


async def test_a_page_hears_of_the_stores_of_its_brand_only(served: Served, http: aiohttp.ClientSession) -> None:
    """With `brand=` the stores of others are left out; brands and alerts are not."""
    async with _listening(http, served, "?brand=A%26B") as listener, _telling(served):
        await listener.until("status")
        served.show(a_standing("Other", "x"), a_standing("Other"), a_standing("A&B", "y"))
        served.alert(raised(1, brand="Other"))
        told = sorted([(name, document["brand"]) for name, document in [await listener.next() for _ in range(3)]])

    assert [("alert", "Other"), ("brand", "Other"), ("store", "A&B")] == told


async def test_many_changed_stores_are_told_in_parts(served: Served, http: aiohttp.ClientSession) -> None:
    """However many stores of a brand change at once, a pause tells of STORES_MAX; the rest follow."""
    names = {f"s{number}" for number in range(STORES_MAX + 50)}
    async with _listening(http, served) as listener:
        await listener.until("status")
        served.show(*(a_standing("Maison", name) for name in sorted(names)))
        async with _telling(served):
            told = [(await listener.until("store"))["store"] for _ in names]

    assert names == set(told)


async def test_a_change_of_the_connection_is_told_at_once(served: Served, http: aiohttp.ClientSession) -> None:
    """Losing Kafka is news."""
    async with _listening(http, served) as listener:
        await listener.until("status")
        served.progress.reachable = False
        served.hub.status_changed()

        assert "unreachable" == (await listener.until("status"))["state"]


async def test_a_client_that_leaves_is_forgotten(served: Served, http: aiohttp.ClientSession) -> None:
    """Nothing is kept for who is gone."""
    async with _listening(http, served) as listener:
        await listener.until("status")

    served.alert(*(raised(number, alert_id=str(number)) for number in range(3)))
    await _until(lambda: served.hub.clients == 0)


async def test_a_client_that_does_not_keep_up_is_dropped(served: Served) -> None:
    """What waits for one client is bounded: one that stops reading loses its stream, and the others nothing."""
    host, port = served.address.removeprefix("http://").rstrip("/").split(":")
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await asyncio.to_thread(slow.connect, (host, int(port)))
        slow.sendall(b"GET /v1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        await _until(lambda: served.hub.clients == 1)
        with served.hub.subscribe(None) as keen:
            await keen.next()
            for number in range(5 * PENDING_MAX):
                place, event = raised(number, comment="x" * 60_000)
                served.hub.alerts_changed([Followed(place, place.at_ms, event)])
                assert b"event: alert" in (await keen.next() or b"")
                await asyncio.sleep(0)

            assert 1 == served.hub.clients


async def test_there_is_room_for_so_many_pages_and_no_more(served: Served, http: aiohttp.ClientSession) -> None:
    """Beyond CLIENTS_MAX a page is told that there is no room; the others are not disturbed."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        for _ in range(CLIENTS_MAX):
            stack.enter_context(served.hub.subscribe(None))
        async with http.get(f"{served.address}v1/stream") as response:
            assert (HTTPStatus.SERVICE_UNAVAILABLE, "application/problem+json") == (
                response.status,
                response.content_type,
            )
