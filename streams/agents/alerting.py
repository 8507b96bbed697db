"""What a response's votes do to its alert: raised, enriched, retracted, and who is muted."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from msgspec.structs import replace

from streams.agents.ledger import Ledger
from streams.agents.opening import Occurred, Standing, follow_case, forget_customer, last_number, open_case
from streams.agents.telling import attached_event
from streams.domain.arrival import DUE_MS
from streams.domain.case import Case
from streams.domain.follow import AlertState, Said, Step, Words, first_alert, follow, told, told_customer
from streams.domain.identity import alert_id, iso_day
from streams.domain.score import SCORE_MAX
from streams.domain.store import Store
from streams.domain.tally import figures
from streams.domain.vote import COMMENTED, SCORE_MASK
from streams.domain.window import ALERT_WINDOW, DAY_S
from streams.engine.state import Output
from streams.events.alert import Alert, StoreNps, encode_alert, link_to
from streams.events.response import Response
from streams.events.time import rfc3339_ms

_DAY_MS: Final = DAY_S * 1000
_DUE_DAYS, _DUE_REST = divmod(DUE_MS, _DAY_MS)
assert _DUE_REST == 0, "a response is due at the time of day at which it was submitted"
_DATE_CHARACTERS: Final = len("2026-11-22")
# Never changed: what an alert holds goes straight to the encoder.
_NO_CHANGES: Final[list[str]] = []
_FIRST_AT_ONCE: Final = 200
"""First alerts made in a row: each after its vote would drive the code of both out of the processor's caches."""


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
        self._desk = ledger.desk
        self._policy = ledger.policy
        self._customer_url = ledger.policy.customer_url
        self._alerts = ledger.outputs.setdefault((ledger.policy.alerts, ledger.shard), [])
        self._first: list[tuple[Store, Response, int, int, int, int, int, int, bool]] = []
        """First alerts to be made: what `raise_first` was given, its tally, the customer's hash, and consent."""
        self._raised: dict[tuple[str, str], int] = {}
        self._others: dict[tuple[str, str], int] = {}
        self._muted: dict[str, int] = {}

    def finish(self) -> None:
        """Make what is left to be made, and count what the batch brought."""
        self._make_first()
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
        """Raise the alert of a first answer and open its case, at once or before anything follows from them.

        Gives what its page keeps of it.
        """
        customer, consent = told_customer(response.customer_ref), _consents(response)
        tally = _window_of(store, day, arrival_ms)
        self._first.append((store, response, score, day, submitted_ms, arrival_ms, tally, customer, consent))
        if len(self._first) >= _FIRST_AT_ONCE:
            self._make_first()
        return first_alert(
            response.comment,
            customer,
            consent=consent,
            requested=response.contact_requested is True,
        )

    def follow(self, occasion: Occasion, before: int | None, vote: int, state: AlertState | None) -> AlertState | None:
        """Let the alert of a response follow its vote; gives the alert after that, None while it has none.

        The very same one where nothing of it changed and nobody was told anything.
        """
        self._make_first()
        known = state
        if state is not None:
            last = last_number(self._desk, _alert_id(occasion, state.generation), state.sequence)
            state = state._replace(sequence=last)
        after, step = follow(state, before, vote, _said(occasion.response))
        if after is None:
            return None
        occurred = _occurred(occasion, vote, after)
        if step is not None and step.kind == "raised":
            standing = open_case(self._desk, occasion.store, occurred, {*_former(occasion, after)})
        else:
            standing = follow_case(self._desk, occasion.store, occurred, after, step)
        if step is not None and step.reason == "forgotten":
            forget_customer(self._desk, occasion.store, _former(occasion, after))
        if step is None:
            return known if after is state else after
        alert = self._alert(occasion, before, vote, after, step, occurred, standing)
        self._alerts.append(Output(occasion.store.key, encode_alert(alert)))
        if step.kind == "raised":
            severity = alert.brand, standing.severity
            self._raised[severity] = self._raised.get(severity, 0) + 1
        else:
            kind = alert.brand, alert.kind
            self._others[kind] = self._others.get(kind, 0) + 1
        if standing.attached_to is not None:
            self._tell_attached(occasion.store, standing.attached_to, occurred)
        return after

    def _make_first(self) -> None:
        """Make the first alerts that were raised so far, in their order, and open their cases."""
        for store, response, score, day, submitted_ms, arrival_ms, tally, customer, consent in self._first:
            occurred = Occurred(
                alert_id(store.brand_name, store.name, day, response.source or "", 0, response.response_id),
                0,
                score,
                submitted_ms,
                arrival_ms,
                response.comment,
                customer,
                customer != 0 and consent,
                response.contact_requested is True,
                response.comment is None,
            )
            standing = open_case(self._desk, store, occurred)
            alert = self._plain(store, response, occurred, standing, day, tally)
            self._alerts.append(Output(store.key, encode_alert(alert)))
            severity = store.brand_name, standing.severity
            self._raised[severity] = self._raised.get(severity, 0) + 1
            if standing.attached_to is not None:
                self._tell_attached(store, standing.attached_to, occurred)
        self._first.clear()

    def _tell_attached(self, store: Store, lead: Case, occurred: Occurred) -> None:
        attached = self._desk.case(occurred.alert_id)
        assert attached is not None
        self._desk.tell(store, attached_event(self._desk, store, lead, attached, occurred.arrival_ms))

    def _plain(
        self, store: Store, response: Response, occurred: Occurred, standing: Standing, day: int, tally: int
    ) -> Alert:
        """The first alert of a response that said all there is to say.

        A function of the response, its arrival and what came before it, so a replay gives the same. `tally` is what its
        store's window had with it.
        """
        arrival_ms = occurred.arrival_ms
        submitted_at = rfc3339_ms(occurred.submitted_ms)
        customer = response.customer_ref
        return Alert(
            alert_id=occurred.alert_id,
            kind="raised",
            generation=0,
            sequence=1,
            response_id=response.response_id,
            source=response.source,
            brand=store.brand_name,
            store=store.name,
            score=occurred.score,
            severity=standing.severity,
            reasons=standing.judgement.reasons,
            submitted_at=submitted_at,
            due_at=_due_at(standing, submitted_at, day),
            late=arrival_ms > (occurred.submitted_ms + DUE_MS if standing.due_ms is None else standing.due_ms),
            reason_missing=response.comment is None,
            comment=response.comment,
            language=response.language,
            customer_ref=customer,
            contactable=occurred.contactable,
            link=link_to(customer, self._customer_url) if self._customer_url else None,
            store_nps=_store_nps(tally),
            changes=_NO_CHANGES,
            case_id=standing.case_id,
            status=standing.status,
            rule_id=standing.judgement.rule_id,
            rule_version=standing.rule_version,
            owner=standing.owner,
            held=standing.held,
            at=_arrival(arrival_ms),
        )

    def _alert(
        self,
        occasion: Occasion,
        before: int | None,
        vote: int,
        state: AlertState,
        step: Step,
        occurred: Occurred,
        standing: Standing,
    ) -> Alert:
        """Any event of an alert that a record of its response brought."""
        score = vote & SCORE_MASK
        was = score if before is None else before & SCORE_MASK
        alert = replace(
            self._plain(
                occasion.store,
                occasion.response,
                occurred,
                standing,
                occasion.day,
                _window_of(occasion.store, occasion.day, occasion.arrival_ms),
            ),
            kind=step.kind,
            generation=state.generation,
            sequence=state.sequence,
            previous_score=was if was != score and was <= SCORE_MAX else None,
            reason_missing=not vote & COMMENTED,
            changes=list(step.changes),
            reason=step.reason,
        )
        if step.reason == "forgotten":
            return replace(alert, comment=None, language=None, customer_ref=None, link=None)
        return alert


