"""A shard without Kafka: what it would commit goes into lists, and the next owner is restored from them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

import orjson

from streams.agents.brands import tally_brands
from streams.agents.ledger import Ledger
from streams.agents.orders import obey_orders
from streams.agents.policy import Policy
from streams.agents.responses import tally_responses
from streams.domain.page import Page
from streams.engine.config import EngineConfig
from streams.engine.marker import Marker, Source
from streams.engine.partition import partition_of
from streams.engine.shard import Handled, Shard
from streams.engine.state import Changes, Observer, Output
from streams.engine.takeover import Taken
from tests.builders import FakeRecord, ms, response

RESPONSES = "survey.responses"
DEAD_LETTERS = "survey.responses.dead"
ALERTS = "followup.alerts"
ACTIONS = "followup.actions"
ACTIONS_DEAD = "followup.actions.dead"
RULES = "followup.rules"
STORES = "nps.stores"
SCORES = "nps.scores"
BRAND_TALLIES = "nps.brand-tallies"
TRENDS = "nps.trends"
ALARMS = "nps.alarms"
AUDIT = "nps.audit"
CONTROL = "nps.control"

NOW_MS = ms("2026-03-01T12:00:00Z")
"""The append time of the records of most tests."""
NOW_S = NOW_MS / 1000


class Tells:
    """Counts what the metrics are told."""

    def __init__(self) -> None:
        self.told = Counter[tuple[str, ...]]()

    def answers(self, brand: str, band: str, n: int) -> None:
        self.told["answers", brand, band] += n

    def alerts(self, brand: str, severity: str, n: int) -> None:
        self.told["alerts", brand, severity] += n

    def alert_changes(self, brand: str, kind: str, n: int) -> None:
        self.told["alert_changes", brand, kind] += n

    def alarms(self, brand: str, rule: str, n: int) -> None:
        self.told["alarms", brand, rule] += n

    def muted(self, brand: str, n: int) -> None:
        self.told["muted", brand] += n

    def dead_letters(self, reason: str, n: int) -> None:
        self.told["dead_letters", reason] += n

    def unknown_fields(self, n: int) -> None:
        self.told["unknown_fields",] += n


def a_policy(**changed: Any) -> Policy:
    """The policy of a deployment with one shard, but for what is `changed`."""
    rules: dict[str, Any] = {
        "responses": RESPONSES,
        "dead_letters": DEAD_LETTERS,
        "alerts": ALERTS,
        "actions": ACTIONS,
        "actions_dead": ACTIONS_DEAD,
        "rules": RULES,
        "stores": STORES,
        "scores": SCORES,
        "brand_tallies": BRAND_TALLIES,
        "trends": TRENDS,
        "alarms": ALARMS,
        "audit": AUDIT,
        "partitions": 1,
        "score_partitions": 1,
        "input_bytes_max": 1_048_588,
        "output_bytes_max": 1_114_124,
        "alert_max_age_s": 604_800.0,
        "score_interval_s": 1.0,
        "trend_interval_s": 60.0,
        "freeze_after_s": 300.0,
        "customer_url": "https://crm.example/c/{customer_ref}",
        "counts": Tells(),
        **changed,
    }
    return Policy(**rules)


def a_config() -> EngineConfig:
    """What the engine would be told; nothing here connects anywhere."""
    return EngineConfig(
        brokers="127.0.0.1:9",
        app_id="nps",
        cluster_id="cluster",
        partitions=1,
        sources=(RESPONSES, BRAND_TALLIES, CONTROL),
        breaker_source=RESPONSES,
        state="nps.state",
        outputs={},
        commit_interval_s=0.1,
        commit_deadline_s=30.0,
        transaction_timeout_s=10.0,
        request_timeout_s=5.0,
        drain_timeout_s=5.0,
        clock_skew_max_s=60.0,
        now=lambda: NOW_S,
    )


class Row(NamedTuple):
    """A row as it stands in the changelog."""

    offset: int
    key: bytes
    value: bytes | None


class Desk:
    """One shard at work. Everything before the last `commit` is lost in `crashed`, as it is in a crash."""

    def __init__(self, number: int = 0, policy: Policy | None = None, *, now_s: float = NOW_S) -> None:
        self.number = number
        self.policy = policy or a_policy()
        self.ledger = Ledger(number, self.policy)
        self.changelog: list[Row] = []
        self.written: dict[tuple[str, int], list[Output]] = {}
        """All outputs of all commits, by topic and partition."""
        self.note: dict[str, Any] = {}
        self.totals = Counter[str]()
        self._breaker: dict[str, Any] = {}
        self._offset = 0
        self._open(now_s)

    def _open(self, now_s: float) -> None:
        self.ledger.restored(self.note, now_s)
        marker = Marker("nps", "cluster", 1, {RESPONSES: Source(0)}, breaker=self._breaker)
        taken = Taken(cast("Any", None), marker, {}, 0, 0, cast("Any", None))
        self.shard = Shard(
            self.number,
            config=a_config(),
            state=self.ledger,
            taken=taken,
            backlog=lambda: False,
            generation=1,
            fail=cast("Any", None),
            observer=cast("Observer", None),
        )

    def take(self, *values: bytes | None, at_ms: int = NOW_MS, **more: Any) -> Handled:
        """Responses with these values arrive in one batch; `more` goes into each record."""
        records = []
        for value in values:
            records.append(FakeRecord(**{"offset": self._offset, "timestamp": at_ms, "value": value, **more}))
            self._offset += 1
        return self.take_records(records)

    def take_records(self, records: Sequence[FakeRecord]) -> Handled:
        """These records arrive in one batch of responses."""
        handled = tally_responses(self.shard, list(records))
        assert sum(handled.totals.values()) == handled.done <= len(records)
        self.totals.update(handled.totals)
        return handled

    def hear(self, *outputs: Output) -> Handled:
        """Hand-overs arrive."""
        return tally_brands(
            self.shard,
            [FakeRecord(offset=n, timestamp=NOW_MS, key=out.key, value=out.value) for n, out in enumerate(outputs)],
        )

    def obey(self, *values: bytes | None) -> Handled:
        """Orders arrive."""
        return obey_orders(
            self.shard, [FakeRecord(offset=n, timestamp=NOW_MS, value=value) for n, value in enumerate(values)]
        )

    def commit(self, now_s: float = NOW_S, *, behind: bool = False) -> Changes:
        """One transaction: rows and then the marker into the changelog, outputs to their topics."""
        position = self.changelog[-1].offset + 1 if self.changelog else 0
        changes = self.ledger.take(now_s, behind=behind, state_position=position)
        for n, (key, value) in enumerate(changes.rows):
            self.changelog.append(Row(position + n, key, value))
        self.changelog.append(Row(position + len(changes.rows), b"m", b""))
        for place, out in changes.outputs.items():
            self.written.setdefault(place, []).extend(out)
        self.note = cast("dict[str, Any]", orjson.loads(orjson.dumps(changes.note)))
        self._breaker = self.shard.breaker.dump()
        self.ledger.committed(now_s)
        return changes

    def settle(self, now_s: float = NOW_S) -> None:
        """Commit until nothing is due at this time."""
        for _ in range(1_000):
            self.commit(now_s)
            if self.ledger.due_in_s(now_s) > 0:
                return
        message = "a shard that never comes to rest"
        raise AssertionError(message)

    def crashed(self, now_s: float = NOW_S, *, compacted: bool = False) -> "Desk":
        """The next owner, restored from what was committed: all rows in order, or the last of each key."""
        later = Desk(self.number, self.policy, now_s=now_s)
        rows = self.changelog
        if compacted:
            last = {row.key: row.offset for row in rows}
            rows = [row for row in rows if last[row.key] == row.offset]
        later.ledger = Ledger(self.number, self.policy)
        for row in rows:
            if row.key != b"m":
                later.ledger.restore(row.key, row.value, row.offset)
        later.changelog = list(self.changelog)
        later.note, later._breaker, later._offset = self.note, self._breaker, self._offset
        later.written = self.written
        later._open(now_s)
        return later

    def sent(self, topic: str) -> list[Output]:
        """What was committed to a topic, all partitions of it."""
        return [out for (to, _), outputs in self.written.items() if to == topic for out in outputs]

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that were committed."""
        return [orjson.loads(out.value or b"") for out in self.sent(ALERTS)]

    def scores(self) -> dict[str, dict[str, Any]]:
        """The last score of each key."""
        return {(out.key or b"").decode(): orjson.loads(out.value or b"") for out in self.sent(SCORES)}

    def pages(self) -> dict[bytes, bytes]:
        """Every page of the ledger as it would be written now."""
        stores = [store for share in self.ledger.brands.values() for store in share.stores.values()]
        return {
            key: page.pack() if isinstance(page, Page) else page
            for store in stores
            for day in store.pages
            for key, page in zip(store.keys(day), store.days_pages(day), strict=True)
        }

    def store_names(self) -> set[str]:
        """The stores that this shard knows, as `brand|store`."""
        return {f"{share.name}|{name}" for share in self.ledger.brands.values() for name in share.stores}

    @property
    def told(self) -> Mapping[tuple[str, ...], int]:
        """What the metrics were told."""
        return cast("Tells", self.policy.counts).told


def answers(n: int, submitted_ms: int = NOW_MS, **fields: Any) -> Iterable[bytes]:
    """So many different answers."""
    return (response(submitted_ms, response_id=f"r-{number}", **fields) for number in range(n))


def home_of(brand: str, store: str, partitions: int) -> int:
    """The partition of a store."""
    return partition_of(f"{brand}|{store}".encode(), partitions)
