"""Traffic as it comes, with all that goes wrong: a pure function of a seed and an instant."""

import unicodedata
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from random import Random
from typing import Any

from tests.kafka.chains import chain
from tests.kafka.log import Sent
from tests.kafka.rubbish import rubbish
from tests.kafka.traffic import keyed


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
        documents = [*chain(random, f"r-{seed}-{number}", now)]
        if random.random() < 0.08:
            documents.append(random.choice(documents))
        at = len(records)
        for document in documents:
            # The events of a response come some records apart, and sometimes in another order.
            at = min(len(records), max(0, at + random.randrange(-2, 30)))
            records.insert(at, _record(random, document, partitions, strays))
    return records


def endless(seed: int, partitions: int, now: datetime, *, strays: float = 0.06) -> Iterator[Sent]:
    """Mixed traffic without an end."""
    for number in count(seed * 1_000_000):
        yield from mixed(number, 500, partitions, now, strays=strays)


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