def _alert_id(occasion: Occasion, generation: int) -> str:
    store, response = occasion.store, occasion.response
    return alert_id(store.brand_name, store.name, occasion.day, response.source or "", generation, response.response_id)


def _former(occasion: Occasion, state: AlertState) -> Iterator[str]:
    """The alerts that a response raised before its latest one."""
    return (_alert_id(occasion, generation) for generation in range(state.generation))


def _occurred(occasion: Occasion, vote: int, state: AlertState) -> Occurred:
    """What the desk is told of a correction; the alert is as it stands after it."""
    return Occurred(
        _alert_id(occasion, state.generation),
        state.generation,
        vote & SCORE_MASK,
        occasion.submitted_ms,
        occasion.arrival_ms,
        occasion.response.comment,
        state.customer,
        state.contactable,
        state.requested,
        not vote & COMMENTED,
    )


def _due_at(standing: Standing, submitted_at: str, day: int) -> str:
    """When the customer is to be called back at the latest, RFC 3339."""
    if standing.due_ms is not None:
        return rfc3339_ms(standing.due_ms)
    return iso_day(day + _DUE_DAYS) + submitted_at[_DATE_CHARACTERS:]


@lru_cache(maxsize=8_192)  # most stores have had few answers, and few answers make few tallies
def _store_nps(tally: int) -> StoreNps:
    now = figures(tally)
    return StoreNps(ALERT_WINDOW, now.nps, now.low, now.high, now.n)


# What is sent together arrives together.
_arrival: Final = lru_cache(maxsize=64)(rfc3339_ms)


def _window_of(store: Store, day: int, arrival_ms: int) -> int:
    """The tally that an alert tells of. An answer dated minutes ahead, over midnight, is in its own figure as well."""
    return store.rolling.last_30_days(max(day, arrival_ms // _DAY_MS))


def _consents(response: Response) -> bool:
    consent = response.consent
    return consent is not None and consent.contact is True


def _said(response: Response) -> Said:
    consent = response.consent
    return Said(
        told(response.comment),
        told_customer(response.customer_ref),
        None if consent is None else consent.contact,
        response.contact_requested,
    )
