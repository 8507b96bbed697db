"""Kafka's jars: from the per-user cache, or from Maven Central by jgo, never without their SHA-256.

`jgo.lock.toml` names every file and its hash; the cache has one directory for each content of that lock. A file gets
there by a rename, after its hash was checked, so two starters at once, or one that is killed, leave nothing broken.
Which server it comes from is jgo's matter: its default, or the `[repositories]` of its configuration, a mirror say.
"""

import fcntl
import hashlib
import os
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from streams.broker.errors import BrokerError

LOCK = Path(__file__).with_name("jgo.lock.toml")
# Enough to hide the round trips of 46 small files; more would only trouble the server.
DOWNLOADS_AT_ONCE = 6
ATTEMPTS = 2
NETWORK_TIMEOUT_S = 20


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a download is: files that are there, files in all, bytes that came so far."""

    done: int
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class _Locked:
    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def filename(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


def show(progress: Progress) -> None:
    """Say on stderr how far a download is: one line rewritten on a terminal, one line in ten files elsewhere."""
    line = f"Getting Kafka: {progress.done} of {progress.files} files, {progress.bytes / 1e6:.1f} MB"
    last = progress.done == progress.files
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{line}" + "\n" * last)
    elif last or progress.done % 10 == 0:
        sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def jars(progress: Callable[[Progress], None] = show) -> list[Path]:
    """Return the paths of Kafka's jars, every one with the SHA-256 of the lock; get those the cache has not.

    `progress` is called, from this thread, once per file that had to be got. Blocks for 30 ms with a warm cache, for
    seconds with a cold one. Raises BrokerError where a file cannot be got, or is not what the lock says.
    """
    locked = _locked()
    directory = cache_dir()
    with _alone_in(directory):
        missing = [jar for jar in locked if not (directory / jar.filename).exists()]
        if missing:
            _download(missing, directory, progress, files=len(locked))
    for jar in locked:
        _check(directory / jar.filename, jar)
    return [directory / jar.filename for jar in locked]


def cache_dir() -> Path:
    """Return the directory of the files of this lock: below NPS_CACHE_DIR, or the user's cache directory."""
    own = os.environ.get("NPS_CACHE_DIR")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    root = Path(own) if own else Path(base) / "nps-streams"
    return root / f"kafka-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"


def _locked() -> list[_Locked]:
    rows = tomllib.loads(LOCK.read_text())["dependencies"]
    return [_Locked(row["groupId"], row["artifactId"], row["version"], row["sha256"]) for row in rows]


def _check(path: Path, jar: _Locked) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != jar.sha256:
        raise BrokerError(
            f"{path} is not the file that jgo.lock.toml names, and is not used.\n"
            f"  SHA-256 wanted {jar.sha256}\n          found  {found}\n"
            "  Remove it and start again; if it comes back like this, the server it comes from is not to be trusted."
        )


@contextmanager
def _alone_in(directory: Path) -> Iterator[None]:
    """Let one process at a time fill the directory; the others find it full."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _download(missing: list[_Locked], directory: Path, progress: Callable[[Progress], None], *, files: int) -> None:
    size = 0
    done = count(files - len(missing) + 1)
    with tempfile.TemporaryDirectory(dir=directory, prefix=".getting-") as staging:
        context = _maven(Path(staging))
        with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
            try:
                for path in pool.map(lambda jar: _get(context, jar, directory), missing):
                    size += path.stat().st_size
                    progress(Progress(next(done), files, size))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def _maven(repository: Path) -> Any:
    try:
        from jgo.config import GlobalSettings
        from jgo.maven import MavenContext
    except ImportError as error:
        raise BrokerError("The embedded Kafka is an extra: pip install 'nps-streams[broker]'") from error
    context = MavenContext(repo_cache=repository, timeout=NETWORK_TIMEOUT_S)
    context.remote_repos.update(GlobalSettings.load().repositories)
    return context


def _get(context: Any, jar: _Locked, directory: Path) -> Path:
    """Get one file into jgo's repository, check it, and move it to its place."""
    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            got = Path(artifact.resolve())
            break
        except (OSError, RuntimeError) as error:  # requests' errors are OSErrors; jgo's "not found" is a RuntimeError
            artifact.cached_path.unlink(missing_ok=True)
            if attempt == ATTEMPTS:
                raise _unreachable(directory, error) from error
    _check(got, jar)
    return got.rename(directory / jar.filename)


def _unreachable(directory: Path, error: Exception) -> BrokerError:
    missing = [jar.filename for jar in _locked() if not (directory / jar.filename).exists()]
    named = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
    return BrokerError(
        f"Kafka could not be got: {len(missing)} of its {len(_locked())} files are not in the cache ({named}).\n"
        "  The first start needs the network, or a mirror in jgo's configuration; later ones do not.\n"
        f"  The cache is {directory}; what went wrong: {type(error).__name__}: {error}"
    )
