import time
from typing import BinaryIO

import click

from streams.cli.kafka import settings_here
from streams.cli.sending import Refused, send_lines
from streams.domain.arrival import AGE_MS_MAX, FUTURE_MS_MAX
from streams.events.rejected import Rejected
from streams.events.response import decode_response
from streams.events.time import epoch_ms
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
    send_lines(settings, settings.topic(RESPONSES.name), file, _key_of)


def _key_of(line: bytes) -> bytes | Refused:
    response = decode_response(line)
    if isinstance(response, Rejected):
        return Refused(response.reason)
    age_ms = round(time.time() * 1000) - epoch_ms(response.submitted_at)
    if age_ms < -FUTURE_MS_MAX:
        return Refused("timestamp_in_future")
    if age_ms > AGE_MS_MAX:
        return Refused("too_old")
    return f"{response.brand}|{response.store}".encode()
