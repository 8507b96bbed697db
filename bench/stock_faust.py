"""Stock Faust in its documented style: a record type, a table, and an alert sent per detractor.

`python -m bench.stock_faust worker -l error`, with STOCK_BROKERS, STOCK_RESPONSES, STOCK_ALERTS, STOCK_APP_ID,
STOCK_PARTITIONS and STOCK_DATA set. It does a part of what our worker does: no validation, no identity (a response that
comes twice counts twice), no windows, no brands, no scores; at least once, state and offsets apart. All settings that
are not named here are Faust's defaults; orjson is installed and used.
"""

import os
from typing import Any

import faust

DETRACTOR_MAX = 6
PASSIVE_MAX = 8


class Response(faust.Record):
    """A survey response."""

    response_id: str
    brand: str
    store: str
    submitted_at: str
    score: int
    source: str | None = None
    channel: str | None = None
    survey: str | None = None
    language: str | None = None
    device_ref: str | None = None
    customer_ref: str | None = None
    consent: dict[str, bool] | None = None
    comment: str | None = None


class Alert(faust.Record):
    """A detractor to be called back."""

    response_id: str
    brand: str
    store: str
    score: int
    submitted_at: str
    customer_ref: str | None
    comment: str | None
    nps: float


app = faust.App(
    os.environ.get("STOCK_APP_ID", "stock"),
    broker=f"kafka://{os.environ.get('STOCK_BROKERS', '127.0.0.1:9092')}",
    datadir=os.environ.get("STOCK_DATA", "stock-data"),
    topic_partitions=int(os.environ.get("STOCK_PARTITIONS", "8")),
    store="memory://",
    web_enabled=False,
)
responses = app.topic(os.environ.get("STOCK_RESPONSES", "survey.responses"), key_type=str, value_type=Response)
alerts = app.topic(os.environ.get("STOCK_ALERTS", "stock.alerts"), key_type=str, value_type=Alert)
stores = app.Table("stores", default=lambda: [0, 0, 0])


@app.agent(responses)
async def tally(stream: Any) -> None:
    """Count promoters, detractors and all of each store; alert for each detractor."""
    async for response in stream:
        key = f"{response.brand}|{response.store}"
        promoters, detractors, n = stores[key]
        if response.score <= DETRACTOR_MAX:
            detractors += 1
        elif response.score > PASSIVE_MAX:
            promoters += 1
        n += 1
        stores[key] = [promoters, detractors, n]
        if response.score <= DETRACTOR_MAX:
            alert = Alert(
                response_id=response.response_id,
                brand=response.brand,
                store=response.store,
                score=response.score,
                submitted_at=response.submitted_at,
                customer_ref=response.customer_ref,
                comment=response.comment,
                nps=100 * (promoters - detractors) / n,
            )
            await alerts.send(key=key, value=alert)


if __name__ == "__main__":
    app.main()
