import asyncio
import dataclasses
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import aiohttp
from msgspec.structs import replace

from streams.board.alerts import Followed
from streams.board.live import CLIENTS_MAX, PENDING_MAX, STORES_MAX
from tests.board import small
from tests.board.builders import Served, a_served_board, a_standing, a_trend, an_alarm, raised

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


async def test_the_stream_tells_no_small_score_without_the_token(served: Served, http: aiohttp.ClientSession) -> None:
    """Figures, brands and alerts are told live as they may be seen: the score of four answers is in none of them."""
    async with _listening(http, served) as listener, _telling(served):
        small.fill(served)
        told = [await listener.next() for _ in range(10)]

    assert {"status", "alert", "brand", "store", "trend"} == {name for name, _ in told}
    traces = [*small.traces(small.FOUR), *small.traces(small.ELEVEN)]
    assert [] == [trace for trace in traces if trace in json.dumps(told)]


async def test_with_the_token_the_stream_tells_everything(http: aiohttp.ClientSession) -> None:
    """Who shows the token hears the score of four answers, at the same time as others do not."""
    async with a_served_board(board_token="secret") as served, _telling(served):
        with served.hub.subscribe(None) as veiled:
            headers = {"Authorization": "Bearer secret"}
            async with _listening(http, served, **headers) as listener:
                small.fill(served)
                told = [await listener.next() for _ in range(10)]
            heard = b"".join([await veiled.next() or b"" for _ in range(3)]).decode()

    trace = small.traces(small.FOUR)[1]
    assert (True, False) == (trace in json.dumps(told), trace in heard)
    assert "event: store" in heard


async def test_a_page_is_told_that_there_is_another_trend(served: Served, http: aiohttp.ClientSession) -> None:
    """Of which brand or store, and no more: who looks at it asks for it."""
    async with _listening(http, served, "?brand=Maison") as listener, _telling(served):
        await listener.until("status")
        served.trend("Other", None, a_trend("Other"))
        served.trend("Maison", "Lyon", a_trend("Maison", "Lyon"))

        assert {"brand": "Maison", "store": "Lyon"} == await listener.until("trend")


async def test_an_alarm_is_told_with_the_figures(served: Served, http: aiohttp.ClientSession) -> None:
    """A store says that its score fell as soon as that is known, and that it is over."""
    served.show(a_standing("Maison", "Lyon"))
    async with _listening(http, served) as listener, _telling(served):
        await listener.until("store")
        served.alarm(an_alarm())
        assert ["drop"] == [alarm["rule"] for alarm in (await listener.until("store"))["alarms"]]

        served.alarm(an_alarm(kind="released"))
        assert [] == (await listener.until("store"))["alarms"]


async def test_a_person_who_is_forgotten_is_erased_in_open_pages(served: Served, http: aiohttp.ClientSession) -> None:
    """Every alert of the response is told anew at once, without comment, customer and link, earlier ones as well."""
    link = "https://crm.example/canary"
    first, second = (
        raised(number, alert_id=name, generation=number, comment="canary", customer_ref="canary", link=link)
        for number, name in enumerate("ab")
    )
    async with _listening(http, served) as listener:
        served.alert(first, second)
        assert ["canary", "canary"] == [(await listener.until("alert"))["comment"] for _ in range(2)]
        place, event = second
        gone = replace(
            event, kind="retracted", sequence=2, reason="forgotten", comment=None, customer_ref=None, link=None
        )
        served.alert((dataclasses.replace(place, offset=9), gone))

        told = [await listener.until("alert") for _ in range(2)]

    assert {("a", "raised"), ("b", "retracted")} == {(each["alert_id"], each["kind"]) for each in told}
    assert [True, True] == [each["forgotten"] for each in told]
    assert "canary" not in json.dumps(told)
    async with http.get(f"{served.address}v1/alerts") as response:
        assert "canary" not in await response.text()
