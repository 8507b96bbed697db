"""What a response's votes do to its alert: raised, enriched, retracted, and who is muted."""

from typing import Final, NamedTuple
from urllib.parse import quote

from msgspec.structs import replace

from streams.agents.ledger import Ledger
from streams.domain.arrival import DUE_MS
from streams.domain.follow import AlertState, Said, Step, Words, first_alert, follow, told, told_customer
from streams.domain.identity import alert_id, iso_day
from streams.domain.score import DETRACTOR_MAX, SCORE_MAX, SEVERITIES
from streams.domain.store import Store
from streams.domain.tally import figures
from streams.domain.vote import COMMENTED, SCORE_MASK
from streams.domain.window import ALERT_WINDOW, DAY_S
from streams.engine.state import Output
from streams.events.alert import Alert, StoreNps, encode_alert
from streams.events.response import Response
from streams.events.time import rfc3339_ms

_DAY_MS: Final = DAY_S * 1000
_DUE_DAYS, _DUE_REST = divmod(DUE_MS, _DAY_MS)
assert _DUE_REST == 0, "a response is due at the time of day at which it was submitted"
_DATE_CHARACTERS: Final = len("2026-11-22")
# Never changed: what an alert holds goes straight to the encoder.
_REASONS: Final = ["score"]
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
        self._customer_url = ledger.policy.customer_url
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

    def raise_first(
        self, store: Store, response: Response, score: int, day: int, submitted_ms: int, arrival_ms: int
    ) -> Words:
        """Raise the alert of a first answer; gives what its page keeps of it."""
        alert = self._plain(store, response, score, day, submitted_ms, arrival_ms)
        self._alerts.append(Output(store.key, encode_alert(alert)))
        severity = store.brand_name, SEVERITIES[score]
        self._raised[severity] = self._raised.get(severity, 0) + 1
        consent = response.consent
        return first_alert(
            response.comment,
            response.customer_ref,
            consent=consent is not None and consent.contact is True,
            requested=response.contact_requested is True,
        )

    def follow(self, occasion: Occasion, before: int | None, vote: int, state: AlertState | None) -> AlertState | None:
        """Let the alert of a response follow its vote; gives the alert after that, None while it has none."""
        after, step = follow(state, before, vote, _said(occasion.response))
        if step is not None:
            assert after is not None
            alert = self._alert(occasion, before, vote, after, step)
            self._alerts.append(Output(occasion.store.key, encode_alert(alert)))
            if step.kind == "raised":
                assert alert.severity is not None
                severity = alert.brand, alert.severity
                self._raised[severity] = self._raised.get(severity, 0) + 1
            else:
                kind = alert.brand, alert.kind
                self._others[kind] = self._others.get(kind, 0) + 1
        return after

    def _plain(
        self, store: Store, response: Response, score: int, day: int, submitted_ms: int, arrival_ms: int
    ) -> Alert:
        """The first alert of a response that said all there is to say, with a detractor's score.

        A function of the response, its arrival and the votes before it, so a replay gives the same.
        """
        # An answer dated minutes ahead, over midnight, is in its own figure as well.
        now = figures(store.rolling.last_30_days(max(day, arrival_ms // _DAY_MS)))
        source = response.source
        customer = response.customer_ref
        consent = response.consent
        submitted_at = rfc3339_ms(submitted_ms)
        return Alert(
            alert_id=alert_id(store.brand_name, store.name, day, source or "", 0, response.response_id),
            kind="raised",
            generation=0,
            sequence=1,
            response_id=response.response_id,
            source=source,
            brand=store.brand_name,
            store=store.name,
            score=score,
            severity=SEVERITIES[score],
            reasons=["score", "contact_requested"] if response.contact_requested else _REASONS,
            submitted_at=submitted_at,
            due_at=iso_day(day + _DUE_DAYS) + submitted_at[_DATE_CHARACTERS:],
            late=arrival_ms > submitted_ms + DUE_MS,
            reason_missing=response.comment is None,
            comment=response.comment,
            language=response.language,
            customer_ref=customer,
            contactable=bool(customer) and consent is not None and consent.contact is True,
            link=link_to(customer, self._customer_url) if self._customer_url else None,
            store_nps=StoreNps(ALERT_WINDOW, now.nps, now.low, now.high, now.n),
            changes=_NO_CHANGES,
        )

    def _alert(self, occasion: Occasion, before: int | None, vote: int, state: AlertState, step: Step) -> Alert:
        """Any event of an alert."""
        store, response, day, submitted_ms, arrival_ms = occasion
        score = vote & SCORE_MASK
        was = score if before is None else before & SCORE_MASK
        severe = score if score <= DETRACTOR_MAX else min(was, DETRACTOR_MAX)
        alert = replace(
            self._plain(store, response, severe, day, submitted_ms, arrival_ms),
            kind=step.kind,
            alert_id=alert_id(
                store.brand_name, store.name, day, response.source or "", state.generation, response.response_id
            ),
            generation=state.generation,
            sequence=state.sequence,
            score=score,
            previous_score=was if was != score and was <= SCORE_MAX else None,
            reasons=["score", "contact_requested"] if state.requested else _REASONS,
            reason_missing=not vote & COMMENTED,
            contactable=state.contactable,
            changes=list(step.changes),
            reason=step.reason,
        )
        if step.reason == "forgotten":
            return replace(alert, comment=None, language=None, customer_ref=None, link=None)
        return alert


def link_to(customer: str | None, template: str) -> str | None:
    """Where the customer is found, None when there is no customer or no such place."""
    if not customer or not template:
        return None
    return template.replace("{customer_ref}", quote(customer, safe=""))


def _said(response: Response) -> Said:
    consent = response.consent
    return Said(
        told(response.comment),
        told_customer(response.customer_ref),
        None if consent is None else consent.contact,
        response.contact_requested,
    )
