"""What the simulated tills send, read by the system's own reader: good records are good, bad ones bad as intended."""

from datetime import UTC, datetime
from itertools import islice

import orjson
import pytest
from msgspec import UNSET

from streams.demo.faults import FAULTS, Fault
from streams.demo.records import Document, Kind, Record
from streams.demo.shops import DAY_MS
from streams.demo.strays import murmur_partition
from streams.demo.world import World, history, live
from streams.events.rejected import Rejected
from streams.events.response import decode_response

_START_MS = int(datetime(2026, 11, 19, 12, tzinfo=UTC).timestamp() * 1000)
_PARTITIONS = 8


def _records() -> list[Record]:
    world = World.make(seed=11, start_ms=_START_MS, partitions=_PARTITIONS)
    return [*history(world, records=1_000, days=5, older=200), *islice(live(world, rate=40), 25_000)]


def _reason(record: Record) -> str:
    """Why a record is refused on arrival; empty where it is not. Says in its own words what the rules are."""
    response = decode_response(record.value)
    if isinstance(response, Rejected):
        return response.reason
    age_ms = record.at_ms - response.submitted_at.timestamp() * 1000
    if not -300_000 <= age_ms <= 400 * DAY_MS:
        return "timestamp_in_future" if age_ms < 0 else "too_old"
    assert record.key is not None
    home = murmur_partition(f"{response.brand}|{response.store}".encode(), _PARTITIONS)
    strayed = murmur_partition(record.key, _PARTITIONS) != home
    return "wrong_partition" if strayed and any(name == "nps.rehomed-from" for name, _ in record.headers) else ""


def test_every_record_is_what_it_is_meant_to_be() -> None:
    """A good record is taken without an unknown field; a malformed one gives the reason intended."""
    for record in _records():
        assert record.reason == _reason(record), record
        if record.kind is not Kind.MALFORMED:
            response = decode_response(record.value)
            assert not isinstance(response, Rejected)
            assert 0 == response.unknown_fields


def test_recount_and_reader_see_the_same() -> None:
    """What the recount knows of a record is what the reader reads."""
    for record in _records():
        if record.said is None:
            continue
        response = decode_response(record.value)
        assert not isinstance(response, Rejected)

        assert record.said.name == (response.brand, response.store, response.source, response.response_id)
        assert record.said.event == response.event
        assert record.said.score == (None if response.score is UNSET else response.score)
        assert record.said.submitted_ms == round(response.submitted_at.timestamp() * 1000)
        assert record.said.document == orjson.loads(record.value or b"")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__.strip("_"))
@pytest.mark.parametrize("scale_min", [0, 1])
def test_every_fault_has_its_reason_on_either_scale(fault: Fault, scale_min: int) -> None:
    """Each fault alone, many times over, with and without a comment, ends with the one reason that it is meant to."""
    from random import Random

    random = Random(5)
    for number in range(200):
        document: Document = {
            "response_id": f"r{number}",
            "brand": "Épicerie",
            "store": "Liège",
            "submitted_at": "2026-11-19T12:00:00+01:00",
            "score": random.randint(1, 10),
        }
        if scale_min:
            document |= {"scale_min": 1, "scale_max": 10}
        if number % 2:
            document["comment"] = 'Déçu 😡 "vraiment": {rien}'
        value = fault(document, random, datetime.fromtimestamp(_START_MS / 1000, UTC))
        record = Record(at_ms=_START_MS, kind=Kind.MALFORMED, key="Épicerie|Liège".encode(), value=value)

        assert FAULTS[fault] == _reason(record), value
