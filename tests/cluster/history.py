"""A shard with a history, and the rows that it leaves as somebody reads them from outside."""

from collections.abc import Iterable

from streams.cluster.recount import wanted_days
from streams.cluster.rows import Selection
from streams.domain.window import WindowName
from tests.agents.desk import BRAND_TALLIES, NOW_MS, NOW_S, Desk
from tests.builders import response

DAY_MS = 86_400_000
STORES = ("Lyon", "Lyon 2", "Ly")
BRANDS = ("Nord", "Nordic")


def settled(desk: Desk, now_s: float = NOW_S) -> None:
    """Do what is due, and let the brands hear what their only shard hands over."""
    for seconds in range(3):
        desk.settle(now_s + seconds)
        handed_over = desk.sent(BRAND_TALLIES)
        desk.written.pop((BRAND_TALLIES, 0), None)
        desk.hear(*handed_over)


def selected(desk: Desk, brand: str, store: str | None, window: WindowName, as_of_s: int) -> Selection:
    """The rows of a brand or a store that an explanation wants."""
    spans = wanted_days(window, as_of_s)
    selection = Selection(brand, store, lambda day: any(span.has_day(day) for span in spans))
    for row in desk.changelog:
        selection.take(row.key, row.value, 0)
    return selection


def take_corrections(desk: Desk, store: str = "Lyon", at_ms: int = NOW_MS) -> None:
    """One response of each kind, all submitted in the same minute; offsets 0 to 10 in this order."""
    of = {"store": store}
    desk.take(
        response(at_ms, response_id="plain", score=10, **of),
        response(at_ms, response_id="risen", score=3, **of),
        response(at_ms, response_id="risen", score=9, event="updated", **of),
        response(at_ms, response_id="excluded", score=0, **of),
        response(at_ms, response_id="excluded", event="excluded", score=None, reason="a test", by="Anna", **of),
        response(at_ms, response_id="deleted", score=1, **of),
        response(at_ms, response_id="deleted", event="deleted", score=None, **of),
        response(at_ms, response_id="identity", score=2, customer_ref="c-1", **of),
        response(at_ms, response_id="identity", event="forget_identity", score=None, **of),
        response(at_ms, response_id="all", score=2, **of),
        response(at_ms, response_id="all", event="forget_all", score=None, **of),
        response(at_ms, response_id="unheard", event="excluded", score=None, **of),
        response(at_ms - 8 * DAY_MS, response_id="muted", score=4, channel="kiosk", **of),
        at_ms=at_ms,
    )


def later(desk: Desk, days: Iterable[int]) -> int:
    """An answer of another store arrives after so many days each, and all that is due is done; gives when, in s."""
    now_s = int(NOW_S)
    for day in days:
        at_ms = NOW_MS + day * DAY_MS
        desk.take(response(at_ms, store="Quiet", response_id=f"q-{day}"), at_ms=at_ms)
        settled(desk, at_ms / 1000)
        now_s = at_ms // 1000 + 2
    return now_s
