"""What somebody gets to see: everything with the token; without it what small cells leave (`withhold`)."""

from collections.abc import Hashable
from datetime import UTC, datetime
from time import perf_counter
from typing import Final, NamedTuple, Protocol

from streams.board.cells import Clock, Name, clock, series_of
from streams.board.model import Board
from streams.board.periods import UNITS, points
from streams.board.progress import Progress
from streams.board.series import SMALL, Series, Shown
from streams.board.standing import Standing
from streams.board.withhold import settled, withhold
from streams.domain.window import HOUR_S

STORES_MAX: Final = 2_000
"""A brand with more stores shows none of their scores without the token: looking takes milliseconds for each."""
SHARE: Final = 20
"""A brand is looked at anew where it changed, but for at most so small a part of the time."""
_LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Where nothing is known there is nothing to see, at any time."""


class Sight(Protocol):
    """What of one brand or store somebody gets to see."""

    @property
    def is_whole(self) -> bool:
        """Everything."""

    def sees(self, name: Name, n: int) -> bool:
        """Whether the score of a cell, which has `n` answers now, may be told."""

    def follows(self, from_s: int, to_s: int, n: int) -> bool:
        """Whether `n` answers between two instants (s since the epoch) can be told from what is seen anyway."""


class _Whole:
    """The sight of who showed the token."""

    is_whole = True

    def sees(self, name: Name, n: int) -> bool:  # noqa: ARG002 -- all the same
        return True

    def follows(self, from_s: int, to_s: int, n: int) -> bool:  # noqa: ARG002
        return True


class _Veiled:
    """The sight of who did not: what is not known to be shown is not shown."""

    is_whole = False

    def __init__(self, shown: Shown | None, now: Clock) -> None:
        self._shown = shown
        self._now = now

    def sees(self, name: Name, n: int) -> bool:
        return n >= SMALL and self._shown is not None and name in self._shown.shown

    def follows(self, from_s: int, to_s: int, n: int) -> bool:
        if n < SMALL or self._shown is None or from_s % HOUR_S or to_s % HOUR_S:
            return False
        known = self._shown.before
        start, end = from_s // HOUR_S, min(to_s // HOUR_S, self._now.end)
        return start in known and end in known and self._shown.root(start) == self._shown.root(end)


class Sights(Protocol):
    """What somebody gets to see of every brand and store."""

    def of(self, brand: str, store: str | None) -> Sight:
        """The sight of a store, or of a brand where `store` is None."""


class Everything:
    """All sights are whole."""

    def of(self, brand: str, store: str | None) -> Sight:  # noqa: ARG002
        """The sight of a store or a brand."""
        return _WHOLE


_WHOLE: Final = _Whole()


class _Settled(NamedTuple):
    """What a store or a brand shows by itself, as long as its records are these and the hour is."""

    standing: Standing | None
    raw_trend: bytes | None
    now: Clock
    series: Series
    shown: frozenset[Hashable]

    def is_of(self, standing: Standing | None, raw_trend: bytes | None, now: Clock) -> bool:
        """Whether nothing has changed."""
        return self.standing is standing and self.raw_trend is raw_trend and self.now == now


class _Looked(NamedTuple):
    """What was found when a brand was looked at, and from when on it may be looked at again (s of a clock)."""

    version: object
    again_s: float
    now: Clock
    shown: dict[str | None, Shown]


class Veil:
    """What may be told of each brand and its stores without the token; nothing until the board has caught up.

    Before that a brand may be known without all of its stores, and what the others hide cannot be told.
    """

    def __init__(self, board: Board, progress: Progress, *, stores_max: int = STORES_MAX) -> None:
        self._board = board
        self._progress = progress
        self._stores_max = stores_max
        self._settled: dict[str, dict[str | None, _Settled]] = {}
        self._looked: dict[str, _Looked] = {}

    def of(self, brand: str, store: str | None) -> Sight:
        """The sight of a store, or of a brand where `store` is None."""
        if not self._progress.caught_up:
            return _Veiled(None, clock(_LONG_AGO))
        looked = self._look(brand)
        return _Veiled(looked.shown.get(store), looked.now)

    def _look(self, brand: str) -> _Looked:
        board = self._board
        now = clock(board.as_of or _LONG_AGO)
        version = board.version(brand), now
        looked = self._looked.get(brand)
        began_s = perf_counter()
        if looked is not None and (looked.version == version or began_s < looked.again_s):
            return looked
        shown = self._show(brand, now)
        ended_s = perf_counter()
        self._looked[brand] = _Looked(version, ended_s + SHARE * (ended_s - began_s), now, shown)
        return self._looked[brand]

    def _show(self, brand: str, now: Clock) -> dict[str | None, Shown]:
        stores: list[str | None] = [None, *self._board.store_names(brand)]
        if len(stores) > self._stores_max + 1:
            stores = [None]
        known = self._settled.get(brand, {})
        self._settled[brand] = {store: self._settle(brand, store, now, known.get(store)) for store in stores}
        shown = {store: Shown(one.series, one.shown) for store, one in self._settled[brand].items()}
        withhold(shown[None], {store: part for store, part in shown.items() if store is not None})
        return shown

    def _settle(self, brand: str, store: str | None, now: Clock, known: _Settled | None) -> _Settled:
        standing, raw = self._board.standing(brand, store), self._board.raw_trend(brand, store)
        if known is not None and known.is_of(standing, raw, now):
            return known
        trend = self._board.trend(brand, store)
        as_of = self._board.as_of or _LONG_AGO
        periods = {} if trend is None else {unit: points(trend, unit, as_of) for unit in UNITS}
        series = series_of(standing, periods, now)
        return _Settled(standing, raw, now, series, frozenset(settled(series).shown))
