"""Mutants: the product with one thing wrong, and the invariants that must notice.

Each is a replacement of text that stands once in one file, applied to a copy of the product. `python -m
tests.simulation.mutants` makes each copy, runs seeds against it until an invariant breaks, and prints the table.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.simulation.__main__ import say

ROOT = Path(__file__).parents[2]
SEEDS = 200
_TAKEN = ("chaos", "streams", "tests")
_SEED = re.compile(r"^broken seed (\d+): ([^:]+): (.*)$", re.MULTILINE)


class Mutant(NamedTuple):
    """One thing wrong: in a file, `old` becomes `new`. `caught_by` are the invariants that may notice first."""

    name: str
    file: str
    old: str
    new: str
    caught_by: tuple[str, ...]


class Caught(NamedTuple):
    """The first seed at which an invariant broke."""

    seed: int
    invariant: str
    text: str


MUTANTS = (
    Mutant(
        "restore before fencing",
        "streams/engine/takeover.py",
        """            async with deadline(config.commit_deadline_s, "InitProducerId"):
                await producer.start()
            self._still_current()
            async with deadline(config.commit_deadline_s, "reading committed offsets"):
                told = await self._told(shard)
            async with deadline(config.commit_deadline_s, "reading the ends of the logs"):
                starts, ends = await self._bounds(shard)
            _check_uncut(config.state, shard, starts[config.state])
            last, rows = await self._restore(shard, state, starts[config.state], ends[config.state])
""",
        """            async with deadline(config.commit_deadline_s, "reading committed offsets"):
                told = await self._told(shard)
            async with deadline(config.commit_deadline_s, "reading the ends of the logs"):
                starts, ends = await self._bounds(shard)
            _check_uncut(config.state, shard, starts[config.state])
            last, rows = await self._restore(shard, state, starts[config.state], ends[config.state])
            async with deadline(config.commit_deadline_s, "InitProducerId"):
                await producer.start()
            self._still_current()
""",
        ("restores", "markers", "orderly ends"),
    ),
    Mutant(
        "restore in read_uncommitted",
        "streams/engine/takeover.py",
        """            isolation_level="read_committed",
            enable_auto_commit""",
        """            isolation_level="read_uncommitted",
            enable_auto_commit""",
        ("restores", "orderly ends"),
    ),
    Mutant(
        "last stable offset taken as end",
        "streams/engine/takeover.py",
        'enable_auto_commit=False, isolation_level="read_uncommitted")',
        'enable_auto_commit=False, isolation_level="read_committed")',
        ("restores", "markers"),
    ),
    Mutant(
        "input in read_uncommitted",
        "streams/engine/batches.py",
        '            isolation_level="read_committed",\n',
        '            isolation_level="read_uncommitted",\n',
        ("markers", "alerts"),
    ),
    Mutant(
        "marker outside the transaction",
        "streams/engine/commit.py",
        """        await self._send(sends, self._config.state, self._shard, changelog, timestamp_ms)
        results = await asyncio.gather(*sends)
""",
        """        await self._send(sends, self._config.state, self._shard, changelog[:-1] or changelog, timestamp_ms)
        await asyncio.gather(*sends)
        await producer.commit_transaction()
        await producer.begin_transaction()
        sends = []
        await self._send(sends, self._config.state, self._shard, changelog[-1:], timestamp_ms)
        results = await asyncio.gather(*sends)
""",
        ("one transaction",),
    ),
    Mutant(
        "marker one too low",
        "streams/engine/shard.py",
        "        source.position = position\n",
        "        source.position = position - 1\n",
        ("markers", "alerts"),
    ),
    Mutant(
        "marker one too high",
        "streams/engine/shard.py",
        "        source.position = position\n",
        "        source.position = position + 1\n",
        ("markers", "alerts", "orderly ends"),
    ),
    Mutant(
        "a failed send ignored",
        "streams/engine/commit.py",
        "        results = await asyncio.gather(*sends)\n",
        "        results = await asyncio.gather(*sends, return_exceptions=True)\n",
        ("alerts", "dead letters", "re-homed", "one transaction", "scores"),
    ),
    Mutant(
        "a stale shard kept",
        "streams/engine/shards.py",
        "            if shard.drained and number in ours and generation == shard.generation + 1:\n",
        "            if shard.drained and number in ours:\n",
        ("fenced owners",),
    ),
    Mutant(
        "records below the position taken again",
        "streams/engine/shard.py",
        "        return [record for record in records if record.offset >= source.position]\n",
        "        return list(records)\n",
        ("markers", "alerts"),
    ),
    Mutant(
        "a gap passed over",
        "streams/engine/shard.py",
        "        if batch.start > source.position:\n            return None\n",
        "",
        ("markers", "alerts"),
    ),
    Mutant(
        "shards torn apart",
        "streams/engine/assignor.py",
        """            name: ConsumerProtocolMemberAssignment(_VERSION, [(topic, shards) for topic in topics if shards], b"")
            for name, shards in share_out(self._partitions, claims).items()
