"""Claims about `requirements.lock`, checked without a network."""

import re
import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
LOCK = (ROOT / "requirements.lock").read_text()


def _asked_for() -> list[Requirement]:
    """What pyproject.toml names: at run time, for the embedded broker, for development."""
    pyproject: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = pyproject["project"]
    named = chain(
        project["dependencies"], project["optional-dependencies"]["broker"], pyproject["dependency-groups"]["dev"]
    )
    return [Requirement(text) for text in named]


def _locked() -> dict[str, str]:
    """Name and version of every package of the lock."""
    return dict(re.findall(r"^([a-z0-9-]+)(?:\[[a-z0-9,]+\])?==(\S+)", LOCK, re.MULTILINE))


def test_the_lock_meets_what_the_project_asks_for() -> None:
    """Every requirement has a locked version that satisfies it; where not, `make lock`."""
    locked = _locked()
    unmet = [
        str(wanted)
        for wanted in _asked_for()
        if not wanted.specifier.contains(locked.get(canonicalize_name(wanted.name), "0"), prereleases=True)
    ]
    assert [] == unmet


def test_the_lock_holds_nothing_that_nobody_asks_for() -> None:
    """What the lock says was asked for by the project itself is still asked for; where not, `make lock`."""
    direct = set()
    name = ""
    for line in LOCK.splitlines():
        if found := re.match(r"[a-z0-9-]+(?=[=\[])", line):
            name = found[0]
        elif "nps-streams" in line:
            direct.add(name)
    assert {canonicalize_name(wanted.name) for wanted in _asked_for()} == direct


def test_the_lock_names_no_server_and_hashes_everything() -> None:
    """Where packages come from is the installer's matter; what they are is the lock's."""
    assert "://" not in LOCK
    assert len(_locked()) == len(re.findall(r"^\S.*==.* \\\n    --hash=sha256:", LOCK, re.MULTILINE))
