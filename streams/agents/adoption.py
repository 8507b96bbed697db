"""`adopt_rules` and `adopt_stores`: read `followup.rules` and `nps.stores`; keep what holds for the records after it.

A rule set is written once, to any partition. The shard that reads it there sends a copy to every other partition, in
the same transaction, and each shard adopts what it reads. Facts of a store belong to the shard of the store.
"""

import logging
from typing import cast

from streams.agents.ledger import Ledger
from streams.agents.setting_aside import SettingAside
from streams.domain.rules import RuleSet
from streams.engine.fetch import Record
from streams.engine.partition import partition_of
from streams.engine.shard import Handled, Shard
from streams.engine.state import Output
from streams.events.names import normal_name
from streams.events.rehomed import arrival_of
from streams.events.rejected import Rejected
from streams.events.rules import decode_rules
from streams.events.spread import is_copy, spread_headers
from streams.events.store_facts import decode_store_facts

log = logging.getLogger(__name__)


def adopt_rules(shard: Shard, records: list[Record]) -> Handled:
    """Adopt each rule set in order, and see that every other shard does."""
    ledger = cast("Ledger", shard.state)
    policy = ledger.policy
    aside = SettingAside(ledger, policy.rules, policy.actions_dead, bytes_max=policy.output_bytes_max)
    totals = {"counted": 0, "duplicate": 0, "correction": 0, "dead_letter": 0}
    for record in records:
        adopted = _adopt_rules(ledger, record)
        if isinstance(adopted, Rejected):
            _say_refused(policy.rules, ledger.shard, record, adopted)
            totals[aside.dead(record, adopted.reason)] += 1
        else:
            totals[adopted] += 1
            _spread(ledger, record)
    aside.finish()
    return Handled(len(records), totals)


def adopt_stores(shard: Shard, records: list[Record]) -> Handled:
    """Adopt the facts of each store in order."""
    ledger = cast("Ledger", shard.state)
    policy = ledger.policy
    aside = SettingAside(ledger, policy.stores, policy.actions_dead, bytes_max=policy.output_bytes_max)
    totals = {"counted": 0, "duplicate": 0, "dead_letter": 0, "rehomed": 0}
    for record in records:
        adopted = _adopt_facts(ledger, aside, record)
        if isinstance(adopted, Rejected):
            _say_refused(policy.stores, ledger.shard, record, adopted)
            adopted = aside.dead(record, adopted.reason)
        totals[adopted] += 1
    aside.finish()
    return Handled(len(records), totals)


def _adopt_rules(ledger: Ledger, record: Record) -> str | Rejected:
    """Adopt what a record says under its key; gives its disposition, or why it cannot be used."""
    brand = _name(record.key)
    if brand is None:
        return Rejected("schema")
    if record.value is None:
        return _take_rules(ledger, brand, None, b"")
    rules = decode_rules(record.value)
    if isinstance(rules, Rejected):
        return rules
    if rules.brand != brand:
        return Rejected("schema")
    known = ledger.rulebook.adopted(brand)
    if known is not None and rules.version < known.version:
        # Copies of two versions that were written to different partitions come in any order: the later one stands.
        return "correction"
    return _take_rules(ledger, brand, rules, record.value)


def _take_rules(ledger: Ledger, brand: str, rules: RuleSet | None, document: bytes) -> str:
    gone = ledger.rulebook.gone(ledger.store)
    if not ledger.rulebook.rules_changed(brand, rules, document):
        return "duplicate"
    ledger.desk.ruled_anew(gone)
    return "counted"


def _spread(ledger: Ledger, record: Record) -> None:
    """Send a copy to every other partition, unless the record is one. Headers of others do not go with it."""
    if is_copy(record.headers):
        return
    topic = ledger.policy.rules
    headers = spread_headers(topic=topic, partition=ledger.shard, offset=record.offset)
    for partition in range(ledger.policy.partitions):
        if partition != ledger.shard:
            ledger.send(topic, partition, Output(record.key, record.value, record.timestamp, headers))


def _adopt_facts(ledger: Ledger, aside: SettingAside, record: Record) -> str | Rejected:
    """Adopt what a record says of its store; gives its disposition, or why it cannot be used."""
    facts = None if record.value is None else decode_store_facts(record.value)
    if isinstance(facts, Rejected):
        return facts
    brand, store = _names(record.key) if facts is None else (facts.brand, facts.store)
    if brand is None or store is None:
        return Rejected("schema")
    key = f"{brand}|{store}".encode()
    home = partition_of(key, ledger.policy.partitions)
    if home != ledger.shard:
        arrival_ms, rehomed = arrival_of(record.headers, record.timestamp)
        return aside.stray(record, key, home, arrival_ms, rehomed=rehomed)
    known = ledger.store(brand, store)
    before = {} if known is None else {known: ledger.rulebook.of(known)}
    changed = ledger.rulebook.facts_changed(brand, store, facts, record.value or b"")
    if changed and known is not None:
        ledger.desk.ruled_anew(before)
        ledger.due.mark([known])  # a closed store's score goes, and comes back with it
    return "counted" if changed else "duplicate"


def _name(key: bytes | None) -> str | None:
    """The name that a key is, in Form C; None for a key that is no name. ANY_BRAND is a name like others."""
    try:
        text = (key or b"").decode()
    except UnicodeDecodeError:
        return None
    return normal_name(text)


def _names(key: bytes | None) -> tuple[str | None, str | None]:
    """Brand and store of a key, None for what is no name."""
    brand, _, store = (key or b"").partition(b"|")
    return _name(brand), _name(store)


def _say_refused(topic: str, shard: int, record: Record, why: Rejected) -> None:
    text = "A record cannot be used and changes nothing; it is among the dead letters"
    log.warning(text, extra={"topic": topic, "shard": shard, "offset": record.offset, "reason": why.reason})