""",  # noqa: E501 -- as it stands there
        """            name: ConsumerProtocolMemberAssignment(
                _VERSION,
                [
                    (topic, share_out(self._partitions, claims)[sorted(members)[(at + nth) % len(members)]])
                    for at, topic in enumerate(topics)
                ],
                b"",
            )
            for nth, name in enumerate(sorted(members))
""",
        ("fenced owners", "progress", "orderly ends"),
    ),
    Mutant(
        "an exception swallowed",
        "streams/engine/failure.py",
        "            fail(error)\n",
        "            pass\n",
        ("progress", "orderly ends", "refusals"),
    ),
    Mutant(
        "a random alert id",
        "streams/domain/identity.py",
        '    return uuid_of(f"{brand}|{store}|{iso_day(day)}|{source}|{generation}|{response_id}")\n',
        "    return str(uuid.uuid4())\n",
        ("alerts",),
    ),
    Mutant(
        "a clock in a decision",
        "streams/agents/responses.py",
        "        arrival_ms = record.timestamp\n",
        "        arrival_ms = int(__import__('time').monotonic() * 1000)\n",
        ("markers", "alerts", "dead letters"),
    ),
    Mutant(
        "begin at the committed offset",
        "streams/engine/takeover.py",
        "            position = marker.sources[topic].position\n",
        "            position = marker.sources[topic].position = told.get(topic, 0)\n",
        ("markers", "alerts"),
    ),
    Mutant(
        "a state rolled back taken up",
        "streams/engine/takeover.py",
        "            if told.get(topic, 0) > position:\n",
        "            if False:\n",
        ("refusals",),
    ),
    Mutant(
        "a lost state taken for a first start",
        "streams/engine/takeover.py",
        "            if told:\n",
        "            if False:\n",
        ("refusals",),
    ),
    Mutant(
        "a cut state taken up",
        "streams/engine/takeover.py",
        "    if start > 0:\n",
        "    if False:\n",
        ("refusals",),
    ),
    Mutant(
        "the group asked after the restore",
        "streams/engine/takeover.py",
        """            async with deadline(config.commit_deadline_s, "reading committed offsets"):
                told = await self._told(shard)
            async with deadline(config.commit_deadline_s, "reading the ends of the logs"):
                starts, ends = await self._bounds(shard)
            _check_uncut(config.state, shard, starts[config.state])
            last, rows = await self._restore(shard, state, starts[config.state], ends[config.state])
""",
        """            async with deadline(config.commit_deadline_s, "reading the ends of the logs"):
                starts, ends = await self._bounds(shard)
            _check_uncut(config.state, shard, starts[config.state])
            last, rows = await self._restore(shard, state, starts[config.state], ends[config.state])
            async with deadline(config.commit_deadline_s, "reading committed offsets"):
                told = await self._told(shard)
""",
        ("orderly ends",),
    ),
    Mutant(
        "the group told before the commit",
        "streams/engine/shard.py",
        """        positions = self.positions()
        try:
""",
        """        positions = self.committed_positions = self.positions()
        try:
""",
        ("orderly ends",),
    ),
)


@contextmanager
def mutated(mutant: Mutant, root: Path = ROOT) -> Iterator[Path]:
    """Give a copy of the product with the mutant in it; fails where its text does not stand there exactly once."""
    with tempfile.TemporaryDirectory(prefix="mutant-") as folder:
        copy = Path(folder)
        for part in _TAKEN:
            shutil.copytree(root / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        file = copy / mutant.file
        text = file.read_text()
        assert text.count(mutant.old) == 1, f"{mutant.name}: its text stands {text.count(mutant.old)} times"
        file.write_text(text.replace(mutant.old, mutant.new))
        yield copy


def hunt(mutant: Mutant, seeds: int = SEEDS) -> Caught | None:
    """Run seeds against a mutant until an invariant breaks; None where none did."""
    with mutated(mutant) as copy:
        done = subprocess.run(
            [sys.executable, "-m", "tests.simulation", "--first", "--seeds", str(seeds)],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    found = _SEED.search(done.stdout)
    assert found or done.returncode == 0, done.stdout + done.stderr
    return Caught(int(found[1]), found[2], found[3]) if found else None


def main() -> int:
    """Print the table; 0 where every mutant was caught."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.mutants")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("name", nargs="*", help="parts of the names of mutants; all by default")
    asked = parser.parse_args()
    missed = 0
    say("| mutant | seed | caught by | first counter-example |\n|---|---|---|---|")
    for mutant in MUTANTS:
        if asked.name and not any(part in mutant.name for part in asked.name):
            continue
        caught = hunt(mutant, asked.seeds)
        missed += caught is None
        row = ("-", "nobody", "") if caught is None else caught
        say(f"| {mutant.name} | {row[0]} | {row[1]} | {row[2][:110]} |")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
