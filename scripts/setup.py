"""Make `.venv` from `requirements.lock`: what `make setup` runs.

Needs nothing but Python 3.11 or later and, the first time, a package index within reach. Everything is installed by
its hash, uv included: where uv is missing, pip installs the one the lock names into `.venv`. A stamp makes the next
run instant. Exit status 0 when `.venv` is ready, 1 when something could not be got.
"""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMP = VENV / "setup-stamp"
# The oldest release whose `pip sync` and `pip install` know every flag used here.
UV_AT_LEAST = (0, 5)


class SetupError(Exception):
    """Something this script needs is missing; the text says what, and what to do."""


def main() -> int:
    """Bring `.venv` in line with the lock and the package; instant where it already is."""
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two `make` in one tree take turns
        fingerprint = _fingerprint()
        if STAMP.exists() and STAMP.read_text() == fingerprint and VENV_PYTHON.exists():
            return 0
        try:
            uv = _uv()
            _install(uv)
        except SetupError as error:
            print(f"setup: {error}", file=sys.stderr)
            return 1
        STAMP.write_text(fingerprint)
    print("setup: ready, try .venv/bin/nps --help", file=sys.stderr)
    return 0


def _fingerprint() -> str:
    """All that decides what `.venv` holds: a change in any of it means installing again."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    package = [pyproject["project"], pyproject["build-system"], pyproject["tool"]["hatch"]]
    digest = hashlib.sha256(LOCK.read_bytes() + Path(__file__).read_bytes())
    digest.update(f"{package} {sys.version} {sys.base_prefix} {ROOT}".encode())
    return digest.hexdigest()


def _uv() -> str:
    """A uv that works, with `.venv` made of this Python beside it."""
    found = shutil.which("uv")
    if found and _version(found) >= UV_AT_LEAST:
        if not _venv_is_ours():
            _run("making .venv", [found, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)])
        return found
    own = VENV / "bin" / "uv"
    if not _venv_is_ours() or _version(str(own)) < UV_AT_LEAST:
        _venv_with_pip()
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirement:
            requirement.write(_uv_from_lock())
            requirement.flush()
            pip = [*_pip(), "install", "--quiet", "--disable-pip-version-check", "--retries", "2"]
            _run("getting uv by pip", [*pip, "--only-binary=:all:", "--require-hashes", "-r", requirement.name])
    return str(own)


def _venv_is_ours() -> bool:
    """Whether `.venv` runs, and runs this very version of Python."""
    if not VENV_PYTHON.exists():
        return False
    says = subprocess.run(
        [VENV_PYTHON, "-c", "import sys; print(sys.version)"], capture_output=True, text=True, check=False
    )
    return says.returncode == 0 and says.stdout.strip() == sys.version.strip()


def _version(uv: str) -> tuple[int, ...]:
    """What `uv --version` says; (0,) for one that does not run, such as a version manager's empty shim."""
    try:
        says = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False, cwd=ROOT)
    except OSError:
        return (0,)
    found = re.match(r"uv (\d+)\.(\d+)", says.stdout)
    return (int(found[1]), int(found[2])) if found and says.returncode == 0 else (0,)


def _venv_with_pip() -> None:
    """A new `.venv`; without a pip of its own where the system's Python came without ensurepip (Debian)."""
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True, check=False)
    if made.returncode == 0:
        return
    _run("making .venv", [sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)])
    pip = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False)
    if pip.returncode != 0:
        package = f"python3.{sys.version_info.minor}-venv"
        raise SetupError(
            f"{sys.executable} can make no virtual environment with pip (no ensurepip, no pip), and there is no uv.\n"
            f"  Install one of them; on Debian and Ubuntu: apt install {package} (or python3-venv)."
        )


def _pip() -> list[str]:
    """Pip acting on `.venv`: its own, or the system's, which may do so even where it may not touch the system."""
    if any((VENV / "bin").glob("pip*")):
        return [str(VENV_PYTHON), "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", str(VENV_PYTHON)]


def _uv_from_lock() -> str:
    """The lines of the lock that name uv and its hashes."""
    found = re.search(r"^uv==.*?(?=^\S|\Z)", LOCK.read_text(), re.MULTILINE | re.DOTALL)
    if found is None:
        raise SetupError(f"{LOCK.name} does not name uv; `make lock` writes it anew")
    return found[0]


def _install(uv: str) -> None:
    packages = len(re.findall(r"^\S+==", LOCK.read_text(), re.MULTILINE))
    target = ["--quiet", "--python", str(VENV_PYTHON)]
    _run(f"installing {packages} packages of {LOCK.name}", [uv, "pip", "sync", *target, "--require-hashes", str(LOCK)])
    itself = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    _run("installing nps-streams", [uv, "pip", "install", *target, *itself])


def _run(what: str, command: list[str]) -> None:
    """Run a command with a sign of life; its own words are shown when it fails."""
    print(f"setup: {what}", file=sys.stderr, flush=True)
    environment = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "VIRTUAL_ENV": str(VENV)}
    environment.pop("PYTHONHOME", None)
    started_s = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment, cwd=ROOT)
        while process.poll() is None:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                print(f"setup: ... {time.monotonic() - started_s:.0f} s", file=sys.stderr, flush=True)
        if process.returncode == 0:
            return
        output.seek(0)
        said = output.read().strip()
    raise SetupError(f"{what}: failed.{_hint(said)}\n{said}")


def _hint(said: str) -> str:
    """What the failure comes to in plain words, where that can be told."""
    unreachable = r"dns|resolve|connect|network|timed out|error sending request|no matching distribution"
    if not re.search(unreachable, said, re.IGNORECASE):
        return ""
    names = sorted(set(re.findall(r"/simple/([a-z0-9._-]+)/", said)))
    what = ", ".join(names) if names else "the packages it asks for"
    return (
        f"\n  No package index within reach, and not in the cache: {what}."
        f"\n  The first setup needs the network (or a mirror in the configuration of uv and pip); later ones do not."
    )


if __name__ == "__main__":
    sys.exit(main())
