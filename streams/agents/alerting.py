"""What a response's votes do to its alert: raised, enriched, retracted, and who is muted."""

from typing import Final, NamedTuple
from urllib.parse import quote

from streams.agents.ledger import Ledger
from streams.domain.arrival import DUE_MS
from streams.domain.follow import (
    AlertState,
    Said,
    Step,
    Words,
    first_alert,
    follow,
    told,
    told_customer,
    unpack_alert,
)
from streams.domain.identity import alert_id
from streams.domain.score import DETRACTOR_MAX, SCORE_MAX, SEVERITIES
from streams.domain.store import Store
from streams.domain.tally import figures
from streams.domain.vote import COMMENTED, SCORE_MASK
from streams.domain.window import ALERT_WINDOW, DAY_S
from streams.engine.state import Output
from streams.events.alert import Alert, StoreNps, encode_alert
from streams.events.response import Response
from streams.events.time import rfc3339_ms

_RAISED: Final = Step("raised")
_NO_CHANGES: Final[list[str]] = []


class Occasion(NamedTuple):
    """A record that may concern an alert: the UTC day of the response, its submission and the record's arrival."""

    store: Store
    response: Response
    day: int
    submitted_ms: int
    arrival_ms: int


class Alerting:
    """The alerts of one batch. Its `raise_first` is the way of nearly all of them."""

    def __init__(self, ledger: Ledger) -> None:
        self._policy = ledger.policy
        self._alerts = ledger.outputs.setdefault((ledger.policy.alerts, ledger.shard), [])
        self._raised: dict[tuple[str, str], int] = {}
        self._others: dict[tuple[str, str], int] = {}
        self._muted: dict[str, int] = {}

    def finish(self) -> None:
        """Count what the batch brought."""
        counts = self._policy.counts
        for (brand, severity), n in self._raised.items():
            counts.alerts(brand, severity, n)
        for (brand, kind), n in self._others.items():
            counts.alert_changes(brand, kind, n)
        for brand, n in self._muted.items():
            counts.muted(brand, n)

    def mute(self, store: Store) -> None:
        """A detractor of this store raises nothing."""
        self._muted[store.brand_name] = self._muted.get(store.brand_name, 0) + 1

    def raise_first(self, occasion: Occasion, vote: int) -> Words:
        """Raise the alert of a first answer; gives what its page keeps of it."""
        words = first_alert(_said(occasion.response))
        self._send(occasion, None, vote, unpack_alert(words), _RAISED)
        return words

    def follow(self, occasion: Occasion, before: int | None, vote: int, state: AlertState | None) -> AlertState | None:
        """Let the alert of a response follow its vote; gives the alert after that, None while it has none."""
        after, step = follow(state, before, vote, _said(occasion.response))
        if step is not None:
            assert after is not None
            self._send(occasion, before, vote, after, step)
        return after

    def _send(self, occasion: Occasion, before: int | None, vote: int, state: AlertState, step: Step) -> None:
        alert = _alert(occasion, before, vote, state, step, self._policy.customer_url)
        self._alerts.append(Output(occasion.store.key, encode_alert(alert)))
        if step.kind == "raised":
            severity = alert.brand, alert.severity
            self._raised[severity] = self._raised.get(severity, 0) + 1
        else:
            kind = alert.brand, alert.kind
            self._others[kind] = self._others.get(kind, 0) + 1


def _alert(
    occasion: Occasion, before: int | None, vote: int, state: AlertState, step: Step, customer_url: str
) -> Alert:
    """The event: a function of the response, its arrival and the votes before it, so a replay gives the same."""
    store, response, day, submitted_ms, arrival_ms = occasion
    score = vote & SCORE_MASK
    was = score if before is None else before & SCORE_MASK
    is_forgotten = step.reason == "forgotten"
    # An answer dated minutes ahead, over midnight, is in its own figure as well.
    now = figures(store.rolling.last_30_days(max(day, arrival_ms // (DAY_S * 1000))))
    source = response.source
    customer = None if is_forgotten else response.customer_ref
    return Alert(
        alert_id=alert_id(store.brand_name, store.name, day, source or "", state.generation, response.response_id),
        kind=step.kind,
        generation=state.generation,
        sequence=state.sequence,
        response_id=response.response_id,
        source=source,
        brand=store.brand_name,
        store=store.name,
        score=score,
        previous_score=was if was != score and was <= SCORE_MAX else None,
        severity=SEVERITIES[score] if score <= DETRACTOR_MAX else SEVERITIES[min(was, DETRACTOR_MAX)],
        reasons=["score", "contact_requested"] if state.requested else ["score"],
        submitted_at=rfc3339_ms(submitted_ms),
        due_at=rfc3339_ms(submitted_ms + DUE_MS),
        late=arrival_ms > submitted_ms + DUE_MS,
        reason_missing=not vote & COMMENTED,
        comment=None if is_forgotten else response.comment,
        language=None if is_forgotten else response.language,
        customer_ref=customer,
        contactable=state.contactable,
        link=link_to(customer, customer_url) if customer_url else None,
        store_nps=StoreNps(ALERT_WINDOW, now.nps, now.low, now.high, now.n),
        changes=list(step.changes) if step.changes else _NO_CHANGES,
        reason=step.reason,
        schema_version=1,
    )


def link_to(customer: str | None, template: str) -> str | None:
    """Where the customer is found, None when there is no customer or no such place."""
    if not customer or not template:
        return None
    return template.replace("{customer_ref}", quote(customer, safe=""))


def _said(response: Response) -> Said:
    comment = response.comment
    consent = response.consent
    return Said(
        0 if comment is None else told(comment),
        told_customer(response.customer_ref),
        None if consent is None else consent.contact,
        response.contact_requested,
    )
