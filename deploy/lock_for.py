"""The part of `requirements.lock` that one purpose needs, hashes and all, on stdout: what the image installs.

`run` is what the package imports when it runs, without the extras and the tools of developers; `build` is what builds
its wheel. Both follow the lock's own `# via` notes from the names in `pyproject.toml`, so there is one lock and
nothing to drift. pip's `--require-hashes` fails where something were missing.
"""

import re
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def lock_for(purpose: str, pyproject: str, lock: str) -> str:
    """The entries of a lock as uv writes it that `purpose` (run or build) needs; raises KeyError for another one."""
    project = tomllib.loads(pyproject)
    roots = {"run": project["project"]["dependencies"], "build": project["build-system"]["requires"]}[purpose]
    entries = {_name(entry): entry for entry in re.split(r"(?m)^(?=[a-z0-9])", lock)[1:]}
    wanted = _closure({_name(root) for root in roots}, {name: _parents(entry) for name, entry in entries.items()})
    return "".join(entry for name, entry in entries.items() if name in wanted)


def _name(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match is not None, f"no requirement: {requirement!r}"
    return re.sub(r"[-_.]+", "-", match[0]).lower()


def _parents(entry: str) -> set[str]:
    return {_name(note) for note in re.findall(r"(?m)^ +# +(?:via )?(\S+)", entry) if note != "via"}


def _closure(roots: set[str], parents: dict[str, set[str]]) -> set[str]:
    wanted: set[str] = set()
    more: Iterable[str] = roots
    while more := set(more) - wanted:
        wanted |= more
        more = {name for name, by in parents.items() if by & wanted}
    return wanted


if __name__ == "__main__":
    sys.stdout.write(
        lock_for(sys.argv[1], (ROOT / "pyproject.toml").read_text(), (ROOT / "requirements.lock").read_text())
    )
