"""Load N1: what tills and surveys send, as a pure function of a seed, a start instant and a shape.

Every record is a function of its own number. Each aspect of it draws from a small generator of its own, seeded by the
seed, the aspect and the number, so a new class or a new field shifts nothing else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from aiokafka.partitioner import murmur2

from chaos.malformed import MALFORMED, Document, encode, instant

RESPONSES = "survey.responses"
MARK = "chaos"
"""The header that says which record of which load this is."""
VALUE_BYTES_MAX = 64 * 1024
CANARY = "canary"
_DAY_MS = 86_400_000
_HOUR_MS = 3_600_000
_CLOCKS_MS = (4 * _HOUR_MS, 24 * _HOUR_MS, 48 * _HOUR_MS, 72 * _HOUR_MS)
_NEAR_MS = _HOUR_MS // 4
_ANSWERS = ("created", "updated", "finished")
_CORRECTIONS = {"updated": 46, "finished": 14, "deleted": 5, "excluded": 14, "restored": 15, "created": 6}
_SCORES = (1,) * 7 + (3,) * 2 + (6,) * 2
_SIZES = {"below": VALUE_BYTES_MAX - 1, "at": VALUE_BYTES_MAX, "above": VALUE_BYTES_MAX + 1, "huge": 900 * 1024}
_GROUP = 4
"""Only each fourth record is corrected, so that some responses are corrected often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How much of what. What the shares leave over is valid first answers."""

    partitions: int = 4
    per_second: int = 300
    brands: int = 12
    stores: int = 40
    invalid: float = 0.04
    duplicate: float = 0.08
    late: float = 0.04
    size: float = 0.01
    erasure: float = 0.01
    correction: float = 0.20
    stray: float = 0.02
    hot: float = 0.0
    """Share of the answers that belong to one store."""
    new_stores: float = 0.0
    """Share of the answers that belong to a store of which nothing was heard before."""
    strange: float = 0.02
    """Share of the documents with fields of a later release."""
    floods: Sequence[Sequence[int]] = ()
    """From one number to another, left out, nothing but unusable values, and all of them in one partition."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A record to send `at_ms` after the start. `intended` is the class, with the reason where it is unusable."""

    number: int
    at_ms: int
    topic: str
    partition: int
    key: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    value: bytes | None
    intended: str


