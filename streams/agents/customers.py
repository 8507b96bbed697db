"""The customers of a shard's stores who have cases here: whose next alert is a repeated one, or needs no new case.

What is asked is worked out from the cases as they are, so a new owner answers the same, whatever the order of its rows.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Final

from streams.domain.case import Case
from streams.domain.store import Store

_LOOKED_AT: Final = 8
"""Cases of one customer that are looked at, the latest: a name that stands for everybody must not stop a shard."""

Place = int
"""A customer in a store, as `place_of` numbers them."""


def place_of(store: Store, customer: int) -> Place:
    """The place of a customer (hash of the reference, 32 bits) in a store of this process."""
    return id(store) << 32 | customer


class Customers:
    """By store and customer the cases that were opened, without those that an alert was only attached to."""

    def __init__(self, case_of: Callable[[str], Case | None]) -> None:
        self._case_of = case_of
        self._cases: dict[Place, str | list[tuple[int, str]]] = {}
        """The alert id of the only case, as with nearly everybody; of several, with their submission (ms), sorted."""

    def add(self, place: Place, submitted_ms: int, alert_id: str) -> None:
        """A case is the customer's. Idempotent."""
        known = self._cases.get(place)
        if known is None or known == alert_id:
            self._cases[place] = alert_id
            return
        if isinstance(known, str):
            first = self._case_of(known)
            assert first is not None, "a case that is forgotten is nobody's"
            known = self._cases[place] = [(first.submitted_ms, known)]
        one = submitted_ms, alert_id
        at = bisect_left(known, one)
        if known[at : at + 1] != [one]:
            known.insert(at, one)

    def remove(self, place: Place, alert_id: str) -> None:
        """A case is not the customer's any more, or forgotten."""
        known = self._cases.get(place)
        others = [] if known is None or isinstance(known, str) else [one for one in known if one[1] != alert_id]
        if others:
            self._cases[place] = others
        elif known is not None and (known == alert_id or not isinstance(known, str)):
            del self._cases[place]

    def latest(self, place: Place) -> Iterable[Case]:
        """The cases of a customer that were submitted last, the last one first."""
        known = self._cases.get(place)
        if known is None:
            return ()
        ids = [known] if isinstance(known, str) else [alert_id for _, alert_id in known[: -_LOOKED_AT - 1 : -1]]
        return [case for case in map(self._case_of, ids) if case is not None]

    def __len__(self) -> int:
        return len(self._cases)
