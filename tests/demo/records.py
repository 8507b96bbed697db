"""Records as a consumer gives them, made up."""

from dataclasses import dataclass

import orjson

from streams.demo.lives import AlertEvent, Audit


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeRecord:
    """What the demo looks at in a consumed record."""

    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int = 0


def an_alert(event: AlertEvent) -> FakeRecord:
    """An event of an alert, as it comes."""
    brand, store, source, response_id = event.name
    kind, reason = (event.what, None) if event.what in {"raised", "enriched"} else ("retracted", event.what)
    document = {
        "alert_id": "/".join((*event.name, str(event.generation))),
        "kind": kind,
        "generation": event.generation,
        "sequence": event.sequence,
        "brand": brand,
        "store": store,
        "source": source or None,
        "response_id": response_id,
        "reason": reason,
    }
    return FakeRecord(value=orjson.dumps(document))


def an_audit(audit: Audit) -> FakeRecord:
    """What is written down of a person forgotten."""
    return FakeRecord(value=orjson.dumps(audit._asdict()))


def an_alarm(episode: int, *, kind: str = "raised") -> FakeRecord:
    """An alarm about a score."""
    return FakeRecord(value=orjson.dumps({"alarm_id": f"alarm-{episode}", "kind": kind, "rule": "drop"}))


def a_brand_score(brand: str, answers: int) -> FakeRecord:
    """The score of a brand with so many answers ever."""
    return FakeRecord(value=orjson.dumps({"brand": brand, "store": None, "windows": {"all": {"n": answers}}}))
