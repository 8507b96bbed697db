"""The read model: the last score and trend of every brand and store, open alarms, the newest alerts, cases.

Pure; time is in what it is given. It holds what the topics hold and no more: a brand or a store goes when its record is
deleted, an alarm when it is released, an alert when ALERTS_MAX newer ones have come, a case as `cases` says. Trends are
kept as they came, and decoded when somebody looks.
"""

import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Literal, NamedTuple

from streams.board.alarms import Alarms
from streams.board.alerts import Alerts
from streams.board.cases import Cases
from streams.board.change import TOO_FEW
from streams.board.standing import Standing
from streams.domain.window import WindowName
from streams.events.rejected import Rejected
from streams.events.trend import Trend, decode_trend

Sort = Literal["attention", "score", "answers", "name"]
IsShown = Callable[[Standing], bool]
Key = tuple[str, str | None]


class Page(NamedTuple):
    """Some stores of a brand in the order asked for, and how many there are that match."""

    total: int
    stores: list[Standing]


def has_enough(window: WindowName) -> IsShown:
    """Whether a score says more than what single people said."""
    return lambda standing: standing.windows[window].n >= TOO_FEW


class Board:
    """Everything the board shows. Not thread-safe: one event loop feeds it and asks it."""

    def __init__(self) -> None:
        self.alerts = Alerts()
        self.alarms = Alarms()
        self.cases = Cases()
        self._brands: dict[str, Standing] = {}
        self._stores: dict[str, dict[str, Standing]] = {}
        self._trends: dict[Key, bytes] = {}
        self._versions: dict[str, int] = {}
        self.as_of: datetime | None = None
        """The newest instant that anything was computed for."""

    def clear(self) -> None:
        """Forget everything, before the topics are read anew."""
        self.alerts.clear()
        self.alarms.clear()
        self.cases.clear()
        self._brands.clear()
        self._stores.clear()
        self._trends.clear()
        self._versions = {brand: version + 1 for brand, version in self._versions.items()}
        self.as_of = None

    def apply_score(self, standing: Standing) -> None:
        """Take the newest figures of a brand or a store."""
        if standing.store is None:
            self._brands[standing.brand] = standing
        else:
            self._stores.setdefault(standing.brand, {})[standing.store] = standing
        self._changed(standing.brand, standing.as_of)

    def remove_score(self, brand: str, store: str | None) -> None:
        """Forget a brand's figures or a store; one that is not known is no error."""
        self._changed(brand)
        if store is None:
            self._brands.pop(brand, None)
            return
        stores = self._stores.get(brand, {})
        stores.pop(store, None)
        if not stores:
            self._stores.pop(brand, None)

    def apply_trend(self, brand: str, store: str | None, raw: bytes, as_of: datetime) -> None:
        """Take the newest trend of a brand or a store, which was decoded before."""
        self._trends[brand, store] = raw
        self._changed(brand, as_of)

    def remove_trend(self, brand: str, store: str | None) -> None:
        """Forget a trend; one that is not known is no error."""
        self._changed(brand)
        self._trends.pop((brand, store), None)

    def brands(self) -> list[str]:
        """Every brand that has figures or a store, by name."""
        return sorted(self._brands.keys() | self._stores.keys(), key=_by_name)

    def standing(self, brand: str, store: str | None) -> Standing | None:
        """The figures of a store, or of a brand where `store` is None; None where there are none (yet)."""
        return self._brands.get(brand) if store is None else self._stores.get(brand, {}).get(store)

    def trend(self, brand: str, store: str | None) -> Trend | None:
        """The days, weeks and months of a brand or a store; None where they are not known (yet)."""
        raw = self._trends.get((brand, store))
        trend = None if raw is None else decode_trend(raw)
        assert not isinstance(trend, Rejected)
        return trend

    def raw_trend(self, brand: str, store: str | None) -> bytes | None:
        """The same as it came, to see whether it is another one."""
        return self._trends.get((brand, store))

    def version(self, brand: str) -> int:
        """A number that is another one after each change of a brand's or its stores' figures and trends."""
        return self._versions.get(brand, 0)

    def store_names(self, brand: str) -> list[str]:
        """The stores of a brand, in no order."""
        return list(self._stores.get(brand, {}))

    def store_count(self, brand: str) -> int:
        """How many stores of a brand are known."""
        return len(self._stores.get(brand, {}))

    def stores(
        self,
        brand: str,
        *,
        window: WindowName,
        sort: Sort,
        offset: int,
        limit: int,
        text: str = "",
        is_shown: IsShown | None = None,
    ) -> Page:
        """Stores of a brand whose name holds `text`, accents and case aside, from `offset` on, at most `limit`.

        A score that is not shown has no part in the order either: `is_shown` says of which stores it is.
        """
        known: Iterator[Standing] = iter(self._stores.get(brand, {}).values())
        sought = fold(text)
        found = [standing for standing in known if not sought or sought in fold(_name(standing))]
        key = _sort_key(sort, window, is_shown or has_enough(window))
        if sort == "attention":
            found.sort(key=lambda standing: (not self.alarms.is_calling(brand, standing.store), key(standing)))
        else:
            found.sort(key=key)
        return Page(len(found), found[offset : offset + limit])

    def counts(self) -> dict[str, int]:
        """How many brands, stores, alarms and alerts are held."""
        return {
            "brands": len(self._brands.keys() | self._stores.keys()),
            "stores": sum(map(len, self._stores.values())),
            "trends": len(self._trends),
            "alarms": len(self.alarms),
            "alerts": len(self.alerts),
            "cases": len(self.cases),
        }

    def _changed(self, brand: str, as_of: datetime | None = None) -> None:
        self._versions[brand] = self._versions.get(brand, 0) + 1
        if as_of is not None and (self.as_of is None or as_of > self.as_of):
            self.as_of = as_of


def fold(text: str) -> str:
    """A text without case and accents, to search in."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def _name(standing: Standing) -> str:
    assert standing.store is not None
    return standing.store


def _by_name(name: str) -> tuple[str, str]:
    return fold(name), name


def _sort_key(sort: Sort, window: WindowName, is_shown: IsShown) -> Callable[[Standing], Any]:
    """The order of a list of stores, as a key; ties are broken by name, so that a list does not flicker."""

    def attention(standing: Standing) -> tuple[bool, float, str]:
        # The most favourable reading the answers allow: where even that is low, somebody should look. Few answers make
        # a wide interval, so they need no other gate than that under which nothing is shown.
        figures = standing.windows[window]
        shown = figures.high is not None and is_shown(standing)
        return not shown, figures.high if shown and figures.high is not None else -figures.n, _name(standing)

    def score(standing: Standing) -> tuple[bool, float, str]:
        figures = standing.windows[window]
        shown = figures.nps is not None and is_shown(standing)
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
