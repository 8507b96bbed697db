"""The alert that a detractor's answer raises."""

from urllib.parse import quote

from streams.agents.policy import Policy
from streams.domain.arrival import DUE_MS
from streams.domain.identity import alert_id
from streams.domain.score import SEVERITIES
from streams.domain.store import Store
from streams.domain.tally import figures
from streams.domain.window import ALERT_WINDOW, DAY_S
from streams.engine.state import Output
from streams.events.alert import Alert, StoreNps, encode_alert
from streams.events.response import Response
from streams.events.time import rfc3339_ms


def alert_output(
    store: Store, response: Response, score: int, day: int, submitted_ms: int, arrival_ms: int, policy: Policy
) -> Output:
    """The alert: a function of the response, its arrival and the votes before it, so a replay raises the same."""
    source = response.source
    # An answer dated minutes ahead, over midnight, is in its own figure as well.
    now = figures(store.rolling.last_30_days(max(day, arrival_ms // (DAY_S * 1000))))
    customer = response.customer_ref
    consent = response.consent
    alert = Alert(
        alert_id=alert_id(store.brand_name, store.name, day, source or "", 0, response.response_id),
        kind="raised",
        response_id=response.response_id,
        source=source,
        brand=store.brand_name,
        store=store.name,
        score=score,
        severity=SEVERITIES[score],
        reasons=["score", "contact_requested"] if response.contact_requested else ["score"],
        submitted_at=rfc3339_ms(submitted_ms),
        due_at=rfc3339_ms(submitted_ms + DUE_MS),
        late=arrival_ms > submitted_ms + DUE_MS,
        reason_missing=response.comment is None,
        comment=response.comment,
        language=response.language,
        customer_ref=customer,
        contactable=customer is not None and consent is not None and consent.contact is True,
        link=link_to(customer, policy.customer_url) if policy.customer_url else None,
        store_nps=StoreNps(ALERT_WINDOW, now.nps, now.low, now.high, now.n),
        schema_version=1,
    )
    return Output(store.key, encode_alert(alert))


def link_to(customer: str | None, template: str) -> str | None:
    """Where the customer is found, None when there is no customer or no such place."""
    if not customer or not template:
        return None
    return template.replace("{customer_ref}", quote(customer, safe=""))
