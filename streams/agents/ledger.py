"""The ledger: the state of one shard in terms of NPS, and all that it commits.

Rows of the changelog, by the first letter of their key:

    p|brand|store|day|segment   a page of votes
    d|brand|store|day           a day tally: what a page becomes after the retention of identities
    l|brand|store               a lifetime tally and the last day in it: what day tallies become
    b|brand|shard|day           what a shard handed over of a brand whose own shard this is; day `lifetime` at the end
    f|brand|store|month         finals that were kept of a month's periods; store empty for the brand's stores here
    a|brand|store|rule          the latest episode of an alarm; store empty for a brand's own
    c|brand|store|alert         a case of the follow-up desk
    h|brand|store               the last hour whose held alerts were listed
    r|brand                     a rule set that was adopted; `*` for the brands that have none
    s|brand|store               facts of a store that were adopted
"""

from collections.abc import Iterator
from typing import Any

from streams.agents.alarming import Alarming
from streams.agents.clockwork import Clockwork
from streams.agents.desk import Desk
from streams.agents.due import Due
from streams.agents.finals import Finals
from streams.agents.folding import LIFETIME, Folding, restore_day_tally, restore_lifetime
from streams.agents.handover import brand_tally_output, restore_part
from streams.agents.policy import Policy
from streams.agents.rulebook import Rulebook
from streams.agents.scoring import score_output
from streams.agents.trends import Trends
from streams.domain.brand import BrandTotal
from streams.domain.page import NewerRow, Page
from streams.domain.store import BrandShare, Store, Subject
from streams.domain.window import HOUR_S
from streams.engine.failure import Refusal
from streams.engine.partition import partition_of
from streams.engine.state import Changes, Output, Outputs, Row

ROWS_PER_COMMIT = 500
"""Rows that timers, ticks and scores may add to one commit: alerts are not kept waiting behind them."""