def home(key: bytes, partitions: int) -> int:
    """The partition of a key, as Java's producers have it."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


@dataclass(frozen=True, slots=True)
class Load:
    """The records of a seed. `start_ms` is the instant of record 0, in ms since the epoch."""

    seed: int
    start_ms: int
    shape: Shape = Shape()

    def records(self, count: int) -> Iterator[Planned]:
        """The first `count` records, and one sentinel for each partition behind them."""
        yield from map(self.record, range(count))
        yield from self.sentinels(count)

    def sentinels(self, count: int) -> Iterator[Planned]:
        """An answer for each partition, behind `count` records: when it is counted, all before it are."""
        yield from (self._sentinel(count + number, number) for number in range(self.shape.partitions))

    def kind(self, number: int) -> str:
        """The class of a record."""
        if self._flooded(number) is not None:
            return "invalid"
        drawn, shape = self._draw("class", number).random(), self.shape
        for name in ("invalid", "duplicate", "late", "size", "erasure", "correction", "stray"):
            drawn -= getattr(shape, name)
            if drawn < 0:
                return name
        return "valid"

    def record(self, number: int) -> Planned:
        """One record."""
        kind = self.kind(number)
        if kind == "invalid":
            return self._invalid(number)
        if kind == "duplicate":
            return self._duplicate(number)
        if kind == "size":
            return self._sized(number)
        if kind == "stray":
            return self._stray(number)
        document = self._first(number)
        if kind in ("correction", "erasure"):
            document = self._later(number, kind)
        return self._plan(number, document, kind)

    def _flooded(self, number: int) -> int | None:
        """The partition of a record that is part of a flood."""
        return next((partition for first, end, partition in self.shape.floods if first <= number < end), None)

    def _draw(self, aspect: str, number: int) -> Random:
        return Random(f"{self.seed}|{aspect}|{number}")

    def _now_ms(self, number: int) -> int:
        return self.start_ms + 1000 * number // self.shape.per_second

    def _plan(self, number: int, document: Document, intended: str, value: bytes | None = None) -> Planned:
        key = f"{document['brand']}|{document['store']}".encode()
        partition = home(key, self.shape.partitions)
        return self._at(number, key, partition, encode(document) if value is None else value, intended)

    def _at(self, number: int, key: bytes | None, partition: int, value: bytes | None, intended: str) -> Planned:
        at_ms = self._now_ms(number) - self.start_ms
        headers: tuple[tuple[str, bytes | None], ...] = ((MARK, b"%d/%d" % (self.seed, number)),)
        return Planned(number, at_ms, RESPONSES, partition, key, headers, value, intended)

    def _common(self, number: int) -> Document:
        """What all events of a response have."""
        draw, shape = self._draw("shop", number), self.shape
        brand, store = draw.randrange(shape.brands), f"Store {draw.randrange(shape.stores)}"
        chosen = self._draw("hot", number).random()
        if chosen < shape.hot:
            brand, store = 0, "Store 0"
        elif chosen > 1 - shape.new_stores:
            store = f"New {number}"
        document = {"response_id": f"r-{self.seed}-{number}", "brand": f"Brand {brand}", "store": store}
        document["submitted_at"] = instant(self._now_ms(number) - self._age_ms(number))
        source = self._draw("source", number).choice((None, "till", "web"))
        return {**document, "source": source} if source else document

    def _age_ms(self, number: int) -> int:
        """Up to a minute; late answers up to four days, a quarter of them up to a year and more.

        None of an age at which a clock of a case fires while a run lasts: what has fired is clear then.
        """
        draw = self._draw("age", number)
        if self.kind(number) != "late":
            return draw.randrange(50_000)
        oldest_ms = 399 * _DAY_MS if draw.random() < 0.25 else 4 * _DAY_MS
        age_ms = draw.randrange(60_000, oldest_ms)
        is_near = any(abs(age_ms - after_ms) < _NEAR_MS for after_ms in _CLOCKS_MS)
        return age_ms - 2 * _NEAR_MS if is_near else age_ms

    def _versioned(self, number: int) -> bool:
        return self._draw("versions", number).random() < 0.5

    def _first(self, number: int) -> Document:
        document = {**self._common(number), **self._details(number), "score": self._score(number)}
        if self._versioned(number):
            document["version"] = 2
        return document

    def _score(self, number: int) -> int:
        return self._draw("score", number).choices(range(11), _SCORES)[0]

    def _details(self, number: int) -> Document:
        """What a record says beside its answer. Every text of a customer holds a canary."""
        draw = self._draw("details", number)
        details: Document = {"channel": draw.choice(("till", "kiosk", "web"))}
        if draw.random() < 0.4:
            details |= {"comment": f"{CANARY}-{self.seed}-{number}: {self._words(number)}", "language": "fr"}
        if draw.random() < 0.3:
            details["customer_ref"] = self._customer(number)
        if draw.random() < 0.3:
            details["consent"] = {"contact": draw.random() < 0.7}
        if draw.random() < 0.1:
            details["contact_requested"] = draw.random() < 0.7
        if self._draw("imported", number).random() < 0.02:
            details["imported"] = True
        if self._draw("strange", number).random() < self.shape.strange:
            details |= {"schema_version": 2, "of_a_later_release": {"of": [1, None, "x"]}}
        return details

    def _words(self, number: int) -> str:
        """What a comment says: now and then something that no store may leave lying."""
        chosen = self._draw("words", number).random()
        return "intoxication alimentaire" if chosen < 0.03 else "attente trop longue"

    def _customer(self, number: int) -> str:
        """Half of the customers come once, the others again and again."""
        draw = self._draw("customer", number)
        name = f"{number}" if draw.random() < 0.5 else f"regular-{draw.randrange(8)}"
        return f"{CANARY}-{self.seed}-{name}@example.com"

    def _target(self, number: int, kinds: tuple[str, ...] = ("valid", "late"), step: int = _GROUP) -> int:
        """An earlier record of these classes; the record itself where there is none."""
        draw = self._draw("target", number)
        back = draw.randrange(1, 60) if draw.random() < 0.6 else draw.randrange(60, 3_000)
        at = (number - back) // step * step
        while at >= 0 and self.kind(at) not in kinds:
            at -= step
        return at if at >= 0 else number

    def _later(self, number: int, kind: str) -> Document:
        """A correction of an earlier response, or an order to forget its person."""
        target = self._target(number)
        draw = self._draw(kind, number)
        document = {**self._common(target), **self._details(number)}
        if kind == "erasure":
            document["event"] = draw.choice(("forget_identity", "forget_identity", "forget_all"))
        else:
            document["event"] = draw.choices([*_CORRECTIONS], [*_CORRECTIONS.values()])[0]
        if self._versioned(target):
            is_stale = draw.random() < 0.15
            document["version"] = draw.randrange(3) if is_stale else 3 + number - target
        if document["event"] in _ANSWERS:
            document["score"] = self._score(number)
        elif draw.random() < 0.5:
            document |= {"reason": "asked for it", "by": "support"}
        return document

    def _invalid(self, number: int) -> Planned:
        draw = self._draw("malformed", number)
        name = draw.choice([*MALFORMED])
        reason, spoil = MALFORMED[name]
        document = self._first(number)
        value = spoil(document, self._now_ms(number))
        key = draw.choice((None, b"", b"\x00\xff", f"{document['brand']}|{document['store']}".encode()))
        if key is None and value is None:
            key = b""  # a client may refuse to send nothing at all
        flooded = self._flooded(number)
        partition = number % self.shape.partitions if flooded is None else flooded
        planned = self._at(number, key, partition, value, f"dead:{reason}")
        broken = draw.choice(((), (("trace", None), ("", b"\xff")), (("nps.arrival", b"nonsense"),)))
        return replace(planned, headers=planned.headers + broken)

    def _duplicate(self, number: int) -> Planned:
        """A record that was sent before: half of them at once, half more than ten seconds later."""
        draw = self._draw("duplicate", number)
        back = draw.randrange(1, 6) if draw.random() < 0.5 else 10 * self.shape.per_second + draw.randrange(100)
        at = number - back
        while at >= 0 and self.kind(at) not in ("valid", "late", "correction"):
            at -= 1
        if at < 0:
            return self._plan(number, self._first(number), "duplicate")
        return replace(self._at(number, None, 0, None, "duplicate"), **_content(self.record(at)))

    def _sized(self, number: int) -> Planned:
        """A value about the limit, or far above it: 65,536 bytes are taken, one more is not."""
        draw = self._draw("size", number)
        name = draw.choices([*_SIZES], (3, 3, 3, 1))[0]
        document = {**self._first(number), "comment": ""}
        document["comment"] = "x" * (_SIZES[name] - len(encode(document)))
        return self._plan(number, document, "dead:too_large" if name in ("above", "huge") else "size")

    def _stray(self, number: int) -> Planned:
        """A good answer under a key that is not its store's, in any partition."""
        draw = self._draw("stray", number)
        key = draw.choice((None, b"", b"badly keyed", b"\xff\xfe"))
        value = encode(self._first(number))
        return self._at(number, key, draw.randrange(self.shape.partitions), value, "stray")

    def _sentinel(self, number: int, partition: int) -> Planned:
        stores = (f"Store {each}" for each in range(1_000_000))
        store = next(each for each in stores if home(f"Sentinel|{each}".encode(), self.shape.partitions) == partition)
        document = {"response_id": f"s-{self.seed}-{number}", "brand": "Sentinel", "store": store, "score": 9}
        document["submitted_at"] = instant(self._now_ms(number))
        return self._plan(number, document, "sentinel")


def _content(record: Planned) -> dict[str, Any]:
    return {"key": record.key, "value": record.value, "partition": record.partition}
