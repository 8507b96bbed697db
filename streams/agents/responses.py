"""`tally_responses`: reads `survey.responses`; keeps pages of votes, raises alerts, sets aside what cannot be used.

Every record ends as exactly one of: counted, duplicate, correction, dead letter, re-homed. Which one is a function of
the log alone: the arrival of a record is its append time, and no clock is asked.
"""

from collections.abc import Iterator
from typing import Final, cast

from streams.agents.alerting import Alerting, Occasion
from streams.agents.erasure import send_audit
from streams.agents.finals import LATE_MS_MIN
from streams.agents.ledger import Ledger
from streams.agents.setting_aside import SettingAside
from streams.domain.arrival import AGE_MS_MAX, FUTURE_MS_MAX
from streams.domain.identity import identity_of
from streams.domain.page import Page, Trace
from streams.domain.score import BANDS, DETRACTOR_MAX
from streams.domain.store import Store
from streams.domain.tally import BINS, ONE
from streams.domain.vote import (
    ANSWERS,
    COMMENTED,
    COUNTS,
    FORGETTING,
    FORGOTTEN,
    KIOSK,
    MINUTE_MASK,
    MINUTE_SHIFT,
    MUTED,
    NO_ANSWER,
    OFFSET_SHIFT,
    RAISED,
    SCORE_MASK,
    decide,
)
from streams.domain.window import DAY_S, HOUR_S, HOURS
from streams.engine.fetch import Record
from streams.engine.partition import partition_of
from streams.engine.shard import Handled, Shard
from streams.events.rehomed import read_rehomed
from streams.events.rejected import Rejected
from streams.events.response import Response, decode_response
from streams.events.time import epoch_ms


def tally_responses(shard: Shard, records: list[Record]) -> Handled:
    """Decide about each record in order; stops at the one that trips the breaker."""
    intake = Intake(cast("Ledger", shard.state))
    totals = {"counted": 0, "duplicate": 0, "correction": 0, "dead_letter": 0, "rehomed": 0}
    done = clean = 0
    take = intake.take
    for record, response in _decoded(records):
        disposition = take(record, response)
        done += 1
        totals[disposition] += 1
        if disposition != "dead_letter":
            clean += 1
            continue
        shard.breaker.passed(clean)
        clean = 0
        if shard.breaker.dead():
            break
    shard.breaker.passed(clean)
    if done:
        intake.finish(records[done - 1])
    return Handled(done, totals)


def _decoded(records: list[Record]) -> Iterator[tuple[Record, Response | Rejected]]:
    # Some at once: in turns, decoding and deciding would drive each other's code out of the processor's caches.
    for start in range(0, len(records), _DECODED_AT_ONCE):
        some = records[start : start + _DECODED_AT_ONCE]
        yield from zip(some, [decode_response(record.value) for record in some], strict=True)


_DECODED_AT_ONCE: Final = 1_024
_MUTING: Final = ANSWERS | {"restored"}
"""The events that mute a response whose alert is not open, if they come too late to call back or are imported."""


