"""The rule sets and store facts that a shard adopted: what is decided by from the record on that brought them.

Rows: `r|brand` and `s|brand|store`, a version byte and the document as it was received.
"""

from collections.abc import Callable, Iterator
from typing import Final, Literal, NamedTuple, Protocol

from streams.domain.page import NewerRow
from streams.domain.rules import ANY_BRAND, DEFAULT_RULES, RuleSet
from streams.domain.store import Store
from streams.domain.store_facts import StoreFacts
from streams.events.rejected import Rejected
from streams.events.rules import decode_rules
from streams.events.store_facts import decode_store_facts

ROW_VERSION: Final = 1


class Ruled(Protocol):
    """The part of a ledger that keeps what was adopted."""

    dirty_rows: dict[bytes, bytes | None]


class StoreRules(NamedTuple):
    """What is decided by for one store."""

    rules: RuleSet
    vip: bool
    owner: str
    """Who is to act first."""
    owner_above: str
    """Who is to act where the owner did not."""
    gone: Literal["store_closed", "store_moved"] | None
    """Why its cases are somebody else's."""
    closed: bool
    """It has no score any more."""


class Rulebook:
    """What a shard adopted. The rules of a brand are its own, else those of ANY_BRAND, else the built-in ones."""

    def __init__(self, ledger: Ruled) -> None:
        self._ledger = ledger
        self._rules: dict[str, RuleSet] = {}
        self._facts: dict[tuple[str, str], StoreFacts] = {}
        self._offsets: dict[tuple[str, str], int] = {}
        """By brand and store where the row of its facts stands, until all rows are restored."""
        self._of_brands: dict[str, StoreRules] = {}
        """What holds for the stores of a brand of which nothing is known: nearly all."""
        self._worked_out: list[Store] = []
        """Stores that were told what they are decided by."""

    def of(self, store: Store) -> StoreRules:
        """What is decided by for a store; each of its alerts asks."""
        ruled = store.ruled
        return ruled if type(ruled) is StoreRules else self._work_out(store)

    def rules_for(self, brand: str) -> RuleSet:
        """The rules that hold for a brand."""
        return self._rules.get(brand) or self._rules.get(ANY_BRAND) or DEFAULT_RULES

    def facts_of(self, brand: str, store: str) -> StoreFacts | None:
        """What is known of a store, None where nobody said anything."""
        return self._facts.get((brand, store))

    def gone(self, store_of: Callable[[str, str], Store | None]) -> dict[Store, StoreRules]:
        """What is decided by for the stores with answers that closed or moved."""
        places = [place for place, facts in self._facts.items() if facts.closed or facts.moved_to is not None]
        return {store: self.of(store) for store in (store_of(*place) for place in places) if store is not None}

    def adopted(self, brand: str) -> RuleSet | None:
        """The rule set that was published under this very name."""
        return self._rules.get(brand)

    def rules_changed(self, brand: str, rules: RuleSet | None, document: bytes) -> bool:
        """Adopt a rule set, `document` as it was received, or go back without one (None); False if nothing changes."""
        if rules == self._rules.get(brand):
            return False
        if rules is None:
            del self._rules[brand]
        else:
            self._rules[brand] = rules
        self._forget_worked_out()
        self._ledger.dirty_rows[f"r|{brand}".encode()] = None if rules is None else bytes((ROW_VERSION,)) + document
        return True

    def facts_changed(self, brand: str, store: str, facts: StoreFacts | None, document: bytes) -> bool:
        """Adopt the facts of a store, `document` as received, or forget them (None); False if nothing changes."""
        if facts == self._facts.get((brand, store)):
            return False
        if facts is None:
            del self._facts[brand, store]
        else:
            self._facts[brand, store] = facts
        self._forget_worked_out()
        row = None if facts is None else bytes((ROW_VERSION,)) + document
        self._ledger.dirty_rows[f"s|{brand}|{store}".encode()] = row
        return True

    def restore(self, kind: str, parts: list[str], value: bytes | None, offset: int) -> None:
        """Take a row of kind `r` or `s`, None for one that was deleted; raises NewerRow."""
        if value is not None and value[0] != ROW_VERSION:
            message = f"row version {value[0]}; this release knows {ROW_VERSION}"
            raise NewerRow(message)
        if kind == "r":
            self._restore_rules(parts[0], value)
        else:
            self._restore_facts((parts[0], parts[1]), value)
            self._offsets[parts[0], parts[1]] = offset

    def restored(self, store_of: Callable[[str, str], Store | None]) -> Iterator[tuple[Store, int]]:
        """All rows are in: the stores with answers whose facts changed, and the offset of the row that says so."""
        found = ((store_of(*place), offset) for place, offset in self._offsets.items())
        yield from ((store, offset) for store, offset in found if store is not None)
        self._offsets.clear()

    def _forget_worked_out(self) -> None:
        for store in self._worked_out:
            store.ruled = None
        self._worked_out.clear()
        self._of_brands.clear()

    def _work_out(self, store: Store) -> StoreRules:
        brand = store.brand_name
        facts = self._facts.get((brand, store.name))
        ruled = self._of_brands.get(brand) if facts is None else None
        if ruled is None:
            ruled = _rules_of_store(self.rules_for(brand), facts, brand)
        if facts is None:
            self._of_brands[brand] = ruled
        store.ruled = ruled
        self._worked_out.append(store)
        return ruled

    def _restore_rules(self, brand: str, value: bytes | None) -> None:
        self._rules.pop(brand, None)
        if value is not None:
            rules = decode_rules(value[1:])
            if isinstance(rules, Rejected):
                raise NewerRow("rules that this release would not have adopted")
            self._rules[brand] = rules

    def _restore_facts(self, place: tuple[str, str], value: bytes | None) -> None:
        self._facts.pop(place, None)
        if value is not None:
            facts = decode_store_facts(value[1:])
            if isinstance(facts, Rejected):
                raise NewerRow("store facts that this release would not have adopted")
            self._facts[place] = facts


def _rules_of_store(rules: RuleSet, facts: StoreFacts | None, brand: str) -> StoreRules:
    owner, above = rules.owner_of(facts, brand), rules.owner_above(facts, brand)
    if facts is None:
        return StoreRules(rules, vip=False, owner=owner, owner_above=above, gone=None, closed=False)
    gone: Literal["store_closed", "store_moved"] | None = None
    if facts.moved_to is not None:
        # Facts of that store are another shard's: whoever owns it is named by it.
        gone, owner = "store_moved", f"store:{facts.moved_to}"
    elif facts.closed:
        gone, owner = "store_closed", above
    return StoreRules(rules, facts.vip, owner, above, gone, facts.closed)
