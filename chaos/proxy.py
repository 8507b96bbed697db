"""A TCP proxy in front of one listener of a broker that knows where a request of Kafka's protocol begins and ends.

Layouts: https://kafka.apache.org/protocol. Every message is its size (int32) and its bytes; a request begins with API
key and version (int16 each) and a correlation id (int32), a response with the correlation id of its request.
"""

import asyncio
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from random import Random
from typing import Literal

_SLICE_BYTES = 7
_SLICES_MAX = 40
"""The first pieces of a message are small; a megabyte in pieces of seven bytes would only be slow."""


class Api(IntEnum):
    """The requests that can be struck."""

    PRODUCE = 0
    OFFSET_COMMIT = 8
    JOIN_GROUP = 11
    SYNC_GROUP = 14
    INIT_PRODUCER_ID = 22
    ADD_PARTITIONS_TO_TXN = 24
    END_TXN = 26


@dataclass(slots=True)
class Loss:
    """Loses one request, or the response to one that the broker did apply; `skip` such go through before.

    `then` says what becomes of the connection: cut at once, or silent until the client gives up. `strike` is called at
    that instant.
    """

    api: Api
    what: Literal["request", "response"] = "response"
    skip: int = 0
    then: Literal["cut", "silence"] = "cut"
    strike: Callable[[], None] = lambda: None
    struck: bool = False


@dataclass(slots=True)
class Toxic:
    """What a network does to every message: `kind`, and how often it did."""

    kind: Literal["latency", "slices", "half_close", "cut", "black_hole"]
    random: Random
    mean_s: float = 0.5
    spread_s: float = 0.3
    after_bytes: int = 20_000
    times: int = 0


@dataclass(slots=True)
class _Link:
    """One connection through the proxy."""

    client: asyncio.StreamWriter
    broker: asyncio.StreamWriter
    apis: dict[int, int] = field(default_factory=dict)
    silent: bool = False
    received: int = 0

    def cut(self) -> None:
        self.client.transport.abort()
        self.broker.transport.abort()


class Proxy:
    """Listens on `port` of 127.0.0.1 and passes on to `upstream`."""

    def __init__(self, port: int, upstream: int) -> None:
        self.port = port
        self.toxic: Toxic | None = None
        self.loss: Loss | None = None
        self._upstream = upstream
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """Listen no more, and cut all connections."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            back, to_broker = await asyncio.open_connection("127.0.0.1", self._upstream)
        except OSError:
            writer.transport.abort()
            return
        link = _Link(writer, to_broker)
        pumps = [asyncio.create_task(self._requests(reader, link)), asyncio.create_task(self._responses(back, link))]
        with suppress(asyncio.CancelledError):  # whoever serves a connection is cancelled by `stop` alone
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        link.cut()
        await asyncio.wait(pumps)

    async def _requests(self, reader: asyncio.StreamReader, link: _Link) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                message = await _message(reader)
                api, _version, correlation = struct.unpack_from(">hhi", message, 4)
                link.apis[correlation] = api
                if self._loses(api, "request", link):
                    continue
                await self._pass_on(message, link.broker, link)

    async def _responses(self, reader: asyncio.StreamReader, link: _Link) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                message = await _message(reader)
                (correlation,) = struct.unpack_from(">i", message, 4)
                api = link.apis.pop(correlation, -1)
                if self._loses(api, "response", link) or link.silent:
                    continue
                link.received += len(message)
                await self._pass_on(message, link.client, link, is_answer=True)

    def _loses(self, api: int, what: str, link: _Link) -> bool:
        loss = self.loss
        if loss is None or loss.struck or (loss.api, loss.what) != (api, what):
            return False
        if loss.skip:
            loss.skip -= 1
            return False
        loss.struck = True
        loss.strike()
        link.silent = True
        if loss.then == "cut":
            link.cut()
        return True

    async def _pass_on(
        self, message: bytes, writer: asyncio.StreamWriter, link: _Link, *, is_answer: bool = False
    ) -> None:
        toxic = self.toxic
        if toxic is None:
            writer.write(message)
        elif toxic.kind == "latency":
            toxic.times += 1
            await asyncio.sleep(max(0.0, toxic.random.uniform(-toxic.spread_s, toxic.spread_s) + toxic.mean_s) / 2)
            writer.write(message)
        elif toxic.kind == "slices":
            toxic.times += 1
            await _in_slices(message, writer)
        elif toxic.kind == "black_hole":
            toxic.times += 1
            while self.toxic is toxic:
                await asyncio.sleep(0.1)
            link.cut()
        elif is_answer and link.received >= toxic.after_bytes:
            toxic.times += 1
            writer.write(message[: len(message) // 2])
            if toxic.kind == "cut":
                await writer.drain()
                link.cut()
            else:
                writer.write_eof()
                link.silent = True
        else:
            writer.write(message)
        await writer.drain()


async def _message(reader: asyncio.StreamReader) -> bytes:
    size = await reader.readexactly(4)
    return size + await reader.readexactly(int.from_bytes(size, "big"))


async def _in_slices(message: bytes, writer: asyncio.StreamWriter) -> None:
    for at in range(0, min(len(message), _SLICE_BYTES * _SLICES_MAX), _SLICE_BYTES):
        writer.write(message[at : at + _SLICE_BYTES])
        await writer.drain()
        await asyncio.sleep(0)
    writer.write(message[_SLICE_BYTES * _SLICES_MAX :])
