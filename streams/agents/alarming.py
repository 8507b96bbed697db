"""Raises and releases the alarms of a shard's subjects, when their scores are published and as time goes by.

An alarm and the row of its episode are in one commit, so whoever takes over neither repeats nor loses one: what was not
committed is judged again, with the score that was not committed either. Like scores, and unlike alerts, alarms are
about the present: they depend on when somebody looked, not on the log alone.
"""

from collections import deque
from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from streams.agents.policy import Policy
from streams.domain.alarm import (
    SCORE_LIMITS,
    Episode,
    Rule,
    ScoreRule,
    Span,
    change_of,
    could_judge,
    judge,
    unpack_episode,
    windows_of,
)
from streams.domain.brand import BrandTotal
from streams.domain.burst import BURST_LIMITS, is_burst, kiosk_window
from streams.domain.comparison import Change
from streams.domain.identity import uuid_of
from streams.domain.page import NewerRow
from streams.domain.store import Store, Subject
from streams.domain.tally import figures
from streams.engine.state import Output
from streams.events.alarm import Alarm, AlarmWindow, encode_alarm
from streams.events.time import rfc3339_ms

LOOKS_PER_COMMIT = 100
"""Open episodes looked at in one commit: alerts are not kept waiting behind them."""

_AGAIN_S: Final[Mapping[Rule, float]] = {"drop": 3_600.0, "rise": 3_600.0, "burst": 60.0}
"""How long an open episode stands without anybody looking whether it still holds."""
_SCORE_RULES: Final[tuple[ScoreRule, ...]] = ("drop", "rise")
_LIMITS: Final[Mapping[Rule, Mapping[str, float]]] = {**SCORE_LIMITS, "burst": BURST_LIMITS}
_NONE: Final = Episode()
_NO_CHANGE: Final = Change(None, None, None)


class Alarmed(Protocol):
    """The part of a ledger that alarms are about."""

    shard: int
    policy: Policy
    dirty_rows: dict[bytes, bytes | None]

    def new_store(self, brand: str, name: str) -> Store:
        """A store that belongs to this shard."""

    def total(self, brand: str) -> BrandTotal:
        """A brand whose own shard this is."""

    def send(self, topic: str, partition: int, output: Output) -> None:
        """Send a record with the next commit."""


class _Evidence(NamedTuple):
    change: Change
    current: Span
    baseline: Span | None


class _Open(NamedTuple):
    """An open episode, and when it is looked at again although nothing happened."""

    due_s: float
    brand: str
    store: str | None
    number: int


