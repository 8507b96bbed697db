"""Responses as tills and web surveys send them, with all that goes wrong: a pure function of a seed and an instant."""

import json
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from random import Random
from typing import Any

from tests.kafka.log import Sent
from tests.kafka.recount import home

BRANDS = ("Aurelia", "Café Ô")
STORES = (*(f"Store {number}" for number in range(1, 10)), "Gare de l'Est №1", "Zürich", "東京")
_AGES_H = ((0.0, 20.0), (0.0, 160.0), (160.0, 200.0), (0.0, 29 * 24.0), (29 * 24.0, 399 * 24.0), (-0.06, 0.0))
"""Ages at arrival in hours: today, this week, about when alerts are muted, this month, late, and dated ahead."""
_AGE_WEIGHTS = (50, 20, 8, 8, 10, 4)


_SCORE_WEIGHTS = (1,) * 7 + (3,) * 2 + (6,) * 2


def mixed(
    seed: int, size: int, partitions: int, now: datetime, *, malformed: float = 0.04, strays: float = 0.06
) -> list[Sent]:
    """About `size` records: chains of events in any order, duplicates, late ones, bad keys, both scales, rubbish."""
    random = Random(seed)
    records: list[Sent] = []
    kinds = [*rubbish(now)]
    number = 0
    while len(records) < size:
        if random.random() < malformed:
            records.append(random.choice(kinds).to(random.randrange(partitions)))
            continue
        number += 1
        documents = [*_chain(random, f"r-{seed}-{number}", now)]
        if random.random() < 0.08:
            documents.append(random.choice(documents))
        at = len(records)
        for document in documents:
            # The events of a response come some records apart, and sometimes in another order.
            at = min(len(records), max(0, at + random.randrange(-2, 30)))
            records.insert(at, _record(random, document, partitions, strays))
    return records


def endless(seed: int, partitions: int, now: datetime) -> Iterator[Sent]:
    """Mixed traffic without an end."""
    for number in count(seed * 1_000_000):
        yield from mixed(number, 500, partitions, now)


def answers(seed: int, size: int, now: datetime, *, detractors: float = 0.5, **more: Any) -> list[Sent]:
    """Well-formed first answers with the right keys, and nothing else."""
    random = Random(seed)
    records = []
    for number in range(size):
        document = answer(
            f"a-{seed}-{number}",
            random.choice(STORES),
            random.randrange(7) if random.random() < detractors else random.randrange(7, 11),
            now - timedelta(minutes=random.uniform(0, 600)),
            brand=random.choice(BRANDS),
            **more,
        )
        records.append(keyed(document))
    return records


def answer(
    response_id: str, store: str, score: int | None, at: datetime, *, brand: str = BRANDS[0], **more: Any
) -> dict[str, Any]:
    """A response's document."""
    document = {"response_id": response_id, "brand": brand, "store": store, "submitted_at": at.isoformat(), **more}
    return document if score is None else {**document, "score": score}


def keyed(document: dict[str, Any]) -> Sent:
    """A document with the key it should have; the key decides the partition."""
    key = unicodedata.normalize("NFC", f"{document['brand']}|{document['store']}")
    return Sent(key.encode(), json.dumps(document, ensure_ascii=False).encode())


def astray(document: dict[str, Any], partitions: int, *headers: tuple[str, bytes | None]) -> Sent:
    """A document in a partition that is not its store's."""
    right = home(unicodedata.normalize("NFC", f"{document['brand']}|{document['store']}"), partitions)
    return Sent(b"badly keyed", json.dumps(document).encode(), (right + 1) % partitions, headers)


def _chain(random: Random, response_id: str, now: datetime) -> Iterator[dict[str, Any]]:
    """The events of one response."""
    hours = random.uniform(*random.choices(_AGES_H, _AGE_WEIGHTS)[0])
    zone = random.choice((UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-9, minutes=-30))))
    common = answer(
        response_id,
        random.choice(STORES),
        None,
        (now - timedelta(hours=hours)).astimezone(zone),
        brand=random.choice(BRANDS),
        **random.choice(({}, {"source": "till"}, {"source": "web"}, {"source": "web", "unheard_of": {"of": [1]}})),
    )
    events: list[str] = random.choices(
        (
            ["created"],
            ["created", "updated"],
            ["created", "updated", "finished"],
            ["finished"],
            ["created", "deleted"],
            ["created", "excluded"],
            ["created", "excluded", "restored"],
            ["excluded", "created", "restored", "updated"],
            ["deleted"],
        ),
        (60, 8, 5, 3, 4, 4, 5, 5, 1),
    )[0]
    versions: list[int | None] = [None] * len(events)
    if random.random() < 0.5:
        versions = [*range(3, 3 + len(events))]
    for event, version in zip(events, versions, strict=True):
        document = {**common, **_details(random)}
        if event != "created" or random.random() < 0.5:
            document["event"] = event
        if event != "created" and random.random() < 0.05:
            # It should not change; where it does, the vote stays at the hour that came first.
            day = datetime.fromisoformat(document["submitted_at"]).astimezone(UTC).date()
            document["submitted_at"] = f"{day}T00:00:01Z"
        if version is not None:
            document["version"] = version
        if event in ("created", "updated", "finished"):
            low = random.choice((0, 0, 0, 1))
            document |= {"scale_min": low, "scale_max": 10} if low or random.random() < 0.3 else {}
            document["score"] = random.choices(range(low, 11), _SCORE_WEIGHTS[low:])[0]
        yield document


