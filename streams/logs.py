"""Logging: one JSON object a line off a terminal, readable lines on one. Never a payload, a comment or a contact."""

import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

import orjson

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}
_NOISY = ("aiokafka", "faust", "mode", "asyncio")
_SAME_S = 10.0
"""Libraries repeat one complaint many times a second while a broker is away: the same one is said this often."""


class _Lines(logging.Formatter):
    """One event, one line, whatever the text holds."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        extra = {name: value for name, value in record.__dict__.items() if name not in _STANDARD}
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        text = record.getMessage()
        if record.exc_info:
            text += " | " + self.formatException(record.exc_info)
        if self._as_json:
            line = {"ts": at, "level": record.levelname, "logger": record.name, "event": text, **extra}
            return orjson.dumps(line, default=str).decode()
        details = "".join(f" {name}={value}" for name, value in extra.items())
        return f"{at[11:]} {record.levelname:<7} {text}{details}".encode("unicode_escape").decode()


class _Once(logging.Filter):
    """Lets the same complaint of a library through once in a while."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(_NOISY):
            return True
        what = (record.name, str(record.msg))
        if record.created - self._said.get(what, 0.0) < _SAME_S:
            return False
        self._said[what] = record.created
        return True


class _Counter(logging.Handler):
    """Counts log lines by level."""

    def __init__(self, count: Callable[[str], None]) -> None:
        super().__init__()
        self._count = count

    def emit(self, record: logging.LogRecord) -> None:
        self._count(record.levelname)


def set_up(level: str, count: Callable[[str], None], stream: TextIO = sys.stderr) -> None:
    """Log to `stream` from now on; `count` is told the level of each line."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Lines(as_json=not stream.isatty()))
    handler.addFilter(_Once())
    logging.basicConfig(level=level, handlers=[handler, _Counter(count)], force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level)))