class Intake:
    """Takes the records of one batch into a ledger. `shard` and `policy` do not change while it does."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._brands = ledger.brands
        self._policy = ledger.policy
        self._alerting = Alerting(ledger)
        policy = self._policy
        self._aside = SettingAside(ledger, policy.responses, policy.dead_letters, bytes_max=policy.input_bytes_max)
        self._mute_ms = ledger.policy.alert_max_age_s * 1000
        """An answer older than this at arrival is too old to call back."""
        self._old_ms = min(self._mute_ms, LATE_MS_MIN)
        self._first_answers: dict[str, list[int]] = {}
        """By brand, how many answers of each score count for the first time."""
        self._unknown = 0

    def take(self, record: Record, response: Response | Rejected) -> str:
        """Decide about one record and what was read of it; gives its disposition."""
        if type(response) is Rejected:
            return self._aside.dead(record, response.reason)
        self._unknown += response.unknown_fields
        arrival_ms = appended_ms = record.timestamp
        rehomed = False
        if record.headers:
            origin = read_rehomed(record.headers)
            if origin is not None:
                arrival_ms, rehomed = min(origin, arrival_ms), True
        submitted_ms = epoch_ms(response.submitted_at)
        if arrival_ms - submitted_ms < -FUTURE_MS_MAX:
            return self._aside.dead(record, "timestamp_in_future")
        # By its own append time: a record that was long on its way here could reach a page that is folded already.
        if appended_ms - submitted_ms > AGE_MS_MAX:
            return self._aside.dead(record, "too_old")
        share = self._brands.get(response.brand)
        store = None if share is None else share.stores.get(response.store)
        if store is None:
            key = f"{response.brand}|{response.store}".encode()
            home = partition_of(key, self._policy.partitions)
            if home != self._ledger.shard:
                return self._aside.stray(record, key, home, arrival_ms, rehomed=rehomed)
            store = self._ledger.new_store(response.brand, response.store)
        return self._vote(store, response, record.offset, submitted_ms, arrival_ms)

    def finish(self, last: Record) -> None:
        """Count what the batch brought."""
        counts = self._policy.counts
        self._ledger.folding.log_day = max(self._ledger.folding.log_day, last.timestamp // (DAY_S * 1000))
        for brand, bins in self._first_answers.items():
            for band in ("detractor", "passive", "promoter"):
                counts.answers(brand, band, sum(n for score, n in enumerate(bins) if BANDS[score] == band))
        self._alerting.finish()
        self._aside.finish()
        if self._unknown:
            counts.unknown_fields(self._unknown)

    def _vote(self, store: Store, response: Response, offset: int, submitted_ms: int, arrival_ms: int) -> str:
        """Let an event change the vote of its response, and let all follow that follows from the vote."""
        day, second = divmod(submitted_ms // 1000, DAY_S)
        identity = identity_of(response.source or "", response.response_id)
        page = store.page_for(day, identity)
        # The brand's hours of the day, summed from the pages where they are not known yet: before the page changes.
        share = store.brand
        hours = share.days.get(day)
        if hours is None:
            hours = share.day(day)
        if response.version is not None or response.event != "created" or identity in page.positions:
            return self._change(store, response, page, hours, offset, submitted_ms, arrival_ms)
        score: int = response.score  # type: ignore[assignment]  # an answer without a score is no response
        vote = score | second // 60 << MINUTE_SHIFT | offset << OFFSET_SHIFT
        vote |= 0 if response.comment is None else COMMENTED
        if arrival_ms - submitted_ms > self._old_ms or response.imported:
            vote |= self._old(store, response, day, submitted_ms, arrival_ms)
        if response.channel == "kiosk":
            vote |= KIOSK
        one = ONE[score]
        hour = second // HOUR_S
        store.rolling.add(day * HOURS + hour, one)
        hours[hour] = hours.get(hour, 0) + one
        bins = self._first_answers.get(store.brand_name)
        if bins is None:
            bins = self._first_answers[store.brand_name] = [0] * BINS
        bins[score] += 1
        if not store.unscored or day not in share.changed_days:
            self._ledger.figures_changed(store, day)
        words = None
        if score <= DETRACTOR_MAX:
            if vote & MUTED:
                self._alerting.mute(store)
            else:
                vote |= RAISED
                words = self._alerting.raise_first(store, response, score, day, submitted_ms, arrival_ms)
        page.append(identity, vote, words)
        if not page.dirty:
            self._ledger.page_changed(page)
        return "counted"

    def _old(self, store: Store, response: Response, day: int, submitted_ms: int, arrival_ms: int) -> int:
        """Keep what a first answer comes too late for; gives MUTED where it is too old to call back, or imported."""
        if arrival_ms - submitted_ms > LATE_MS_MIN:
            self._ledger.finals.keep(store, day, arrival_ms)
        return MUTED if arrival_ms - submitted_ms > self._mute_ms or response.imported else 0

    def _change(
        self,
        store: Store,
        response: Response,
        page: Page,
        hours: dict[int, int],
        offset: int,
        submitted_ms: int,
        arrival_ms: int,
    ) -> str:
        """As `_vote`, for all but the plain first answer of a response: rarer, and anything may follow."""
        day, second = divmod(submitted_ms // 1000, DAY_S)
        identity = identity_of(response.source or "", response.response_id)
        event = response.event
        before, known = page.get(identity), page.versions.get(identity)
        score = response.score if type(response.score) is int else NO_ANSWER
        vote, versions, disposition = decide(
            before, known, event=event, version=response.version, score=score, minute=second // 60, offset=offset
        )
        if vote == before and versions == known:
            return disposition
        alert = page.alert(identity)
        vote |= self._flags(
            response, late=arrival_ms - submitted_ms > self._mute_ms, open_alert=bool(alert and alert.is_open)
        )
        delta = COUNTS[vote & 0xFF] - (0 if before is None else COUNTS[before & 0xFF])
        if delta:
            if arrival_ms - submitted_ms > LATE_MS_MIN:
                self._ledger.finals.keep(store, day, arrival_ms)
            self._recount(store, hours, day, vote, delta, first=disposition == "counted")
        after = self._alerting.follow(Occasion(store, response, day, submitted_ms, arrival_ms), before, vote, alert)
        if after is not None:
            vote |= RAISED
        page.put(identity, vote, after)
        if versions is not None:
            page.versions[identity] = versions
        self._trace(page, identity, response, before, vote, offset)
        if event in FORGETTING:
            told = after is not alert
            send_audit(self._ledger, response, before, day=day, offset=offset, arrival_ms=arrival_ms, retracted=told)
        if not page.dirty:
            self._ledger.page_changed(page)
        return disposition

    @staticmethod
    def _trace(page: Page, identity: int, response: Response, before: int | None, vote: int, offset: int) -> None:
        """Note which record changed a vote last; nothing leads to the records of one that is forgotten."""
        trace = page.traces.get(identity, Trace())
        is_mark = response.event not in ANSWERS
        if vote & FORGOTTEN:
            page.traces[identity] = trace.then_nowhere()
        elif before is not None or is_mark:
            page.traces[identity] = trace.then(offset, is_mark=is_mark)

    def _flags(self, response: Response, *, late: bool, open_alert: bool) -> int:
        """What an event adds to a vote beside its facts."""
        flags = 0
        if (late or response.imported) and not open_alert and response.event in _MUTING:
            flags |= MUTED
        if response.comment is not None and response.event not in FORGETTING:
            flags |= COMMENTED
        if response.channel == "kiosk" and response.event in ANSWERS:
            flags |= KIOSK
        return flags

    def _recount(self, store: Store, hours: dict[int, int], day: int, vote: int, delta: int, *, first: bool) -> None:
        """Take the old vote out of its hour and put the new one there: `delta` is what that adds."""
        # The hour of the first event, as the page has it: one that names another time must not tear the vote apart.
        hour = (vote >> MINUTE_SHIFT & MINUTE_MASK) // 60
        store.rolling.add(day * HOURS + hour, delta)
        hours[hour] = hours.get(hour, 0) + delta
        self._ledger.figures_changed(store, day)
        one = COUNTS[vote & 0xFF]
        if first and one:
            self._first_answers.setdefault(store.brand_name, [0] * BINS)[vote & SCORE_MASK] += 1
        if one and vote & SCORE_MASK <= DETRACTOR_MAX and vote & MUTED:
            self._alerting.mute(store)
