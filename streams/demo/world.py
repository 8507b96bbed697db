"""The simulated world: every record its tills and surveys send, in time order, a pure function of a seed and a clock.

The story: for a year the shops collected answers, which come first as an import. Then people answer live. Soon after
the start the tills of one shop fail and its queue grows; another shop's building works are over; a till that was
offline for nearly four days delivers what it has at once, some of it too late for a call in time; a row of unhappy
customers finds a kiosk. All the time a few things go wrong, as they do: a till repeats itself, a survey is changed,
withdrawn or to be forgotten, a record is malformed, a web shop keys its records by the wrong thing.

Each aspect draws from a generator of its own, so that a change to one leaves the others as they were.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, count
from random import Random

import orjson

from streams.demo.answers import Visit, record_of, write_answer
from streams.demo.chains import WAS_OFFLINE
from streams.demo.faults import spoil
from streams.demo.follow_ups import FollowUps, again
from streams.demo.records import Document, Kind, Record
from streams.demo.regulars import Regulars
from streams.demo.shops import CHANNELS, DAY_MS, KIOSK, TILL, WEB, Channel, Shop, open_shops, traffic
from streams.demo.strays import stray_key

HISTORY_DAYS = 40
HISTORY_RECORDS = 24_000
OLDER_DAYS = 395
"""As far back as an import may reach, nearly: a month can be compared with that of a year ago."""
OLDER_RECORDS = 12_000
BACKLOG_AT_MS = 3_000
BURST_AT_MS = 12_000
BACKLOG_RECORDS = 140
OFFLINE_MS = 90 * 3_600_000
"""Whenever it starts, the shop was open for a while more than 48 hours before: its closed hours are 39 in a row."""

_OLDER_STEP_H = 5
"""Every fifth hour stands for all: it comes round to each hour of the day."""
_HOUR_MS = 3_600_000
_MINUTE_MS = 60_000
# Of the live answers; the repeats and revisions of a channel come on top.
_MALFORMED, _MISROUTED, _LATE, _STALE = 0.015, 0.01, 0.03, 0.005
_STORY = 0.12
"""The least share of all live answers that each shop of the story has, so that a minute is enough to see it."""
_MISROUTING_BRAND = "Northpeg"
_BURST_SCORES = (2, 1, 9, 3, 1, 4, 2, 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A world that starts at `start_ms`, before a `survey.responses` of so many partitions.

    `burst_at` is the shop at whose kiosk something happens soon.
    """

    seed: int
    start_ms: int
    partitions: int
    shops: tuple[Shop, ...]
    burst_at: Shop

    @classmethod
    def make(cls, *, seed: int, start_ms: int, partitions: int) -> "World":
        """The world of a seed, at a time (ms since the epoch)."""
        shops = open_shops(seed)
        at_work = [shop for shop in shops if shop.mood > 0 and shop.is_open(shop.local(start_ms))]
        burst_at = Random(f"{seed}/burst").choice(at_work or shops)
        return cls(seed=seed, start_ms=start_ms, partitions=partitions, shops=shops, burst_at=burst_at)

    def random(self, aspect: str) -> Random:
        """The generator of an aspect, at its beginning."""
        return Random(f"{self.seed}/{self.start_ms}/{aspect}")

    def places(self) -> list[tuple[Shop, Channel]]:
        """Every shop with every channel, in the order of `traffic`."""
        return [(shop, channel) for shop in self.shops for channel in CHANNELS]


def history(
    world: World, *, records: int = HISTORY_RECORDS, days: int = HISTORY_DAYS, older: int = OLDER_RECORDS
) -> Iterator[Record]:
    """The answers before the start, oldest first, to be sent at the start: imports, which raise nothing.

    `records` of the last so many days, and `older` ones of the rest of a year and a month.
    """
    random = world.random("history")
    yield from _past(world, random, range(24 * OLDER_DAYS, 24 * days, -_OLDER_STEP_H), older)
    yield from _past(world, random, range(24 * days, 0, -1), records)


def _past(world: World, random: Random, hours_ago: range, records: int) -> Iterator[Record]:
    """So many answers, spread over these hours as the traffic was."""
    if not records:
        return
    places = world.places()
    hours = [world.start_ms - hour * _HOUR_MS for hour in hours_ago]
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
            yield record_of(document, visit, at_ms=world.start_ms, kind=Kind.HISTORY)


def live(world: World, *, rate: float) -> Iterator[Record]:
    """What is sent from the start on, without end, in time order: `rate` answers a second and what follows them."""
    later: list[tuple[int, int, Record]] = []
    order = count()

    def remember(record: Record) -> None:
        heapq.heappush(later, (record.at_ms, next(order), record))

    for record in (*backlog(world), *burst(world)):
        remember(record)
    follow = FollowUps(random=world.random("follow-ups"), remember=remember)
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
        records.append(record_of(write_answer(random, visit), visit, at_ms=at_ms, kind=Kind.BACKLOG))
    yield from records
    for record in records[-5:]:
        yield again(record, at_ms)


def burst(world: World) -> Iterator[Record]:
    """What a kiosk sends within seconds when something happens that makes nearly everybody unhappy."""
    random = world.random("burst")
    at_ms = world.start_ms + BURST_AT_MS
    for score in _BURST_SCORES:
        visit = _visit(world, world.burst_at, KIOSK, at_ms - random.randint(*KIOSK.delay_ms), asked_ms=at_ms)
        document = write_answer(random, visit, comments=0) | {"score": score, "device_ref": "kiosk-1"}
        yield record_of(document, visit, at_ms=at_ms, kind=Kind.BURST)
        at_ms += random.randint(300, 900)


def _answers(world: World, rate: float, follow: FollowUps) -> Iterator[Record]:
    random, faults, strays = world.random("answers"), world.random("faults"), world.random("misrouted")
    misrouting = [shop for shop in world.shops if shop.chain.brand == _MISROUTING_BRAND]
    regulars = Regulars(random=world.random("regulars"))
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
        document = regulars.meet(document)
        record = record_of(document, visit, at_ms=at_ms, kind=kind)
        if kind is Kind.MISROUTED:
            yield _under_key(record, stray_key(world.partitions, strays, shop.key))
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
        key=stray_key(world.partitions, random, shop.key),
        value=orjson.dumps(document),
        headers=(("nps.arrival", b"%d" % at_ms), ("nps.rehomed-from", b"survey.responses|0|0")),
        reason="wrong_partition",
    )


def _under_key(record: Record, key: bytes) -> Record:
    return Record(at_ms=record.at_ms, kind=record.kind, key=key, value=record.value, said=record.said)
