"""The read model: the last score of every brand and store, and the newest alerts. Pure; time is in what it is given.

It holds what the topics hold and no more: a brand or a store goes when its record is deleted, an alert when
ALERTS_MAX newer ones have come.
"""

import unicodedata
from bisect import insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from streams.board.standing import Standing
from streams.board.trend import TOO_FEW
from streams.domain.window import WindowName
from streams.events.alert import Alert

ALERTS_MAX: Final = 500
"""What a person may scroll through; older alerts are in the topic."""

Sort = Literal["attention", "score", "answers", "name"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an alert stands among all: by append time (ms since the epoch), then by its place in the topic."""

    raised_ms: int
    partition: int
    offset: int


class Raised(NamedTuple):
    """An alert and its place."""

    place: Place
    alert: Alert


class Page(NamedTuple):
    """Some stores of a brand in the order asked for, and how many there are that match."""

    total: int
    stores: list[Standing]


class Board:
    """Everything the board shows. Not thread-safe: one event loop feeds it and asks it."""

    def __init__(self) -> None:
        self._brands: dict[str, Standing] = {}
        self._stores: dict[str, dict[str, Standing]] = {}
        self._alerts: list[Raised] = []
        self._alert_ids: set[str] = set()
        self.as_of: datetime | None = None
        """The newest instant that a score was computed for."""

    def clear(self) -> None:
        """Forget everything, before the topics are read anew."""
        self._brands.clear()
        self._stores.clear()
        self._alerts.clear()
        self._alert_ids.clear()
        self.as_of = None

    def apply_score(self, standing: Standing) -> None:
        """Take the newest figures of a brand or a store."""
        if standing.store is None:
            self._brands[standing.brand] = standing
        else:
            self._stores.setdefault(standing.brand, {})[standing.store] = standing
        if self.as_of is None or standing.as_of > self.as_of:
            self.as_of = standing.as_of

    def remove_score(self, brand: str, store: str | None) -> None:
        """Forget a brand's figures or a store; one that is not known is no error."""
        if store is None:
            self._brands.pop(brand, None)
            return
        stores = self._stores.get(brand, {})
        stores.pop(store, None)
        if not stores:
            self._stores.pop(brand, None)

    def apply_alert(self, raised: Raised) -> bool:
        """Take an alert; False where it is known already or older than the newest ALERTS_MAX."""
        if raised.alert.alert_id in self._alert_ids:
            return False
        insort(self._alerts, raised, key=_place)
        self._alert_ids.add(raised.alert.alert_id)
        if len(self._alerts) <= ALERTS_MAX:
            return True
        oldest = self._alerts.pop(0)
        self._alert_ids.remove(oldest.alert.alert_id)
        return oldest is not raised

    def brands(self) -> list[str]:
        """Every brand that has figures or a store, by name."""
        return sorted(self._brands.keys() | self._stores.keys(), key=_by_name)

    def brand(self, brand: str) -> Standing | None:
        """The figures of a brand; None where there are none (yet)."""
        return self._brands.get(brand)

    def store_count(self, brand: str) -> int:
        """How many stores of a brand are known."""
        return len(self._stores.get(brand, {}))

    def store(self, brand: str, store: str) -> Standing | None:
        """The figures of a store; None where it is not known."""
        return self._stores.get(brand, {}).get(store)

    def stores(self, brand: str, *, window: WindowName, sort: Sort, offset: int, limit: int, text: str = "") -> Page:
        """Stores of a brand whose name holds `text`, accents and case aside, from `offset` on, at most `limit`."""
        known: Iterator[Standing] = iter(self._stores.get(brand, {}).values())
        sought = fold(text)
        found = [standing for standing in known if not sought or sought in fold(_name(standing))]
        found.sort(key=_sort_key(sort, window))
        return Page(len(found), found[offset : offset + limit])

    def alerts(self, *, brand: str | None = None, store: str | None = None, limit: int) -> list[Raised]:
        """The newest alerts, newest first, of one brand or store or of all."""
        found: list[Raised] = []
        for raised in reversed(self._alerts):
            if len(found) == limit:
                break
            if brand in {None, raised.alert.brand} and store in {None, raised.alert.store}:
                found.append(raised)
        return found

    def counts(self) -> dict[str, int]:
        """How many brands, stores and alerts are held."""
        return {
            "brands": len(self._brands.keys() | self._stores.keys()),
            "stores": sum(map(len, self._stores.values())),
            "alerts": len(self._alerts),
        }


def fold(text: str) -> str:
    """A text without case and accents, to search in."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _place(raised: Raised) -> Place:
    return raised.place


def _name(standing: Standing) -> str:
    assert standing.store is not None
    return standing.store


def _by_name(name: str) -> tuple[str, str]:
    return fold(name), name


def _sort_key(sort: Sort, window: WindowName) -> Callable[[Standing], Any]:
    """The order of a list of stores, as a key; ties are broken by name, so that a list does not flicker."""

    def attention(standing: Standing) -> tuple[bool, float, str]:
        # The most favourable reading the answers allow: where even that is low, somebody should look. Few answers make
        # a wide interval, so they need no other gate than that under which nothing is shown.
        figures = standing.windows[window]
        shown = figures.n >= TOO_FEW and figures.high is not None
        return not shown, figures.high if shown and figures.high is not None else -figures.n, _name(standing)

    def score(standing: Standing) -> tuple[bool, float, str]:
        figures = standing.windows[window]
        shown = figures.n >= TOO_FEW and figures.nps is not None
        return not shown, figures.nps if shown and figures.nps is not None else -figures.n, _name(standing)

    def answers(standing: Standing) -> tuple[int, str]:
        return -standing.windows[window].n, _name(standing)

    def name(standing: Standing) -> tuple[str, str]:
        return _by_name(_name(standing))

    keys: dict[Sort, Callable[[Standing], Any]] = {
        "attention": attention,
        "score": score,
        "answers": answers,
        "name": name,
    }
    return keys[sort]
