"""Lines of a file, one JSON document each, to a topic: what is shared by the commands that send them."""

import asyncio
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO, NoReturn

import click
from aiokafka.errors import KafkaError, KafkaTimeoutError

from streams.cli.kafka import NoKafka, run
from streams.cli.lines import read_lines
from streams.cluster.connection import admin_client, writer
from streams.cluster.reading import partitions_of
from streams.events.json_profile import RECORD_BYTES_MAX
from streams.settings import Settings


class Refused(str):
    """Why a line is not sent."""

    __slots__ = ()


KeyOf = Callable[[bytes], bytes | Refused]
"""The key of a line as a worker expects it, or why a worker would refuse it."""


@dataclass(slots=True)
class Progress:
    """How many lines were read, refused, and written for good; whether Kafka failed before the end, and why."""

    lines: int = 0
    refused: int = 0
    sent: int = 0
    failed: bool = False
    error: BaseException | None = None

    @property
    def status(self) -> int:
        """The exit status."""
        if not self.sent:
            return 2
        return 1 if self.refused or self.failed else 0

    def summary(self) -> str:
        """Say it in one line."""
        unsettled = self.lines - self.refused - self.sent
        more = f", {unsettled:,} read but perhaps not written: send it all again" if unsettled else ""
        return f"{self.sent:,} sent, {self.refused:,} refused{more}"

    def settle(self, future: "asyncio.Future[Any]") -> None:
        """Take note of how a record ended that was handed to the producer."""
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            self.sent += 1
        else:
            self.error = self.error or error


def send_lines(settings: Settings, topic: str, file: BinaryIO, key_of: KeyOf) -> NoReturn:
    """Send the lines of a file to a topic (its name with the prefix), say how it went, and end with the exit status.

    0: all sent. 1: some refused, or Kafka failed half-way. 2: nothing sent. Refusals are `line N: why` on stderr.
    """
    progress = Progress()
    try:
        run(settings, _send(settings, topic, file, key_of, progress))
    except NoKafka as error:
        progress.failed = True
        error.show()
    if sys.stderr.isatty() or (progress.failed and progress.lines):
        click.echo(progress.summary(), err=True)
    sys.exit(progress.status)


async def _send(settings: Settings, topic: str, file: BinaryIO, key_of: KeyOf, progress: Progress) -> None:
    async with admin_client(settings) as admin:
        await partitions_of(admin, topic)
    async with writer(settings) as producer:
        async for lines in read_lines(file.fileno(), RECORD_BYTES_MAX):
            for line in lines:
                progress.lines += 1
                key = key_of(line)
                if isinstance(key, Refused):
                    progress.refused += 1
                    click.echo(f"line {progress.lines}: {key}", err=True)
                    continue
                future = await _hand_over(producer, topic, key, line, settings.commit_deadline)
                future.add_done_callback(progress.settle)
            _check(progress)
        try:
            async with asyncio.timeout(settings.commit_deadline):
                await producer.flush()
        except TimeoutError:
            raise KafkaTimeoutError(f"it took nothing for {settings.commit_deadline:g} s") from None
        await asyncio.sleep(0)  # the callbacks of the last ones
        _check(progress)


def _check(progress: Progress) -> None:
    if progress.error is not None:
        raise progress.error


async def _hand_over(producer: Any, topic: str, key: bytes, value: bytes, patience_s: float) -> "asyncio.Future[Any]":
    """Hand a record to the producer; waits while there is no room in its batch. KafkaError when that takes too long."""
    until_s = time.monotonic() + patience_s
    while True:
        try:
            future: asyncio.Future[Any] = await producer.send(topic, value, key=key)
            return future
        except KafkaError as error:
            if not error.retriable or time.monotonic() > until_s:
                raise
