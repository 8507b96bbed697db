"""Every query of the dashboard and every recorded metric, run by a real Prometheus on two live metrics ports."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import yaml

from streams.metrics import Metrics, MetricsServer
from tests.deploy.test_dashboard import COMMITTED, DEPLOY, parsable, queries, rules
from tests.metrics.worker import a_shard, busy
from tests.tools import find_tool

DEADLINE_S = 90.0
POLL_S = 0.5


@pytest.fixture
def workers() -> Iterator[list[tuple[Metrics, MetricsServer]]]:
    """Two workers of which everything is said: a shard being restored, an open breaker, a failure of each kind."""
    running = []
    for number in range(2):
        metrics = busy()
        shard = a_shard(number, state="restoring", restore_remaining=9, breaker_open=True)
        metrics.attach_shards(lambda shard=shard: [shard])  # type: ignore[misc]
        server = MetricsServer(metrics, "127.0.0.1", 0, lambda: True, lambda: (True, ""))
        server.start()
        running.append((metrics, server))
    yield running
    for _, server in running:
        server.stop()


@pytest.fixture
def prometheus(tmp_path: Path, workers: list[tuple[Metrics, MetricsServer]]) -> Iterator[str]:
    """A Prometheus with our configuration, but for targets and haste; its address."""
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    config["global"].update(scrape_interval="1s", evaluation_interval="1s")
    config["rule_files"] = [str(DEPLOY / "prometheus" / name) for name in config["rule_files"]]
    config["scrape_configs"] = config["scrape_configs"][:1]
    config["scrape_configs"][0]["scrape_timeout"] = "1s"
    config["scrape_configs"][0]["static_configs"] = [{"targets": [f"127.0.0.1:{server.port}" for _, server in workers]}]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    promtool = find_tool("promtool")
    assert promtool is not None
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [
                promtool.with_name("prometheus"),
                f"--config.file={tmp_path}/prometheus.yml",
                f"--storage.tsdb.path={tmp_path}/data",
                f"--web.listen-address={address}",
            ],
            stdout=log,
            stderr=log,
        )
        try:
            yield f"http://{address}"
        finally:
            process.kill()
            process.wait(30)


def ask(prometheus: str, query: str) -> list[Any]:
    """The series that a query finds now; nothing before Prometheus is ready. A query it refuses raises HTTPError."""
    try:
        with urlopen(f"{prometheus}/api/v1/query?{urlencode({'query': query})}", timeout=10) as response:
            found: list[Any] = json.load(response)["data"]["result"]
            return found
    except HTTPError as error:
        if error.code == HTTPStatus.SERVICE_UNAVAILABLE:
            return []
        raise
    except URLError as error:
        if isinstance(error.reason, ConnectionRefusedError):
            return []
        raise


@pytest.mark.needs("promtool")
def test_every_panel_and_every_rule_finds_something(
    prometheus: str, workers: list[tuple[Metrics, MetricsServer]]
) -> None:
    """With all there is to see, none is empty and none is an error; so no label or suffix is misspelt in any."""
    panels = [panel for panel in json.loads(COMMITTED.read_text())["panels"] if panel["type"] != "row"]
    empty = {parsable(query).replace("[1m]", "[20s]") for query in queries(panels)}
    empty |= {rule["record"] for rule in rules() if "record" in rule}
    deadline = time.monotonic() + DEADLINE_S
    while empty and time.monotonic() < deadline:
        for metrics, _ in workers:
            go_on(metrics)
        empty = {query for query in empty if not ask(prometheus, query)}
        time.sleep(POLL_S)
    assert set() == empty


def go_on(metrics: Metrics) -> None:
    """What happens all the time, so that rates have something to see."""
    metrics.processed("survey.responses", "counted", 50)
    metrics.age("survey.responses", 0.1)
    metrics.latency(0.05)
    metrics.commit(3, 0.006, 50, 20)
    metrics.restored(3, 1.0, 1000)
    metrics.rebalanced(0.5)