class Ledger:
    """The state of one shard; see `engine.state.State` for what the engine asks of it."""

    def __init__(self, shard: int, policy: Policy) -> None:
        self.shard = shard
        self.policy = policy
        self.brands: dict[str, BrandShare] = {}
        self.totals: dict[str, BrandTotal] = {}
        self.dirty_pages: list[Page] = []
        self.dirty_rows: dict[bytes, bytes | None] = {}
        self.outputs: Outputs = {}
        self.due = Due(policy.score_interval_s)
        self.changed_days: dict[tuple[BrandShare, int], int] = {}
        """Days of a brand to hand over, with the position in the changelog at which they changed, -1 for the next."""
        self.finals = Finals(self)
        self.folding = Folding(self)
        self.trends = Trends(self, self._subjects)
        self.alarming = Alarming(self)
        self.rulebook = Rulebook(self)
        self.desk = Desk(self)
        self._clockwork = Clockwork(self.desk)
        self._thawed: list[tuple[Store, int]] = []
        self._frozen_at = 0.0
        self._handed_over_at = 0.0
        self._ticked_hour = -1
        self._ticked_at = -1
        """Where the changelog stood when the last tick was done."""
        self._scored_hour = -1
        """The last hour whose tick is published as well: the marker keeps it, so that a crash in between repeats it."""
        self._tick: Iterator[Subject] | None = None
        self._tick_hour = -1
        self._row_offsets: dict[Store | BrandTotal | tuple[str, str, int], int] = {}

    def store(self, brand: str, name: str) -> Store | None:
        """A store that has answers here, None for one not seen so far."""
        share = self.brands.get(brand)
        return None if share is None else share.stores.get(name)

    def new_store(self, brand: str, name: str) -> Store:
        """A store that belongs to this shard, made where it is new."""
        share = self.brands.get(brand)
        if share is None:
            share = self.brands[brand] = BrandShare(brand)
        store = share.stores.get(name)
        if store is None:
            store = share.stores[name] = Store(share, name, self._thawed)
        return store

    def total(self, brand: str) -> BrandTotal:
        """A brand whose own shard this is."""
        total = self.totals.get(brand)
        if total is None:
            total = self.totals[brand] = BrandTotal(brand)
        return total

    def page_changed(self, page: Page) -> None:
        """A page is to be written with the next commit; call it only for one that is not dirty."""
        page.dirty = True
        self.dirty_pages.append(page)

    def day_changed(self, share: BrandShare, day: int) -> None:
        """A day of a brand is to be handed over."""
        if day not in share.changed_days:
            share.changed_days.add(day)
            self.changed_days[share, day] = -1

    def figures_changed(self, store: Store, day: int) -> None:
        """A score of a store and a hand-over of a day are due."""
        self.due.mark([store])
        self.day_changed(store.brand, day)

    def send(self, topic: str, partition: int, output: Output) -> None:
        """Send a record with the next commit."""
        self.outputs.setdefault((topic, partition), []).append(output)

    def restore(self, key: bytes, value: bytes | None, offset: int) -> None:
        """Take one row; raises Refusal for one that a later release wrote."""
        try:
            self._restore(key, value, offset)
        except NewerRow as error:
            text = f"{key!r} was written by a later release ({error}): run that one, or restore an older state"
            raise Refusal("newer_row", text) from error

    def restored(self, note: dict[str, Any], now_s: float) -> None:
        """All rows are in: see what a former owner did not get to publish."""
        self._ticked_hour = self._scored_hour = note.get("ticked_hour", int(now_s // HOUR_S))
        self.folding.restored(note.get("log_day", -1))
        since = note.get("scores_since", 0)
        for store, offset in self.rulebook.restored(self.store):
            self._row_offsets[store] = max(offset, self._row_offsets.get(store, -1))
        for subject, offset in self._row_offsets.items():
            if offset < since:
                continue
            if isinstance(subject, tuple):
                share = self.brands[subject[0]]
                share.changed_days.add(subject[2])
                self.changed_days[share, subject[2]] = since
            else:
                self.due.mark([subject])
        self.due.note(since, now_s)
        self.desk.restored()
        self.trends.restored(note, self._row_offsets, now_s)
        self._row_offsets = {}

    def pending(self) -> int:
        """About how many records and rows await the next commit."""
        return len(self.dirty_pages) + len(self.dirty_rows) + sum(map(len, self.outputs.values()))

    def due_in_s(self, now_s: float) -> float:
        """When a score, a trend, a hand-over, an open alarm or the next hour is due."""
        next_hour_s = 0.0 if self._tick is not None else (self._ticked_hour + 1) * HOUR_S - now_s
        handover_s = self._handed_over_at + self.policy.score_interval_s - now_s if self.changed_days else next_hour_s
        alarm_s, trend_s = self.alarming.due_in_s(now_s), self.trends.due_in_s(now_s)
        clock_s, fold_s = self._clockwork.due_in_s(now_s), self.folding.due_in_s()
        return min(self.due.next_s(now_s), handover_s, next_hour_s, alarm_s, trend_s, clock_s, fold_s)

    def take(self, now_s: float, *, behind: bool, state_position: int) -> Changes:
        """Hand over what is to be committed now."""
        room = ROWS_PER_COMMIT
        if not behind:
            ticked_hour = self._ticked_hour
            by_log = len(self.due.changed)
            room -= self._advance_tick(now_s, room // 2)
            by_time = set(self.due.changed[by_log:])
            if self._ticked_hour != ticked_hour:
                self._ticked_at = state_position
            room -= self.folding.advance(room)
            room -= self._clockwork.advance(now_s, room)
        self.due.note(state_position, now_s)
        for day, position in self.changed_days.items():
            if position < 0:
                self.changed_days[day] = state_position
        if not behind:
            unscored_since = self.due.since(state_position)
            for subject in self.due.take(now_s, room):
                closed = isinstance(subject, Store) and self.rulebook.of(subject).closed
                score = Output(subject.key, None) if closed else score_output(subject, now_s)
                self.send(self.policy.scores, self._score_partition(subject), score)
                self.alarming.look(subject, now_s)
                if subject not in by_time:
                    self.trends.mark(subject, unscored_since, now_s)
            self.alarming.look_again(now_s)
            if self.changed_days and now_s - self._handed_over_at >= self.policy.score_interval_s:
                self._hand_over(now_s)
            self.trends.publish(now_s)
        if self.due.since(state_position + 1) > self._ticked_at:
            self._scored_hour = self._ticked_hour
        since = min(self.due.since(state_position), next(iter(self.changed_days.values()), state_position))
        changes = Changes(
            rows=self._take_rows(),
            outputs={place: outputs for place, outputs in self.outputs.items() if outputs},
            note={
                "scores_since": since,
                "ticked_hour": self._scored_hour,
                "log_day": self.folding.log_day,
                **self.trends.note(since),
            },
            more=not behind and (self._tick is not None or self.folding.due_in_s() <= 0),
        )
        self.outputs = {}
        return changes

    def committed(self, now_s: float) -> None:
        """Pack what has not been touched for a while."""
        if now_s - self._frozen_at >= self.policy.freeze_after_s:
            self._frozen_at = now_s
            self._thawed[:] = [(store, day) for store, day in self._thawed if not store.freeze(day)]

    def _score_partition(self, subject: Subject) -> int:
        policy = self.policy
        if policy.score_partitions == policy.partitions:
            return self.shard
        return partition_of(subject.key, policy.score_partitions)

    def _take_rows(self) -> list[Row]:
        rows: list[Row] = [(page.key, page.pack()) for page in self.dirty_pages]
        for page in self.dirty_pages:
            page.dirty = False
            page.touched = True
        self.dirty_pages = []
        rows += self.dirty_rows.items()
        self.dirty_rows = {}
        return rows

    def _restore(self, key: bytes, value: bytes | None, offset: int) -> None:
        kind, *parts = key.decode().split("|")
        if kind == "p":
            self._restore_page(parts, value, offset)
        elif kind == "d":
            restore_day_tally(self.new_store(parts[0], parts[1]), int(parts[2]), value)
            self._row_offsets[parts[0], "", int(parts[2])] = offset
        elif kind == "l":
            restore_lifetime(self.new_store(parts[0], parts[1]), value)
            self._row_offsets[parts[0], "", LIFETIME] = offset
        elif kind == "b":
            self._restore_part(parts, value, offset)
        elif kind == "f":
            for day in self.finals.restore(parts, value):
                self._row_offsets[parts[0], "", day] = offset
        elif kind == "a":
            self.alarming.restore(parts, value)
        elif kind in ("c", "h"):
            self._row_offsets |= dict.fromkeys(self.desk.restore(kind, parts, value), offset)
        elif kind in ("r", "s"):
            self.rulebook.restore(kind, parts, value, offset)
        else:
            raise NewerRow(kind)

    def _restore_page(self, parts: list[str], value: bytes | None, offset: int) -> None:
        brand, name, day_text, segment = parts
        store, day = self.new_store(brand, name), int(day_text)
        delta = store.drop(day, int(segment)) if value is None else store.put(day, int(segment), value)
        if delta:
            store.rolling.load_day(day, delta)
        self._row_offsets[store] = self._row_offsets[brand, "", day] = offset

    def _restore_part(self, parts: list[str], value: bytes | None, offset: int) -> None:
        total = self.total(parts[0])
        restore_part(total, int(parts[1]), parts[2], value)
        self._row_offsets[total] = offset

    def _hand_over(self, now_s: float) -> None:
        self._handed_over_at = now_s
        for share, day in list(self.changed_days)[:ROWS_PER_COMMIT]:
            partition, output = brand_tally_output(share, self.shard, day, self.policy.partitions)
            self.send(self.policy.brand_tallies, partition, output)
            share.changed_days.discard(day)
            del self.changed_days[share, day]
        if self.changed_days:
            self._handed_over_at = 0.0

    def _advance_tick(self, now_s: float, most: int) -> int:
        """Mark what the hour alone changed, at most `most` subjects; gives how many."""
        hour = int(now_s // HOUR_S)
        # A former owner's clock was ahead: the hour is not over yet.
        self._ticked_hour = min(self._ticked_hour, hour)
        self._scored_hour = min(self._scored_hour, hour)
        if self._tick is None:
            if hour <= self._ticked_hour:
                return 0
            self._tick = self._subjects()
            self._tick_hour = hour
        before_s = self._ticked_hour * HOUR_S
        marked = 0
        for seen, subject in enumerate(self._tick, 1):
            if not subject.unscored and subject.changed_by_time(before_s, int(now_s)):
                self.due.mark([subject])
                marked += 1
            if seen == most:
                return marked
        self._tick = None
        self._ticked_hour = self._tick_hour
        return marked

    def _subjects(self) -> Iterator[Subject]:
        subjects: list[Subject] = [store for share in self.brands.values() for store in share.stores.values()]
        subjects += self.totals.values()
        return iter(subjects)
