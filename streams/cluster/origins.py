"""The records behind votes: what `survey.responses` still holds at the offsets that the state names."""

from collections.abc import Iterable
from typing import Any

from msgspec import UNSET

from streams.cluster.connection import admin_client, reader
from streams.cluster.explanation import Event, RecordState
from streams.cluster.reading import partitions_of, read_span
from streams.cluster.recount import Seen
from streams.domain.identity import identity_of
from streams.domain.window import DAY_S
from streams.events.rehomed import read_rehomed
from streams.events.rejected import Rejected
from streams.events.response import Response, decode_response
from streams.events.time import epoch_ms, rfc3339_ms
from streams.settings import Settings
from streams.topology import RESPONSES

_GAP_MAX = 5_000
"""Offsets nearer to each other than this are read in one go: reading on costs less than looking for a place anew."""


async def add_events(
    settings: Settings, brand: str, store: str, partition: int, votes: Iterable[Seen], *, with_text: bool
) -> None:
    """Let each of these votes of a store tell its events, in the order of arrival. KafkaError without Kafka.

    Comments and customers are among them only `with_text`.
    """
    votes = list(votes)
    records = await _read(settings, partition, sorted(set().union(*(one.vote.offsets for one in votes))))
    for day, identity, vote in votes:
        vote.events = [
            _event(offset, records.get(offset), (brand, store, day, identity), with_text=with_text)
            for offset in sorted(vote.offsets)
        ]


async def _read(settings: Settings, number: int, offsets: list[int]) -> dict[int, Any]:
    """The records at these offsets of a partition, in ascending order; without those that are not there any more."""
    records: dict[int, Any] = {}
    if not offsets:
        return records
    wanted = frozenset(offsets)

    def keep(record: Any) -> None:
        if record.offset in wanted:
            records[record.offset] = record

    async with admin_client(settings) as admin:
        partition = (await partitions_of(admin, settings.topic(RESPONSES.name)))[number]
    async with reader(settings, "read_committed") as consumer:
        start = (await consumer.beginning_offsets([partition]))[partition]
        end = (await consumer.end_offsets([partition]))[partition]
        for first, last in _spans([offset for offset in offsets if start <= offset < end]):
            await read_span(consumer, {partition: first}, {partition: last + 1}, keep)
    return records


def _spans(offsets: list[int]) -> list[tuple[int, int]]:
    """From where to where to read, both included, so that all of these ascending offsets are met."""
    spans: list[tuple[int, int]] = []
    for offset in offsets:
        if spans and offset - spans[-1][1] <= _GAP_MAX:
            spans[-1] = spans[-1][0], offset
        else:
            spans.append((offset, offset))
    return spans


def _event(offset: int, record: Any, whose: tuple[str, str, int, int], *, with_text: bool) -> Event:
    if record is None:
        return _unknown(offset, "beyond_retention")
    response = decode_response(record.value)
    if isinstance(response, Rejected) or _whose(response) != whose:
        return _unknown(offset, "another")
    arrival_ms = record.timestamp
    rehomed_ms = read_rehomed(record.headers)
    return Event(
        offset=offset,
        record="there",
        arrived_at=rfc3339_ms(arrival_ms if rehomed_ms is None else min(rehomed_ms, arrival_ms)),
        event=response.event,
        version=response.version,
        score=response.score if isinstance(response.score, int) else None,
        imported=bool(response.imported),
        reason=response.reason,
        by=response.by,
        source=response.source,
        response_id=response.response_id,
        comment=response.comment if with_text else UNSET,
        customer_ref=response.customer_ref if with_text else UNSET,
    )


def _unknown(offset: int, record: RecordState) -> Event:
    return Event(offset=offset, record=record)


def _whose(response: Response) -> tuple[str, str, int, int]:
    day = epoch_ms(response.submitted_at) // (DAY_S * 1000)
    return response.brand, response.store, day, identity_of(response.source or "", response.response_id)
