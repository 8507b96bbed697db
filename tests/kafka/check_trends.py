"""Trends, held against the recount: every difference is a line of text."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from chaos.rules.near import in_ms, unequal
from chaos.rules.recount import Recount
from streams.topology import TRENDS
from tests.kafka.log import Log

Period = tuple[str, date, date]
"""Its name, its first day, and the day after its last."""

_FINAL_AFTER = timedelta(hours=72)
_EPOCH = date(1970, 1, 1)


def wrong_trends(log: Log, expected: Recount) -> Iterator[str]:
    """Last trends that differ from the recount as of their own instant, miss, or are nobody's.

    All that these tests send arrives now, in periods that are not final or were empty when they became so: no number
    that was shown is ever restated.
    """
    trends = {key: json.loads(record.value) for key, record in log.latest(TRENDS).items()}
    for brand, store in sorted(expected.subjects(), key=str):
        key = (brand if store is None else f"{brand}|{store}").encode()
        trend = trends.pop(key, None)
        if trend is None:
            yield f"{key!r} has no trend"
            continue
        now = datetime.fromtimestamp(in_ms(trend["as_of"]) / 1000, UTC)
        days = _days(expected, brand, store)
        wanted = {name: _series(periods, days, now) for name, periods in _periods(now.date()).items()}
        said = {"brand": brand, "store": store, "as_of": trend["as_of"], "schema_version": 1, **wanted}
        for name in unequal(trend, said):
            yield f"{key!r} as of {trend['as_of']}: {name} is {trend.get(name)}, not {said.get(name)}"
    yield from (f"{key!r} has a trend and no answers" for key in trends)


def _periods(today: date) -> dict[str, list[Period]]:
    """35 days, 53 ISO weeks and 24 months; the last ones hold today."""
    days = [today - timedelta(days=back) for back in range(34, -1, -1)]
    monday = today - timedelta(days=today.weekday())
    mondays = [monday - timedelta(weeks=back) for back in range(52, -1, -1)]
    months = [divmod(12 * today.year + today.month - 1 - back, 12) for back in range(23, -2, -1)]
    firsts = [date(year, month + 1, 1) for year, month in months]
    return {
        "days": [(f"{day}", day, day + timedelta(days=1)) for day in days],
        "weeks": [(f"{day:%G-W%V}", day, day + timedelta(weeks=1)) for day in mondays],
        "months": [(f"{day:%Y-%m}", day, end) for day, end in pairwise(firsts)],
    }


def _series(periods: list[Period], days: dict[int, Counter[str]], now: datetime) -> dict[str, Any]:
    sums = []
    for _, first, end in periods:
        of_period: Counter[str] = Counter()
        for day in range((first - _EPOCH).days, (end - _EPOCH).days):
            of_period.update(days.get(day, {}))
        sums.append(of_period)
    ends = [datetime(end.year, end.month, end.day, tzinfo=UTC) for *_, end in periods]
    return {
        "first": periods[0][0],
        **{name: [of_period[name] for of_period in sums] for name in ("n", "promoters", "detractors")},
        "final": sum(end + _FINAL_AFTER <= now for end in ends),
        "restated": [],
    }


def _days(expected: Recount, brand: str, store: str | None) -> dict[int, Counter[str]]:
    """Answers, promoters and detractors of each UTC day since the epoch; `store` None for the brand."""
    days: dict[int, Counter[str]] = defaultdict(Counter)
    for key, votes in expected.stores.items():
        if key[0] != brand or store not in (None, key[1]):
            continue
        for (hour, score), n in votes.items():
            days[hour // 24].update({"n": n, "promoters": n * (score >= 9), "detractors": n * (score <= 6)})
    return days
