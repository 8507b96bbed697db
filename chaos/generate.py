"""`python -m chaos.generate`: the records of a seed, one line of JSON each."""

import base64
import json
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import click

from chaos.load import Load, Planned, Shape

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@click.command(context_settings={"show_default": True})
@click.option("--seed", type=int, required=True, help="The same seed gives the same records.")
@click.option("--records", type=click.IntRange(0), default=18_000, help="How many; a sentinel per partition follows.")
@click.option("--start", default="2026-01-01T00:00:00+00:00", help="When the first one is sent (RFC 3339).")
@click.option("--partitions", type=click.IntRange(1, 1000), default=4, help="Partitions of the topics.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to write; by default stdout.")
def main(*, seed: int, records: int, start: str, partitions: int, out: Path | None) -> None:
    """Write when, topic, partition, key, headers, value (base64) and intended class of each record."""
    start_ms = round((datetime.fromisoformat(start) - _EPOCH).total_seconds() * 1000)
    load = Load(seed, start_ms, Shape(partitions=partitions))
    with ExitStack() as stack:
        file = stack.enter_context(out.open("w")) if out else sys.stdout
        for record in load.records(records):
            file.write(json.dumps(_line(record)) + "\n")


def _line(record: Planned) -> dict[str, object]:
    return {
        "n": record.number,
        "at_ms": record.at_ms,
        "topic": record.topic,
        "partition": record.partition,
        "key": _text(record.key),
        "headers": [[name, _text(value)] for name, value in record.headers],
        "value": _text(record.value),
        "intended": record.intended,
    }


def _text(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


if __name__ == "__main__":
    main()
