"""One simulated answer as the document that a till or a survey sends."""

from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

import orjson

from streams.demo.comments import write_comment
from streams.demo.records import Document, Kind, Record, Said
from streams.demo.shops import TILL, WEB, Channel, Shop, draw_score


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Someone was in a shop and answers: where, by which channel, when (ms since the epoch), in which queue."""

    shop: Shop
    channel: Channel
    submitted_ms: int
    mood: float
    queueing: bool = False


def write_answer(random: Random, visit: Visit, *, comments: float = 1.0) -> Document:
    """The document of a first answer. `comments` scales the chance of one."""
    shop, channel, chain = visit.shop, visit.channel, visit.shop.chain
    score = draw_score(random, visit.mood, chain.scale_min)
    language = _language(random, visit.shop)
    document: Document = {
        "response_id": _response_id(random, visit),
        "source": channel.source,
        "brand": chain.brand,
        "store": shop.store,
        "submitted_at": _written(random, visit),
        "score": score,
        "channel": channel.name,
        "survey": "after-visit",
        "language": language,
    }
    if chain.scale_min:
        document |= {"scale_min": chain.scale_min, "scale_max": 10}
    if channel.versioned:
        document["version"] = 1
    if random.random() < comments * channel.comments * (1.8 if score <= 6 else 0.8):
        document["comment"] = comment_for(random, visit, score, language)
    elif random.random() < 0.1:
        document["comment"] = ""
    if random.random() < channel.knows_customer:
        document |= write_customer(random, score)
    return document | _place(random, channel, comments)


def comment_for(random: Random, visit: Visit, score: int, language: str) -> str:
    """What this customer has to say."""
    chain = visit.shop.chain
    department = random.choice(chain.departments[language])
    return write_comment(random, language=language, score=score, department=department, queueing=visit.queueing)


def write_customer(random: Random, score: int) -> Document:
    """Who it was, and whether they may be called."""
    customer: Document = {"customer_ref": f"c-{random.randrange(10**9):09}"}
    if random.random() < 0.8:
        customer["consent"] = {"contact": random.random() < 0.85, "publish": random.random() < 0.3}
    if score <= 6 and random.random() < 0.25:
        customer["contact_requested"] = True
    return customer


def record_of(document: Document, visit: Visit, *, at_ms: int, kind: Kind) -> Record:
    """The record of an answer, or of a change to one, under its shop's key."""
    said = Said(submitted_ms=visit.submitted_ms // 1000 * 1000, document=document)
    return Record(at_ms=at_ms, kind=kind, key=visit.shop.key, value=orjson.dumps(document), said=said)


def _response_id(random: Random, visit: Visit) -> str:
    """A till numbers its receipts, a survey tool draws: both with 48 random bits, so that none comes twice."""
    drawn = f"{random.getrandbits(48):012x}"
    return f"{random.randint(1, 9):02}-{drawn}" if visit.channel is TILL else f"r_{drawn}"


def _written(random: Random, visit: Visit) -> str:
    """Most systems send the shop's own time with its offset, web surveys UTC."""
    if visit.channel is not WEB:
        return visit.shop.local(visit.submitted_ms).isoformat()
    utc = datetime.fromtimestamp(visit.submitted_ms // 1000, UTC).isoformat()
    return utc if random.random() < 0.5 else utc.replace("+00:00", "Z")


def _language(random: Random, shop: Shop) -> str:
    home = "fr" if shop.store.startswith(("Québec", "Montréal", "Genève")) else shop.chain.language
    return home if random.random() < 0.95 else {"fr": "en", "en": "fr"}[home]


def _place(random: Random, channel: Channel, detail: float) -> Document:
    """Where in the shop, or at which contact, the question was asked; an import knows no such details."""
    if detail < 1:
        return {}
    if channel is TILL:
        till = random.randint(1, 9)
        return {
            "device_ref": f"till-{till:02}",
            "employee_ref": f"e-{random.randint(100, 180)}",
            "touchpoint": "checkout",
        }
    if channel.needs_open:
        return {"device_ref": f"kiosk-{random.randint(1, 2)}", "touchpoint": "exit"}
    return {"touchpoint": random.choice(("visit", "visit", "delivery", "click-and-collect"))}
