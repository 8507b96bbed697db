"""Records as a consumer gives them, made up."""

from dataclasses import dataclass

import orjson


@dataclass(frozen=True, slots=True, kw_only=True)
class FakeRecord:
    """What the demo looks at in a consumed record."""

    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int = 0


def an_alert(name: tuple[str, str, str, str], *, alert_id: str = "") -> FakeRecord:
    """An alert of the response of that name."""
    brand, store, source, response_id = name
    document = {"kind": "raised", "alert_id": alert_id or "/".join(name), "brand": brand, "store": store}
    return FakeRecord(value=orjson.dumps(document | {"source": source or None, "response_id": response_id}))


def a_brand_score(brand: str, answers: int) -> FakeRecord:
    """The score of a brand with so many answers ever."""
    return FakeRecord(value=orjson.dumps({"brand": brand, "store": None, "windows": {"all": {"n": answers}}}))
