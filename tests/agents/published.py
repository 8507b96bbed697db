"""What a shard that is the only one published of trends, and how it comes to rest."""

from typing import Any

import orjson

from tests.agents.desk import BRAND_TALLIES, TRENDS, Desk
from tests.contracts.contracts import TREND


def rest(desk: Desk, now_s: float) -> None:
    """Do what is due, and let the brand hear what its only shard hands over."""
    for seconds in (0, 1, 2, 70):
        desk.settle(now_s + seconds)
        handed_over = desk.sent(BRAND_TALLIES)
        desk.written.pop((BRAND_TALLIES, 0), None)
        desk.hear(*handed_over)


def keys(desk: Desk) -> list[str]:
    """The keys of all trends, in order."""
    return [(output.key or b"").decode() for output in desk.sent(TRENDS)]


def trends(desk: Desk) -> dict[str, dict[str, Any]]:
    """The last trend of each key."""
    last = {(out.key or b"").decode(): out.value or b"" for out in desk.sent(TRENDS)}
    return {key: orjson.loads(value) for key, value in last.items()}


def trend(desk: Desk, key: str = "Nord|Lyon") -> dict[str, Any]:
    """The last trend of a key, as its schema has it."""
    document = trends(desk)[key]
    assert TREND.admits(document)
    return document


def at(series: dict[str, Any], back: int) -> tuple[int, int, int]:
    """n, promoters and detractors so many periods before the last one."""
    n, promoters, detractors = (series[column][-1 - back] for column in ("n", "promoters", "detractors"))
    return n, promoters, detractors


def restated(desk: Desk, key: str = "Nord|Lyon") -> dict[str, tuple[int, int, int]]:
    """What is listed as restated, by period."""
    listed = [one for name in ("days", "weeks", "months") for one in trend(desk, key)[name]["restated"]]
    return {one["period"]: (one["n"], one["promoters"], one["detractors"]) for one in listed}


def rows(desk: Desk, kind: str) -> dict[bytes, bytes]:
    """The rows of a kind that are left once the changelog is compacted."""
    last = {row.key: row.value for row in desk.changelog if row.key.startswith(f"{kind}|".encode())}
    return {key: value for key, value in last.items() if value is not None}
