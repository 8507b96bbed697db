"""What was sent, line by line: one line before each send, one after it."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from chaos.load import Planned


@dataclass(slots=True)
class Entry:
    """What is known of one record: `state` is planned, acked, refused or indeterminate."""

    number: int
    intended: str
    partition: int
    sha256: str
    state: str = "planned"
    offset: int = -1
    error: str = ""


class Ledger:
    """Writes lines; a line of state follows the line `planned` of its record."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def planned(self, record: Planned) -> None:
        """Before the send."""
        digest = sha256(record.key, record.value)
        self._write(
            n=record.number, state="planned", intended=record.intended, partition=record.partition, sha256=digest
        )

    def acked(self, record: Planned, partition: int, offset: int) -> None:
        """Kafka has it."""
        self._write(n=record.number, state="acked", partition=partition, offset=offset)

    def refused(self, record: Planned, error: str) -> None:
        """Kafka has it not."""
        self._write(n=record.number, state="refused", error=error)

    def indeterminate(self, record: Planned, error: str) -> None:
        """Nobody answered in time: Kafka may have it or not."""
        self._write(n=record.number, state="indeterminate", error=error)

    def flush(self) -> None:
        """Let the lines be read."""
        self._file.flush()

    def _write(self, **line: Any) -> None:
        self._file.write(json.dumps(line) + "\n")


def read_ledger(path: Path) -> dict[int, Entry]:
    """What is known of each record, by its number. One that was planned and never settled is indeterminate."""
    entries: dict[int, Entry] = {}
    for line in _lines(path):
        if line["state"] == "planned":
            entries[line["n"]] = Entry(line["n"], line["intended"], line["partition"], line["sha256"], "indeterminate")
            continue
        entry = entries[line["n"]]
        entry.state, entry.error = line["state"], line.get("error", "")
        entry.offset = line.get("offset", -1)
        entry.partition = line.get("partition", entry.partition)
    return entries


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open() as file:
        yield from map(json.loads, file)


def sha256(key: bytes | None, value: bytes | None) -> str:
    """The hash of a record's key and value, nulls told from nothing."""
    digest = hashlib.sha256()
    for part in (key, value):
        digest.update(b"\0" if part is None else b"\1" + len(part).to_bytes(4, "big") + part)
    return digest.hexdigest()
