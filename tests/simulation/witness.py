"""A witness of what no topic tells afterwards: what shards were restored from, and which were kept over a rebalance."""

from typing import Any

from aiokafka import TopicPartition

from streams.agents.ledger import Ledger
from streams.agents.policy import Policy
from tests.simulation.broker import Broker, Taken
from tests.simulation.truth import MARKER_KEY, visible
from tests.simulation.worker import Worker

_Row = tuple[bytes | None, bytes | None, int]


class Witness:
    """Looks on while workers open and keep shards, and notes what is wrong."""

    def __init__(self, broker: Broker, app_id: str, state_topic: str) -> None:
        self.wrong_restores: list[str] = []
        self.kept_stale: list[str] = []
        self.spoiled: dict[int, int] = {}
        """Shards whose state is not what was written any more, and how often they had been taken over until then."""
        self._broker = broker
        self._app_id = app_id
        self._state_topic = state_topic

    def taken(self, shard: int) -> list[Taken]:
        """Who took a shard over, one after the other."""
        return self._broker.taken.get(f"{self._app_id}-{shard}", [])

    def opened_spoiled(self) -> list[int]:
        """The shards that somebody took over after that, and committed to."""
        return [
            shard
            for shard, times in self.spoiled.items()
            for outcome in self._broker.outcomes.values()
            if outcome.committed and outcome.transactional_id == f"{self._app_id}-{shard}"
            if outcome.epoch in {taken.epoch for taken in self.taken(shard)[times:]}
        ]

    def look_at_restore(self, who: str, shard: int, fed: list[_Row]) -> None:
        """A shard was restored from these rows: they must be those that are committed, if it is still his."""
        if self.taken(shard)[-1].who != who:
            return
        log = self._broker.log(TopicPartition(self._state_topic, shard))
        rows = [(row.key, row.value, row.offset) for row in visible(self._broker, log, kept=True)]
        rows = [row for row in rows if row[0] != MARKER_KEY]
        if fed != rows:
            missing = [(key, offset) for key, value, offset in rows if (key, value, offset) not in fed]
            added = [(key, offset) for key, value, offset in fed if (key, value, offset) not in rows]
            self.wrong_restores.append(f"shard {shard} was restored without {missing} and with {added}")

    def look_at_kept(self, worker: Worker) -> None:
        """A worker was assigned its shards: nobody may have had those that it kept in a generation in between."""
        name = worker.owner.name
        for number in worker.shards.open:
            taken = self.taken(number)
            mine = max(at for at, one in enumerate(taken) if one.who == name)
            for one in taken[mine + 1 :]:
                # One that wakes up in an older generation may take it, too: whoever it was taken from dies of it.
                if taken[mine].generation < one.generation < worker.generation:
                    self.kept_stale.append(
                        f"{name} kept shard {number} in generation {worker.generation}, though {one.who} had taken it"
                        f" in generation {one.generation}"
                    )


class Watched(Ledger):
    """A ledger that shows the witness what it is restored from."""

    def __init__(self, shard: int, rules: Policy, who: str, witness: Witness) -> None:
        super().__init__(shard, rules)
        self._who = who
        self._witness = witness
        self._fed: list[_Row] = []

    def restore(self, key: bytes, value: bytes | None, offset: int) -> None:
        self._fed.append((key, value, offset))
        super().restore(key, value, offset)

    def restored(self, note: dict[str, Any], now_s: float) -> None:
        self._witness.look_at_restore(self._who, self.shard, self._fed)
        super().restored(note, now_s)
