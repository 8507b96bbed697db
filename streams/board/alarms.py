"""The alarms that are open: of each brand or store and rule the episode that began and has not ended. Pure."""

from collections.abc import Mapping
from typing import Final

from streams.events.alarm import Alarm

KINDS: Final = frozenset({"raised", "released"})
CALLING: Final[Mapping[str, int]] = {"burst": 0, "drop": 1}
"""The rules that ask somebody to go and look, most pressing first; a score that rose does not."""

Key = tuple[str, str | None]


class Alarms:
    """Of each brand and store (None for the brand itself) its open alarms, by rule."""

    def __init__(self) -> None:
        self._open: dict[Key, dict[str, Alarm]] = {}
        self._ended: dict[tuple[Key, str], int] = {}

    def __len__(self) -> int:
        return sum(map(len, self._open.values()))

    def clear(self) -> None:
        """Forget all of them."""
        self._open.clear()
        self._ended.clear()

    def apply(self, alarm: Alarm) -> bool:
        """Take the beginning or the end of an episode; False where it is no news."""
        key = alarm.brand, alarm.store
        rules = self._open.setdefault(key, {})
        known = rules.get(alarm.rule)
        if alarm.kind == "released":
            self._ended[key, alarm.rule] = max(alarm.episode, self._ended.get((key, alarm.rule), 0))
            if known is not None and known.episode <= alarm.episode:
                del rules[alarm.rule]
                return True
            return False
        if alarm.episode <= self._ended.get((key, alarm.rule), 0) or (known and alarm.episode <= known.episode):
            return False
        rules[alarm.rule] = alarm
        return True

    def open(self, brand: str, store: str | None) -> list[Alarm]:
        """The open alarms of a brand or a store, most pressing first."""
        rules = self._open.get((brand, store), {})
        return sorted(rules.values(), key=lambda alarm: (CALLING.get(alarm.rule, len(CALLING)), alarm.rule))

    def is_calling(self, brand: str, store: str | None) -> bool:
        """Whether somebody should go and look."""
        return any(rule in CALLING for rule in self._open.get((brand, store), ()))
