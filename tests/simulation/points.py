"""Small fixed stories, and every point of them at which something can befall a worker.

For each numbered request of each story: the worker dies before it is made, dies once it is done, loses its answer, or
is stopped there for longer than its session, so that it wakes up to find another in its place. And for the smaller two
every pair of such points.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from streams.engine.partition import partition_of
from tests.simulation.mishaps import Event
from tests.simulation.network import Fault
from tests.simulation.story import Sent, Story
from tests.simulation.world import World

_STARTS_AT_S = 1_794_830_730.0
_FROZEN_S = 2.5
_KINDS = ("crash before", "crash after", "lose answer", "freeze")
_PAIRS = {
    "one answer": (("crash after", "crash after"), ("freeze", "crash after")),
    "one shard": (("crash after", "crash after"),),
}
"""What befalls the workers of a story at every pair of its requests."""


def _answers(partitions: int, *documents: Mapping[str, Any] | bytes) -> tuple[Sent, ...]:
    """Answers of customers of one brand, fifty milliseconds apart; `partition` sends one astray."""
    sent = []
    for number, document in enumerate(documents):
        at_s = 0.1 + 0.05 * number
        if isinstance(document, bytes):
            sent.append(Sent(at_s, 0, b"?", document))
            continue
        fields: dict[str, Any] = {"brand": "Nord", "store": "Lyon", "score": 9, "response_id": f"r{number}", **document}
        stray, bundle = fields.pop("partition", None), fields.pop("bundle", 0)
        fields["submitted_at"] = datetime.fromtimestamp(_STARTS_AT_S - 60, UTC).isoformat()
        key = f"{fields['brand']}|{fields['store']}".encode()
        partition = partition_of(key, partitions) if stray is None else stray % partitions
        sent.append(Sent(at_s, partition, key, orjson.dumps(fields), bundle))
    return tuple(sent)


def _story(partitions: int, slots: int, records: tuple[Sent, ...], *events: Event, **more: Any) -> Story:
    return Story(
        seed=1,
        starts_at_s=_STARTS_AT_S,
        partitions=partitions,
        slots=slots,
        records=records,
        events=events,
        **more,
    )


_AWAY = 1 - partition_of(b"Nord|Lyon", 2)

STORIES: Mapping[str, Story] = {
    "one answer": _story(1, 1, _answers(1, {"score": 2})),
    "one shard": _story(
        1,
        1,
        _answers(
            1,
            {"score": 9},
            {"score": 3},
            b"{",
            {"response_id": "r1", "event": "updated", "score": 8},
            {"response_id": "r0", "score": 9},
            {"response_id": "r0", "event": "deleted"},
        ),
    ),
    "two shards": _story(
        2,
        1,
        _answers(
            2,
            {"score": 1, "store": "Lyon"},
            {"score": 10, "store": "Metz"},
            {"score": 4, "store": "Lyon", "partition": _AWAY},
            {"score": 5, "store": "Nice"},
            {"response_id": "r2", "store": "Lyon", "event": "excluded", "partition": _AWAY},
        ),
    ),
    "a hand-over": _story(
        2,
        2,
        _answers(2, {"score": 1, "store": "Lyon"}, {"score": 10, "store": "Metz"}, {"score": 4, "store": "Nice"}),
        Event(0.6, "leave", 0),
    ),
    "foreign transactions": _story(
        1,
        1,
        _answers(1, {"score": 9}, {"score": 2, "bundle": 1}, {"score": 6}, {"score": 4, "bundle": 1}, {"score": 0}),
        Event(0.05, "foreign", 0, 0.5),
        Event(0.4, "kill", 0),
        aborted=frozenset({1}),
    ),
}


def points() -> Iterator[Story]:
    """Each fixed story with one thing that befalls a worker, at each of its requests."""
    for story in STORIES.values():
        for number in range(_requests(story)):
            for kind in _KINDS:
                yield replace(story, faults=(Fault(number, kind, _FROZEN_S),))


def pairs() -> Iterator[Story]:
    """The small stories with two things that befall workers, at each pair of requests."""
    for name, kinds in _PAIRS.items():
        story = STORIES[name]
        for number in range(_requests(story)):
            for first, second in kinds:
                one = replace(story, faults=(Fault(number, first, _FROZEN_S),))
                for later in range(number + 1, _requests(one)):
                    yield replace(story, faults=(*one.faults, Fault(later, second)))


def _requests(story: Story) -> int:
    world = World(story)
    try:
        return len(world.run().network.steps)
    finally:
        world.close()
