"""`track_follow_ups`: reads `followup.actions`; moves the cases of the follow-up desk, sets aside what is no move."""

from typing import cast

from streams.agents.acting import act
from streams.agents.ledger import Ledger
from streams.agents.setting_aside import SettingAside
from streams.domain.arrival import FUTURE_MS_MAX
from streams.engine.fetch import Record
from streams.engine.partition import partition_of
from streams.engine.shard import Handled, Shard
from streams.events.action import Action, decode_action
from streams.events.rehomed import arrival_of
from streams.events.rejected import Rejected
from streams.events.time import epoch_ms


def track_follow_ups(shard: Shard, records: list[Record]) -> Handled:
    """Decide about each record in order."""
    ledger = cast("Ledger", shard.state)
    policy = ledger.policy
    aside = SettingAside(ledger, policy.actions, policy.actions_dead, bytes_max=policy.output_bytes_max)
    totals = {"counted": 0, "duplicate": 0, "correction": 0, "dead_letter": 0, "rehomed": 0}
    unknown = 0
    for record in records:
        action = decode_action(record.value)
        if isinstance(action, Rejected):
            totals[aside.dead(record, action.reason)] += 1
            continue
        unknown += action.unknown_fields
        totals[_take(ledger, aside, record, action)] += 1
    aside.finish()
    if unknown:
        policy.counts.unknown_fields(unknown)
    return Handled(len(records), totals)


def _take(ledger: Ledger, aside: SettingAside, record: Record, action: Action) -> str:
    """Decide about one action; gives the disposition of its record."""
    arrival_ms, rehomed = arrival_of(record.headers, record.timestamp)
    if epoch_ms(action.at) - arrival_ms > FUTURE_MS_MAX:
        return aside.dead(record, "timestamp_in_future")
    store = ledger.store(action.brand, action.store)
    if store is None:
        key = f"{action.brand}|{action.store}".encode()
        home = partition_of(key, ledger.policy.partitions)
        if home != ledger.shard:
            return aside.stray(record, key, home, arrival_ms, rehomed=rehomed)
    taken = Rejected("illegal_transition") if store is None else act(ledger.desk, store, action)
    return aside.dead(record, taken.reason) if isinstance(taken, Rejected) else taken
