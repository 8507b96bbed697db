import asyncio
import sys
import time
from dataclasses import dataclass
from typing import Any, BinaryIO

import click
from aiokafka.errors import KafkaError, KafkaTimeoutError

from streams.cli.kafka import NoKafka, run, settings_here
from streams.cli.lines import read_lines
from streams.cluster.connection import admin_client, writer
from streams.cluster.reading import partitions_of
from streams.domain.arrival import AGE_MS_MAX, FUTURE_MS_MAX
from streams.events.json_profile import RECORD_BYTES_MAX
from streams.events.rejected import Rejected
from streams.events.response import decode_response
from streams.events.time import epoch_ms
from streams.settings import Settings
from streams.topology import RESPONSES


@click.command()
@click.argument("file", type=click.File("rb"))
def command(file: BinaryIO) -> None:
    """Send survey responses from FILE, or from standard input where it is `-`: one JSON document a line.

    Each line is read as a worker would read it. What a worker would refuse is not sent, but said on standard error as
    `line N: reason`, with the reasons of the dead letters (too_large, invalid_json, schema, score_out_of_range,
    too_old, ...); times are compared with the clock of this machine. Sending a file twice does no harm: a response
    counts once.

    \b
    Example:  nps send responses.jsonl 2> refused.txt
              tail -f till.log | nps send -
    \b
    A line:   {"response_id": "r-1", "brand": "Aurelia", "store": "Lyon 2", "score": 9,
               "submitted_at": "2026-03-01T17:30:00+01:00", "comment": "Quick and friendly"}

    Exit status: 0 all sent, 1 some refused, 2 nothing sent: all was refused, there was nothing to send, or Kafka could
    not be reached. Where Kafka fails half-way (it may take NPS_COMMIT_DEADLINE to restart) it is 1: send all again.
    """  # noqa: D301 (\b keeps click from folding the lines)
    settings = settings_here()
    progress = Progress()
    try:
        run(settings, _send(settings, file, progress))
    except NoKafka as error:
        progress.failed = True
        error.show()
    if sys.stderr.isatty() or (progress.failed and progress.lines):
        click.echo(progress.summary(), err=True)
    sys.exit(progress.status)


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


async def _send(settings: Settings, file: BinaryIO, progress: Progress) -> None:
    topic = settings.topic(RESPONSES.name)
    async with admin_client(settings) as admin:
        await partitions_of(admin, topic)
    async with writer(settings) as producer:
        async for lines in read_lines(file.fileno(), RECORD_BYTES_MAX):
            for line in lines:
                progress.lines += 1
                key = _key_of(line, round(time.time() * 1000))
                if isinstance(key, Rejected):
                    progress.refused += 1
                    click.echo(f"line {progress.lines}: {key.reason}", err=True)
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


def _key_of(line: bytes, now_ms: int) -> bytes | Rejected:
    """Return the key of a response as the worker expects it, or why the worker would refuse the line."""
    response = decode_response(line)
    if isinstance(response, Rejected):
        return response
    age_ms = now_ms - epoch_ms(response.submitted_at)
    if age_ms < -FUTURE_MS_MAX:
        return Rejected("timestamp_in_future")
    if age_ms > AGE_MS_MAX:
        return Rejected("too_old")
    return f"{response.brand}|{response.store}".encode()


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
