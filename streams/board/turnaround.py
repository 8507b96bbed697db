"""How a chain answers its unhappy customers, fit to be shown to them: the same for everybody, token or not.

Figures of fewer than SMALL cases say what became of single customers. They are withheld, and so are as many others as
it takes that they do not follow from the total of the brand: what is withheld of a brand are two stores at least, with
SMALL cases at least between them, those counted that only the total still has (a store that closed, say). How many
cases there were stays. Here it is enough to count: there is one window, and all its figures are of the same cases.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from streams.board.documents import Document
from streams.board.model import Board
from streams.board.series import SMALL
from streams.events.score import FollowUp

UNITS_MIN: Final = 2
"""What is withheld of one store alone would follow from the rest."""
_NUMBERS: Final = tuple(name for name in FollowUp.__struct_fields__ if name not in {"window", "cases"})


class Withheld(NamedTuple):
    """Of which stores nothing but the number of cases is told, and whether of the brand as well."""

    stores: frozenset[str]
    brand: bool


def withheld(total: int, cases: Mapping[str, int]) -> Withheld:
    """What to withhold of a brand with so many cases in all, and so many in each of its stores."""
    elsewhere = max(0, total - sum(cases.values()))
    small = {store for store, n in cases.items() if 0 < n < SMALL}
    hidden = elsewhere + sum(cases[store] for store in small)
    units = len(small) + bool(elsewhere)
    if not small and not 0 < elsewhere < SMALL:
        return Withheld(frozenset(), brand=0 < total < SMALL)
    others = sorted((n, store) for store, n in cases.items() if n >= SMALL)
    for n, store in others:
        if hidden >= SMALL and units >= UNITS_MIN:
            break
        small.add(store)
        hidden += n
        units += 1
    return Withheld(frozenset(small), brand=hidden < SMALL or units < UNITS_MIN)


def brands(board: Board) -> list[Document]:
    """Every brand with its turnaround; a brand whose own record is not there yet has none."""
    return [_of_brand(board, brand, _withheld(board, brand)) for brand in board.brands()]


def stores(board: Board, brand: str, *, offset: int, limit: int) -> Document:
    """A brand with its stores by name, as far as they have had cases."""
    hidden = _withheld(board, brand)
    cases = _cases(board, brand, board.store_names(brand))
    names = sorted(store for store, n in cases.items() if n)
    told = []
    for store in names[offset : offset + limit]:
        follow_up = _follow_up(board, brand, store)
        told.append({"store": store} | _told(follow_up, seen=store not in hidden.stores))
    return _of_brand(board, brand, hidden) | {"total": len(names), "limit": limit, "offset": offset, "stores": told}


def _of_brand(board: Board, brand: str, hidden: Withheld) -> Document:
    return {"brand": brand} | _told(_follow_up(board, brand, None), seen=not hidden.brand)


def _told(follow_up: FollowUp | None, *, seen: bool) -> Document:
    if follow_up is None:
        return {"cases": 0, "withheld": False} | dict.fromkeys(_NUMBERS)
    said: dict[str, Any] = msgspec.to_builtins(follow_up)
    return {"cases": follow_up.cases, "withheld": not seen} | {name: said[name] if seen else None for name in _NUMBERS}


def _withheld(board: Board, brand: str) -> Withheld:
    total = _follow_up(board, brand, None)
    return withheld(0 if total is None else total.cases, _cases(board, brand, board.store_names(brand)))


def _cases(board: Board, brand: str, names: Iterable[str]) -> dict[str, int]:
    found = {store: _follow_up(board, brand, store) for store in names}
    return {store: 0 if follow_up is None else follow_up.cases for store, follow_up in found.items()}


def _follow_up(board: Board, brand: str, store: str | None) -> FollowUp | None:
    standing = board.standing(brand, store)
    return None if standing is None else standing.follow_up
