from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "error"]
"""`error`: something does not work, or a promise is broken. `warning`: it works, but look at it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at: what was found, and how to mend it where it is not ok."""

    check: str
    level: Level
    text: str
    mend: str = ""

    def __post_init__(self) -> None:
        assert self.mend or self.level == "ok", f"nothing says how to mend: {self.text}"
