"""The directory of a run: gone with the run, or with the next one."""

import tempfile
from pathlib import Path

import pytest

from streams.demo.home import temporary_home


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_home_goes_with_the_run(tmp_path: Path) -> None:
    """Nothing is left when the run is over."""
    with temporary_home() as home:
        (home / "worker-1.log").write_text("up")

    assert [] == list(tmp_path.iterdir())


def test_what_a_killed_run_left_goes_with_the_next(tmp_path: Path) -> None:
    """A home whose run is dead is removed; that of a run at work is left alone."""
    dead = tmp_path / "nps-demo-dead"
    dead.mkdir()
    (dead / "lock").touch()

    with temporary_home() as first, temporary_home() as second:
        assert {first, second} == set(tmp_path.iterdir())


def test_strangers_are_left_alone(tmp_path: Path) -> None:
    """A directory without our lock is not ours to remove, whatever its name."""
    stranger = tmp_path / "nps-demo-thesis"
    stranger.mkdir()
    with temporary_home():
        pass

    assert [stranger] == list(tmp_path.iterdir())
