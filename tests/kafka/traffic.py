"""Responses as a test writes them: plain answers, under the right key or a wrong one."""

import json
import unicodedata
from datetime import datetime, timedelta
from random import Random
from typing import Any

from chaos.rules.place import home
from tests.kafka.log import Sent

BRANDS = ("Aurelia", "Café Ô")
STORES = (*(f"Store {number}" for number in range(1, 10)), "Gare de l'Est №1", "Zürich", "東京")


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
