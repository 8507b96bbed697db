"""The proxy passes everything on, but for what it is told to lose."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any, Literal

import pytest

from chaos.proxy import Api, Loss, Proxy, Toxic
from chaos.waiting import until
from streams.broker.ports import free_ports

SIZE = 5_000


@asynccontextmanager
async def between() -> AsyncIterator[tuple[Proxy, "Client", list[int]]]:
    """A proxy before a broker that answers every request with as many bytes; a client; what the broker was asked."""
    asked: list[int] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                size = int.from_bytes(await reader.readexactly(4), "big")
                message = await reader.readexactly(size)
                api, _version, correlation = struct.unpack_from(">hhi", message)
                asked.append(api)
                writer.write(struct.pack(">ii", size, correlation) + message[4:])
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    port, upstream = free_ports(2)
    broker = await asyncio.start_server(answer, "127.0.0.1", upstream)
    proxy = Proxy(port, upstream)
    await proxy.start()
    client = Client(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield proxy, client, asked
    finally:
        client.writer.close()
        await proxy.stop()
        broker.close()


class Client:
    """Asks, and reads what is answered."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def ask(self, api: int, correlation: int) -> bytes:
        """Send a request and return its answer's bytes; IncompleteReadError where the connection ends before."""
        message = struct.pack(">hhi", api, 9, correlation) + b"x" * SIZE
        self.writer.write(struct.pack(">i", len(message)) + message)
        found = await self.reader.readexactly(8)
        assert correlation == struct.unpack(">ii", found)[1]
        return found + await self.reader.readexactly(len(message) - 4)


async def test_what_is_not_struck_is_passed_on() -> None:
    """Byte by byte, in order."""
    async with between() as (_, client, asked):
        answers = [await client.ask(api, correlation) for correlation, api in enumerate((0, 1, 26))]
        assert [SIZE + 12] * 3 == [len(each) for each in answers]
        assert [0, 1, 26] == asked


@pytest.mark.parametrize("what", ["request", "response"])
async def test_a_request_or_its_answer_is_lost_and_the_connection_cut(what: Literal["request", "response"]) -> None:
    """The broker carried out the one whose answer is lost, and never heard of the other; those before went through."""
    async with between() as (proxy, client, asked):
        struck: list[Any] = []
        proxy.loss = Loss(Api.END_TXN, what, skip=1, strike=lambda: struck.append(True))
        await client.ask(Api.END_TXN, 1)
        await client.ask(Api.PRODUCE, 2)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await client.ask(Api.END_TXN, 3)
        assert proxy.loss.struck
        assert [True] == struck
        assert [Api.END_TXN, Api.PRODUCE, *([Api.END_TXN] if what == "response" else [])] == asked


async def test_a_silent_connection_stays_open_and_says_nothing_more() -> None:
    """As a peer behind a broken network does: the client has to give up by itself."""
    async with between() as (proxy, client, asked):
        proxy.loss = Loss(Api.PRODUCE, then="silence")
        first = asyncio.create_task(client.ask(Api.PRODUCE, 1))
        await until("it is lost", lambda: proxy.loss is not None and proxy.loss.struck)
        assert [Api.PRODUCE] == asked
        assert not first.done()
        first.cancel()
        await asyncio.wait([first])


async def test_slices_come_to_the_same_bytes() -> None:
    """However small they are."""
    async with between() as (proxy, client, _):
        proxy.toxic = Toxic("slices", Random(1))
        assert SIZE + 12 == len(await client.ask(Api.PRODUCE, 1))
        assert 2 == proxy.toxic.times


@pytest.mark.parametrize("kind", ["cut", "half_close"])
async def test_a_connection_ends_in_the_middle_of_an_answer(kind: Literal["cut", "half_close"]) -> None:
    """After so many bytes."""
    async with between() as (proxy, client, _):
        proxy.toxic = Toxic(kind, Random(1), after_bytes=2 * SIZE)
        await client.ask(Api.PRODUCE, 1)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await client.ask(Api.PRODUCE, 2)
        assert 1 == proxy.toxic.times


async def test_what_fell_into_a_black_hole_does_not_come_back() -> None:
    """The connection ends when the hole does."""
    async with between() as (proxy, client, asked):
        toxic = proxy.toxic = Toxic("black_hole", Random(1))
        asking = asyncio.create_task(client.ask(Api.PRODUCE, 1))
        await until("it is swallowed", lambda: toxic.times)
        proxy.toxic = None
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await asking
        assert [] == asked
