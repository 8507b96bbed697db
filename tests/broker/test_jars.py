"""Claims about getting Kafka's files; a server of this test's own stands where Maven Central would."""

import hashlib
import tomllib
from collections.abc import Iterator
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner

from streams.broker import BrokerError, jars
from streams.broker.jars import LOCK, Progress, cache_dir
from streams.cli import main


@pytest.fixture
def cold_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of an empty cache."""
    monkeypatch.setenv("NPS_CACHE_DIR", str(tmp_path / "cache"))
    return cache_dir()


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A Maven repository on this machine, empty at first, which jgo's configuration names."""
    root = tmp_path / "mirror"
    root.mkdir()
    with HTTPServer(("127.0.0.1", 0), partial(_Silent, directory=str(root))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        configuration = tmp_path / "jgo.conf"
        configuration.write_text(f"[repositories]\ncentral = http://127.0.0.1:{server.server_port}\n")
        monkeypatch.setenv("JGO_CONFIG_FILE", str(configuration))
        yield root
        server.shutdown()
        thread.join()


def _locked() -> list[dict[str, str]]:
    rows: list[dict[str, str]] = tomllib.loads(LOCK.read_text())["dependencies"]
    return rows


def _publish(root: Path, row: dict[str, str], content: bytes) -> None:
    place = root / row["groupId"].replace(".", "/") / row["artifactId"] / row["version"]
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{row['artifactId']}-{row['version']}.jar").write_bytes(content)


def test_without_network_and_cache_it_says_plainly_what_is_missing(
    cold_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offline with a cold cache, `nps broker fetch` fails with a sentence, not with a traceback."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    outcome = CliRunner().invoke(main, ["broker", "fetch"])

    assert 1 == outcome.exit_code
    assert "Kafka could not be got: 46 of its 46 files are not in the cache" in outcome.output
    assert "The first start needs the network" in outcome.output
    assert "Traceback" not in outcome.output
    assert [".lock"] == [path.name for path in cold_cache.iterdir()]


def test_a_download_that_is_not_what_the_lock_names_is_refused(cold_cache: Path, mirror: Path) -> None:
    """A server that hands out something else changes nothing in the cache."""
    for row in _locked():
        _publish(mirror, row, b"not Kafka")

    with pytest.raises(BrokerError, match="is not the file that jgo.lock.toml names"):
        jars(lambda _: None)
    assert [] == list(cold_cache.glob("*.jar"))
    assert [] == list(cold_cache.glob(".getting-*"))


@pytest.mark.kafka
def test_a_cache_is_filled_from_a_mirror_and_only_with_what_it_lacks(
    mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Downloads go where jgo's configuration says, one per missing file, and end in the cache."""
    there = {path.name: path.read_bytes() for path in jars()}
    monkeypatch.setenv("NPS_CACHE_DIR", str(tmp_path / "cache"))
    for row in _locked():
        _publish(mirror, row, there[f"{row['artifactId']}-{row['version']}.jar"])
    seen: list[Progress] = []

    first = jars(seen.append)
    first[0].unlink()
    second = jars(seen.append)

    assert there == {path.name: path.read_bytes() for path in second}
    assert len(there) + 1 == len(seen)
    assert Progress(len(there), len(there), len(there[first[0].name])) == seen[-1]


@pytest.mark.kafka
def test_a_damaged_file_in_the_cache_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kafka is not run with a jar whose SHA-256 is another one; the message names the file."""
    there = jars()
    monkeypatch.setenv("NPS_CACHE_DIR", str(tmp_path))
    cache_dir().mkdir()
    for path in there[1:]:
        (cache_dir() / path.name).hardlink_to(path)
    damaged = cache_dir() / there[0].name
    damaged.write_bytes(there[0].read_bytes() + b"\0")

    with pytest.raises(BrokerError) as refusal:
        jars()
    assert str(damaged) in str(refusal.value)
    assert hashlib.sha256(damaged.read_bytes()).hexdigest() in str(refusal.value)


def test_the_lock_holds_what_the_list_asks_for() -> None:
    """`jgo.lock.toml` was made from this `jgo.toml`, hashes every file, and names no server."""
    wanted = tomllib.loads(LOCK.with_name("jgo.toml").read_text())["dependencies"]["coordinates"]
    locked = _locked()

    assert set(wanted) <= {f"{row['groupId']}:{row['artifactId']}:{row['version']}" for row in locked}
    assert {64} == {len(row["sha256"]) for row in locked}
    assert "://" not in LOCK.read_text()
