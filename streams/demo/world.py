"""The simulated world: every record its tills and surveys send, in time order, a pure function of a seed and a clock.

The story: for weeks the shops collected answers, which come first as an import. Then people answer live. Soon after the
start the tills of one shop fail and its queue grows; another shop's building works are over; a till that was offline
for two and a half days delivers what it has at once. All the time a few things go wrong, as they do: a till repeats
itself, a survey is changed or withdrawn, a record is malformed, a web shop keys its records by the wrong thing.

Each aspect draws from a generator of its own, so that a change to one leaves the others as they were.
"""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate, count
from random import Random
from typing import Any

import orjson
from aiokafka.partitioner import murmur2

from streams.demo.answers import Document, Visit, answer_record, comment_for, write_answer
from streams.demo.chains import WAS_OFFLINE
from streams.demo.faults import spoil
from streams.demo.records import Kind, Record
from streams.demo.shops import CHANNELS, DAY_MS, TILL, WEB, Channel, Shop, open_shops, traffic

HISTORY_DAYS = 40
HISTORY_RECORDS = 24_000
BACKLOG_AT_MS = 3_000
BACKLOG_RECORDS = 140
OFFLINE_MS = 60 * 3_600_000

_RETRIED_MS = 3_000
"""A till that got no answer sends again within this."""
_HOUR_MS = 3_600_000
_MINUTE_MS = 60_000
# Of the live answers; the repeats and revisions of a channel come on top.
_MALFORMED, _MISROUTED, _LATE, _STALE = 0.015, 0.01, 0.03, 0.005
_STORY = 6.0
"""So many times their usual traffic have the shops of the story, so that a minute is enough to see it."""
_MISROUTING_BRAND = "Northpeg"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A world that starts at `start_ms`, before a `survey.responses` of so many partitions."""

    seed: int
    start_ms: int
    partitions: int
    shops: tuple[Shop, ...]

    @classmethod
    def make(cls, *, seed: int, start_ms: int, partitions: int) -> "World":
        """The world of a seed, at a time (ms since the epoch)."""
        return cls(seed=seed, start_ms=start_ms, partitions=partitions, shops=open_shops(seed))

    def random(self, aspect: str) -> Random:
        """The generator of an aspect, at its beginning."""
        return Random(f"{self.seed}/{self.start_ms}/{aspect}")

    def places(self) -> list[tuple[Shop, Channel]]:
        """Every shop with every channel, in the order of `traffic`."""
        return [(shop, channel) for shop in self.shops for channel in CHANNELS]


def history(world: World, *, records: int = HISTORY_RECORDS, days: int = HISTORY_DAYS) -> Iterator[Record]:
    """The answers of the days before the start, oldest first, to be sent at the start: imports, which raise nothing."""
    random = world.random("history")
    places = world.places()
    hours = [world.start_ms - hour * _HOUR_MS for hour in range(24 * days, 0, -1)]
    weights = [traffic(world.shops, hour) for hour in hours]
    planned = list(accumulate(sum(of_hour) for of_hour in weights))
    written = 0
    for hour, of_hour, up_to in zip(hours, weights, planned, strict=True):
        due = round(records * up_to / planned[-1]) - written
        written += due
        chosen = random.choices(places, of_hour, k=due)
        moments = sorted(random.randrange(_HOUR_MS - _MINUTE_MS) for _ in range(due))
        for (shop, channel), moment in zip(chosen, moments, strict=True):
            visit = _visit(world, shop, channel, hour + moment)
            document = write_answer(random, visit, comments=0.3) | {"imported": True}
            yield answer_record(document, visit, at_ms=world.start_ms, kind=Kind.HISTORY)


def live(world: World, *, rate: float) -> Iterator[Record]:
    """What is sent from the start on, without end, in time order: `rate` answers a second and what follows them."""
    later: list[tuple[int, int, Record]] = []
    order = count()

    def remember(record: Record) -> None:
        heapq.heappush(later, (record.at_ms, next(order), record))

    for record in backlog(world):
        remember(record)
    follow = _Follow(random=world.random("follow-ups"), remember=remember)
    for record in _answers(world, rate, follow):
        while later and later[0][0] <= record.at_ms:
            yield heapq.heappop(later)[2]
        yield record


def backlog(world: World) -> Iterator[Record]:
    """What the till that was offline delivers at once: in the order of submission, its last few records twice."""
    random = world.random("backlog")
    at_ms = world.start_ms + BACKLOG_AT_MS
    shop = next(shop for shop in world.shops if shop.name == WAS_OFFLINE)
    minutes = range(at_ms - OFFLINE_MS, at_ms - _MINUTE_MS, _MINUTE_MS)
    opened = [minute for minute in minutes if shop.is_open(shop.local(minute))]
    moments = sorted(random.choices(opened or minutes, k=BACKLOG_RECORDS))
    records = []
    for moment in moments:
        visit = _visit(world, shop, TILL, moment)
        records.append(answer_record(write_answer(random, visit), visit, at_ms=at_ms, kind=Kind.BACKLOG))
    yield from records
    for record in records[-5:]:
        yield _again(record, at_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Follow:
    """What follows an answer: records that are remembered until their time comes."""

    random: Random
    remember: Callable[[Record], None]

    def up(self, record: Record, document: Document, visit: Visit) -> None:
        """Decide what follows this answer, if anything."""
        random, channel = self.random, visit.channel
        if random.random() < channel.repeats:
            self.remember(_again(record, record.at_ms + random.randint(300, _RETRIED_MS)))
        if random.random() >= channel.revises:
            return
        what = random.choices((Kind.COMMENT, Kind.EDIT, Kind.DELETION, Kind.EXCLUSION), (70, 16, 7, 7))[0]
        # After any retry: an old version that comes after a newer one is a correction that came too late, no duplicate.
        at_ms = record.at_ms + _RETRIED_MS + 500 + round(random.expovariate(1 / 15_000))
        revised = _revised(random, what, document, visit)
        if what is Kind.EDIT:
            self.remember(answer_record(revised, visit, at_ms=at_ms, kind=what))
        else:
            self.remember(_revision(record, what, revised, at_ms))
        if what is Kind.EXCLUSION and random.random() < 0.5:
            back = revised | {"event": "restored"} | ({"version": 3} if channel.versioned else {})
            self.remember(_revision(record, Kind.RESTORATION, back, at_ms + 8_000))


def _answers(world: World, rate: float, follow: _Follow) -> Iterator[Record]:
    random, faults, strays = world.random("answers"), world.random("faults"), world.random("misrouted")
    misrouting = [shop for shop in world.shops if shop.chain.brand == _MISROUTING_BRAND]
    places = world.places()
    up_to: list[float] = []
    minute = -1
    for number in count():
        at_ms = world.start_ms + round((number + random.random()) * 1000 / rate)
        if at_ms // _MINUTE_MS != minute:
            minute = at_ms // _MINUTE_MS
            up_to = list(accumulate(traffic(world.shops, at_ms, story=_STORY)))
        shop, channel = random.choices(places, cum_weights=up_to)[0]
        kind = _kind(random)
        if kind is Kind.MISROUTED:
            shop, channel = strays.choice(misrouting), WEB
        visit = _visit(world, shop, channel, at_ms - _delay_ms(random, kind, channel), asked_ms=at_ms)
        document = write_answer(random, visit)
        if kind is Kind.MALFORMED:
            yield _malformed(world, faults, document, shop, at_ms)
            continue
        record = answer_record(document, visit, at_ms=at_ms, kind=kind)
        if kind is Kind.MISROUTED:
            yield _under_key(record, _stray_key(world.partitions, strays, shop))
            continue
        follow.up(record, document, visit)
        yield record


def _visit(world: World, shop: Shop, channel: Channel, submitted_ms: int, asked_ms: int | None = None) -> Visit:
    """A visit with the mood of its time; a late answer gets that of the time it comes at."""
    since_ms = (submitted_ms if asked_ms is None else asked_ms) - world.start_ms
    mood, queueing = shop.mood_at(since_ms), shop.queues(since_ms)
    return Visit(shop=shop, channel=channel, submitted_ms=submitted_ms, mood=mood, queueing=queueing)


def _kind(random: Random) -> Kind:
    kinds = (Kind.MALFORMED, Kind.MISROUTED, Kind.LATE, Kind.STALE, Kind.ANSWER)
    usual = 1 - _MALFORMED - _MISROUTED - _LATE - _STALE
    return random.choices(kinds, (_MALFORMED, _MISROUTED, _LATE, _STALE, usual))[0]


def _delay_ms(random: Random, kind: Kind, channel: Channel) -> int:
    """How long an answer was on its way. Nothing lies near the seven days after which it raises no alert."""
    if kind is Kind.LATE:
        return round(min(6 * DAY_MS, _HOUR_MS + random.expovariate(1 / (1.2 * DAY_MS))))
    if kind is Kind.STALE:
        return random.randint(8 * DAY_MS, 21 * DAY_MS)
    return random.randint(*channel.delay_ms)


def _again(record: Record, at_ms: int) -> Record:
    return Record(at_ms=at_ms, kind=Kind.RETRY, key=record.key, value=record.value)


def _revised(random: Random, what: Kind, document: Document, visit: Visit) -> Document:
    """The document of a change to an answer."""
    named = ("response_id", "source", "brand", "store", "submitted_at")
    newer: dict[str, Any] = {"version": 2} if visit.channel.versioned else {}
    if what in {Kind.DELETION, Kind.EXCLUSION}:
        event = "deleted" if what is Kind.DELETION else "excluded"
        return {name: document[name] for name in named} | newer | {"event": event}
    if what is Kind.EDIT:
        return document | newer | {"event": "updated", "score": _second_thought(random, document["score"])}
    comment = comment_for(random, visit, document["score"], document["language"])
    return document | newer | {"event": random.choice(("updated", "finished")), "comment": comment}


def _second_thought(random: Random, score: int) -> int:
    """Who was unhappy was helped, perhaps; of the others some came home and found something broken."""
    if score <= 6:
        return min(10, score + random.randint(1, 5))
    return random.choice([other for other in (4, 6, 7, 8, 9, 10) if other != score])


def _revision(record: Record, kind: Kind, document: Document, at_ms: int) -> Record:
    return Record(at_ms=at_ms, kind=kind, key=record.key, value=orjson.dumps(document))


def _malformed(world: World, random: Random, document: Document, shop: Shop, at_ms: int) -> Record:
    if random.random() < 1 / 15 and world.partitions > 1:
        return _lost_twice(world, random, document, shop, at_ms)
    value, reason = spoil(document, random, at_ms)
    return Record(at_ms=at_ms, kind=Kind.MALFORMED, key=shop.key, value=value, reason=reason)


def _lost_twice(world: World, random: Random, document: Document, shop: Shop, at_ms: int) -> Record:
    """A copy, made by somebody, of a record that had been brought to its partition; the copy is in a wrong one."""
    return Record(
        at_ms=at_ms,
        kind=Kind.MALFORMED,
        key=_stray_key(world.partitions, random, shop),
        value=orjson.dumps(document),
        headers=(("nps.arrival", b"%d" % at_ms), ("nps.rehomed-from", b"survey.responses|0|0")),
        reason="wrong_partition",
    )


def _under_key(record: Record, key: bytes) -> Record:
    return Record(at_ms=record.at_ms, kind=record.kind, key=key, value=record.value, answer=record.answer)


def _stray_key(partitions: int, random: Random, shop: Shop) -> bytes:
    """An order number instead of `brand|store`, one that leads astray; where all keys lead to one place, it cannot."""
    home = murmur_partition(shop.key, partitions)
    while True:
        key = b"order-%08d" % random.randrange(10**8)
        if partitions == 1 or murmur_partition(key, partitions) != home:
            return key


def murmur_partition(key: bytes, partitions: int) -> int:
    """The partition of a key, as every Kafka client with the usual partitioner has it."""
    hashed: int = murmur2(key)
    return (hashed & 0x7FFFFFFF) % partitions
