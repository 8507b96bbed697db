"""Which alerts interrupt somebody: of each store the first of an hour, and every P1; the others are held and listed.

Nothing is lost: a held alert is raised like any other, says so, and stands in a digest of its hour, once. Hours are
those of arrival, and none comes back: who arrives for one that is over counts in the last that began. So who is held
follows from the log alone. When digests are sent does not: what is held in an hour that was listed already, because it
was worked off late, is listed in a further digest of that hour, and its case says so until then (BELATED).
"""

from typing import Final

from streams.domain.page import NewerRow
from streams.domain.store import Store

_ROW_VERSION: Final = 1


class Interruptions:
    """The interruptions of a shard's stores."""

    def __init__(self) -> None:
        self.to_list: dict[tuple[int, bytes], tuple[Store, list[str]]] = {}
        """By hour (since the epoch) and key of the store the alerts that were held then and are not listed yet."""
        self._listed: dict[Store, int] = {}
        """By store the last hour whose held alerts were listed."""

    def restore(self, store: Store, row: bytes | None) -> None:
        """Take the row of a digest; raises NewerRow."""
        if row is None:
            return
        if row[0] != _ROW_VERSION:
            message = f"a digest of row version {row[0]}; this release knows {_ROW_VERSION}"
            raise NewerRow(message)
        self._listed[store] = int.from_bytes(row[1:], "little")

    def count_again(self, store: Store, alert_id: str, hour: int, *, held: bool, belated: bool = False) -> None:
        """Count an alert that was restored, after all rows of digests were taken; `hour` is the one it counted in."""
        last, n = store.interrupted
        if hour > last:
            last, n = hour, 0
        if hour == last and not held:
            n += 1
        store.interrupted = (last, n)
        if held and (belated or not self._is_listed(store, hour)):
            self.hold(store, hour, alert_id)

    def ask(self, store: Store, hour: int, most: int, *, always: bool) -> tuple[int, bool]:
        """Whether an alert that came in an hour is held, and the hour it counts in; `always` for one that never is."""
        last, n = store.interrupted
        if hour > last:
            last, n = hour, 0
        held = n >= most and not always
        store.interrupted = (last, n if held else n + 1)
        return last, held

    def hold(self, store: Store, hour: int, alert_id: str) -> bool:
        """Note an alert for a digest of its hour; whether it is belated: that hour was listed already."""
        self.to_list.setdefault((hour, store.key), (store, []))[1].append(alert_id)
        return self._is_listed(store, hour)

    def release(self, store: Store, hour: int, alert_id: str) -> None:
        """An alert that was held in an hour interrupts after all."""
        waiting = self.to_list.get((hour, store.key))
        if waiting is not None and alert_id in waiting[1]:
            waiting[1].remove(alert_id)
            if not waiting[1]:
                del self.to_list[hour, store.key]
        last, n = store.interrupted
        if hour == last:
            store.interrupted = (last, n + 1)

    def listed(self, store: Store, hour: int) -> tuple[bytes, bytes]:
        """The held alerts of an hour are listed; gives the row that says so, for all that are not belated."""
        self._listed[store] = hour
        return b"h|" + store.key, bytes((_ROW_VERSION,)) + hour.to_bytes(4, "little")

    def _is_listed(self, store: Store, hour: int) -> bool:
        return hour <= self._listed.get(store, -1)
