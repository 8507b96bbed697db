"""Mutants: copies of the product with one thing wrong, hunted until an invariant breaks.

`python -m tests.simulation.mutants` makes each copy, runs seeds against it, and prints who noticed what; with `--table`
it prints what docs/faults.md says of them.
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
from tests.simulation.mutations import MUTANTS, Mutant, table

ROOT = Path(__file__).parents[2]
SEEDS = 200
_TAKEN = ("chaos", "streams", "tests")
_SEED = re.compile(r"^broken seed (\d+): ([^:]+): (.*)$", re.MULTILINE)


class Caught(NamedTuple):
    """The first seed at which an invariant broke."""

    seed: int
    invariant: str
    text: str


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
    parser.add_argument("--table", action="store_true", help="print what the documents say of them, and run none")
    parser.add_argument("name", nargs="*", help="parts of the names of mutants; all by default")
    asked = parser.parse_args()
    if asked.table:
        say(table())
        return 0
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
