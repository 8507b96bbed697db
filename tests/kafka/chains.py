"""The events of one response, as tills and surveys send them: what comes later, is changed, withdrawn or forgotten."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from random import Random
from typing import Any

from tests.kafka.traffic import BRANDS, STORES, answer

Document = dict[str, Any]

_AGES_H = ((0.0, 20.0), (0.0, 160.0), (160.0, 200.0), (0.0, 29 * 24.0), (29 * 24.0, 399 * 24.0), (-0.06, 0.0))
"""Ages at arrival in hours: today, this week, about when alerts are muted, this month, late, and dated ahead."""
_AGE_WEIGHTS = (50, 20, 8, 8, 10, 4)
_SCORE_WEIGHTS = (1,) * 7 + (3,) * 2 + (6,) * 2
_ANSWERS = ("created", "updated", "finished")
_CHAINS = {
    "created": 42,
    "created updated": 14,
    "created updated finished": 8,
    "created updated updated updated updated": 7,
    "finished": 3,
    "created deleted": 3,
    "created excluded": 3,
    "created excluded restored": 5,
    "excluded created restored updated": 4,
    "created updated excluded updated restored updated deleted": 3,
    "deleted": 1,
    "created forget_identity": 3,
    "created updated forget_all": 2,
    "created updated updated forget_identity": 3,
    "created deleted forget_all": 1,
    "created excluded forget_identity restored": 1,
    "created forget_identity updated forget_all": 2,
    "forget_identity created updated": 1,
    "forget_all finished": 1,
}
_COMMENTS = ("", "Attente trop longue : 20 min", 'They said "never again"', "\U0001f620")


def chain(random: Random, response_id: str, now: datetime) -> Iterator[Document]:
    """The documents of a response in the order in which they were meant, with versions or without."""
    common = _common(random, response_id, now)
    events = random.choices([*_CHAINS], [*_CHAINS.values()])[0].split()
    versions = random.random() < 0.5
    score: int | None = None
    for number, event in enumerate(events):
        document = {**common, **_details(random)}
        if event != "created" or random.random() < 0.5:
            document["event"] = event
        if event != "created" and random.random() < 0.05:
            # It should not change; where it does, the vote stays at the hour that came first.
            day = datetime.fromisoformat(document["submitted_at"]).astimezone(UTC).date()
            document["submitted_at"] = f"{day}T00:00:01Z"
        if versions and not (event.startswith("forget") and random.random() < 0.5):
            document["version"] = 3 + number
        if event in _ANSWERS:
            low = random.choice((0, 0, 0, 1))
            document |= {"scale_min": low, "scale_max": 10} if low or random.random() < 0.3 else {}
            score = document["score"] = max(low, _score(random, score))
        elif random.random() < 0.5:
            document |= {"reason": "asked for it", "by": "support"}
        yield document


def _common(random: Random, response_id: str, now: datetime) -> Document:
    """What all events of a response have."""
    hours = random.uniform(*random.choices(_AGES_H, _AGE_WEIGHTS)[0])
    zone = random.choice((UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-9, minutes=-30))))
    more = random.choice(({}, {"source": "till"}, {"source": "web"}, {"source": "web", "unheard_of": {"of": [1]}}))
    at = (now - timedelta(hours=hours)).astimezone(zone)
    return answer(response_id, random.choice(STORES), None, at, brand=random.choice(BRANDS), **more)


def _score(random: Random, before: int | None) -> int:
    """A score; after another one often the same, with something else that came later, or one of the other side."""
    if before is None or random.random() < 0.2:
        return random.choices(range(11), _SCORE_WEIGHTS)[0]
    if random.random() < 0.4:
        return before
    return random.randint(0, 6) if before > 6 else random.randint(7, 10)


def _details(random: Random) -> Document:
    """What a record says beside its answer: each may come with the first one, later, or again."""
    details: Document = {}
    if random.random() < 0.4:
        details["comment"] = random.choice(_COMMENTS)
        details["language"] = random.choice(("fr", "en"))
    if random.random() < 0.3:
        details["customer_ref"] = random.choice(("", *[f"c/{random.randrange(1000)}"] * 5))
    if random.random() < 0.3:
        details["consent"] = random.choice(
            ({"contact": True}, {"contact": True}, {"contact": False}, {"publish": True})
        )
    if random.random() < 0.1:
        details["contact_requested"] = random.random() < 0.7
    if random.random() < 0.03:
        details["imported"] = True
    return details