class Alarming:
    """The episodes of a shard, by brand, store (None for the brand's own) and rule."""

    def __init__(self, ledger: Alarmed) -> None:
        self._ledger = ledger
        self._episodes: dict[tuple[str, str | None, Rule], Episode] = {}
        self._open: dict[Rule, deque[_Open]] = {rule: deque() for rule in _AGAIN_S}
        """The open episodes of each rule, in the order in which they are due; and some that are over."""
        self._brands: set[str] = set()
        """The brands of which those who count have heard: a first alarm must be an increase of something."""

    def restore(self, key: list[str], row: bytes | None) -> None:
        """Take the row of an episode; `key`: brand, store (empty for the brand's own) and rule. Raises NewerRow."""
        assert row is not None
        brand, store, rule = key
        known = next((known for known in _AGAIN_S if known == rule), None)
        if known is None:
            raise NewerRow(rule)
        episode = unpack_episode(row)
        self._episodes[brand, store or None, known] = episode
        if episode.is_open:
            self._open[known].append(_Open(0.0, brand, store or None, episode.number))

    def look(self, subject: Subject, now_s: float) -> None:
        """Raise and release what is to be, of a subject whose score was made for this instant."""
        if subject.brand_name not in self._brands:
            self._brands.add(subject.brand_name)
            for rule in _AGAIN_S:
                self._ledger.policy.counts.alarms(subject.brand_name, rule, 0)
        self._look_at_score(subject, now_s)
        if isinstance(subject, Store):
            self._look_at_kiosks(subject, now_s)

    def look_again(self, now_s: float) -> None:
        """Release what is over of subjects that went quiet; at most LOOKS_PER_COMMIT of them."""
        looks = 0
        for rule, queue in self._open.items():
            while queue and queue[0].due_s <= now_s and looks < LOOKS_PER_COMMIT:
                looks += 1
                _, brand, store, number = queue.popleft()
                key = (brand, store, rule)
                if self._episodes[key] != (number, True):
                    continue
                subject = self._ledger.total(brand) if store is None else self._ledger.new_store(brand, store)
                subject.windows(int(now_s))  # its hours are known from now on
                if rule != "burst":
                    self._look_at_score(subject, now_s)
                elif isinstance(subject, Store):
                    self._look_at_kiosks(subject, now_s)
                if self._episodes[key].is_open:
                    queue.append(_Open(now_s + _AGAIN_S[rule], *key[:2], number))

    def due_in_s(self, now_s: float) -> float:
        """When the next open episode is to be looked at; infinite where none is open."""
        return min((queue[0].due_s - now_s for queue in self._open.values() if queue), default=float("inf"))

    def _look_at_score(self, subject: Subject, now_s: float) -> None:
        brand, store = subject.brand_name, subject.store_name
        episodes = [(rule, self._episodes.get((brand, store, rule), _NONE)) for rule in _SCORE_RULES]
        if not (could_judge(subject.rolling.total) or any(episode.is_open for _, episode in episodes)):
            return
        windows = windows_of(subject.rolling, int(now_s))
        change = change_of(windows)
        for rule, episode in episodes:
            if judge(rule, windows, change, was_on=episode.is_open) != episode.is_open:
                self._turn(subject, rule, episode, now_s, _Evidence(change, windows.current, windows.baseline))

    def _look_at_kiosks(self, store: Store, now_s: float) -> None:
        episode = self._episodes.get((store.brand_name, store.name, "burst"), _NONE)
        window = kiosk_window(store, int(now_s))
        if is_burst(window.tally, was_on=episode.is_open) != episode.is_open:
            self._turn(store, "burst", episode, now_s, _Evidence(_NO_CHANGE, window, None))

    def _turn(self, subject: Subject, rule: Rule, before: Episode, now_s: float, evidence: _Evidence) -> None:
        """An episode begins or ends."""
        ledger = self._ledger
        brand, store = subject.brand_name, subject.store_name
        episode = self._episodes[brand, store, rule] = before.turned()
        ledger.dirty_rows[f"a|{brand}|{store or ''}|{rule}".encode()] = episode.pack()
        if episode.is_open:
            self._open[rule].append(_Open(now_s + _AGAIN_S[rule], brand, store, episode.number))
            ledger.policy.counts.alarms(brand, rule, 1)
        alarm = Alarm(
            alarm_id=uuid_of(f"alarm|{subject.key.decode()}|{rule}|{episode.number}"),
            kind="raised" if episode.is_open else "released",
            rule=rule,
            brand=brand,
            store=store,
            as_of=rfc3339_ms(int(now_s * 1000)),
            episode=episode.number,
            difference=evidence.change.difference,
            z=evidence.change.z,
            p=evidence.change.p,
            current=_window(evidence.current),
            baseline=None if evidence.baseline is None else _window(evidence.baseline),
            limits=_LIMITS[rule],
        )
        ledger.send(ledger.policy.alarms, ledger.shard, Output(subject.key, encode_alarm(alarm)))


def _window(span: Span) -> AlarmWindow:
    n, promoters, passives, detractors, nps, low, high = figures(span.tally)
    return AlarmWindow(
        from_=rfc3339_ms(span.from_s * 1000),
        to=rfc3339_ms(span.to_s * 1000),
        n=n,
        promoters=promoters,
        passives=passives,
        detractors=detractors,
        nps=nps,
        low=low,
        high=high,
    )
