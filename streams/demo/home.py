"""A directory for everything a run writes: gone with the run, and if the run was killed, gone with the next one."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PREFIX = "nps-demo-"
_LOCK = "lock"


@contextmanager
def temporary_home() -> Iterator[Path]:
    """Give a new directory, and remove it at the end; those that killed runs left behind are removed first."""
    _sweep(Path(tempfile.gettempdir()))
    home = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        with (home / "lock.new").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            (home / "lock.new").rename(home / _LOCK)  # never seen unlocked, so no other run takes it for a dead one's
            yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _sweep(directory: Path) -> None:
    """Remove homes of ours that nobody lives in: the lock of a live run is held, that of a dead one is not."""
    for home in directory.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if home.stat().st_uid != os.getuid():
                continue
            with (home / _LOCK).open("r+") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(home, ignore_errors=True)