def _details(random: Random) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if random.random() < 0.4:
        details["comment"] = random.choice(
            ("", "Attente trop longue : 20 min", 'They said "never again"', "\U0001f620")
        )
        details["language"] = random.choice(("fr", "en"))
    if random.random() < 0.3:
        details["customer_ref"] = f"c/{random.randrange(1000)}"
        details["consent"] = {"contact": random.random() < 0.7}
    if random.random() < 0.03:
        details["imported"] = True
    return details


def _record(random: Random, document: dict[str, Any], partitions: int, strays: float) -> Sent:
    if random.random() < 0.1:
        # The same store for us, other bytes for a partitioner.
        document = {**document, "brand": unicodedata.normalize("NFD", document["brand"])}
    record = keyed(document)
    if random.random() >= strays:
        return record
    key = random.choice((None, b"", b"\xff\xfe", f"{document['store']}|{document['brand']}".encode()))
    headers = random.choice(((), (("trace", b"1"), ("trace", None)), (("nps.arrival", b"12345"),)))
    return Sent(key, record.value, random.randrange(partitions), headers)


def rubbish(now: datetime) -> Iterator[Sent]:
    """One record of each way to be unusable, with keys and headers of any kind; send them where you like."""
    good = answer("bad", "Store 1", 3, now - timedelta(hours=1))
    text = json.dumps(good)
    deep: Any = 1
    for _ in range(16):
        deep = [deep]
    documents: list[dict[str, Any]] = [
        {name: field for name, field in good.items() if name != without}
        for without in ("response_id", "brand", "store", "submitted_at", "score")
    ]
    scores: tuple[Any, ...] = (7.0, 7.5, "8", True, None, [], 2**64, -1, 11)
    documents += [{**good, "score": score} for score in scores]
    documents += [
        {**good, "score": 0, "scale_min": 1},
        {**good, "scale_min": 2},
        {**good, "scale_max": 5},
        {**good, "brand": ""},
        {**good, "brand": "a|b"},
        {**good, "store": " outer blank"},
        {**good, "store": "x" * 65},
        {**good, "store": "line\nbreak"},
        {**good, "response_id": ""},
        {**good, "response_id": "x" * 257},
        {**good, "submitted_at": "yesterday"},
        {**good, "submitted_at": "2026-02-30T10:00:00Z"},
        {**good, "submitted_at": now.replace(tzinfo=None).isoformat()},
        {**good, "submitted_at": (now + timedelta(minutes=20)).isoformat()},
        {**good, "submitted_at": "9999-12-31T23:59:59+00:00"},
        {**good, "submitted_at": (now - timedelta(days=401)).isoformat()},
        {**good, "submitted_at": "0001-01-01T00:00:00+01:00"},
        {**good, "event": "exploded"},
        {**good, "version": -1},
        {**good, "version": "2"},
        {**good, "comment": 5},
        {**good, "attributes": {"a": {"b": 1}}},
        {**good, "attributes": deep},
        {**good, "comment": "\x00"},
        {**good, "comment": "\ufffe"},
    ]
    values: list[bytes | None] = [json.dumps(document).encode() for document in documents]
    values += [
        None,
        b"",
        b" ",
        b"null",
        b"[]",
        b"7",
        b'"text"',
        b"{",
        text.encode() + b"}",
        b"\xef\xbb\xbf" + text.encode(),
        text.encode().replace(b": 3", b": 03"),
        text.encode().replace(b": 3", b": NaN"),
        text.encode().replace(b": 3", b": 3, "),
        text.encode().replace(b": 3", b': 3, "wow": 1e400'),
        text.encode().replace(b": 3", b': 3, "wow": "\\ud800"'),
        text.encode().replace(b": 3", b': 3, "score": 9'),
        text.encode().replace(b": 3", b': 3, "sc\\u006fre": 9'),
        text.encode().replace(b": 3", b': 3, "x": {"y": 1, "y": 1}'),
        text.encode().replace(b"Store 1", b"Store \xff"),
        text.encode("utf-16"),
        b"[" * 17 + b"]" * 17,
        b"[" * 20_000 + b"]" * 20_000,
        b"[" * 20_000,
        json.dumps({**good, "comment": "x" * 65_536}).encode(),
        b"\xff" * 65_537,
    ]
    keys = (None, b"", b"Aurelia|Store 1", b"\x00\xff", b"k" * 300)
    headers: tuple[tuple[tuple[str, bytes | None], ...], ...] = (
        (),
        (("source", b"till"),),
        (("empty", None), ("", b"\xff")),
        (("nps.arrival", b"nonsense"),),
        (("nps.rehomed-from", b"elsewhere"),),
    )
    for number, value in enumerate(values):
        yield Sent(keys[number % len(keys)], value, headers=headers[number % len(headers)])
