"""The metrics port: what it answers, and that it goes on answering."""

import socket
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse

import pytest
from prometheus_client.parser import text_string_to_metric_families

from streams.metrics import Metrics, MetricsServer
from tests.metrics.worker import read_openmetrics

Ask = Callable[..., tuple[HTTPResponse, bytes]]


class Worker:
    """What the server asks a worker."""

    def __init__(self) -> None:
        self.alive = True
        self.state = (False, "restoring 3 shards")

    def live(self) -> bool:
        if self.alive:
            return True
        raise RuntimeError("cannot say")

    def ready(self) -> tuple[bool, str]:
        return self.state


@pytest.fixture
def worker() -> Worker:
    """A worker that lives and is not ready."""
    return Worker()


@pytest.fixture
def metrics() -> Metrics:
    """Its metrics."""
    return Metrics()


@pytest.fixture
def server(metrics: Metrics, worker: Worker) -> Iterator[MetricsServer]:
    """The server of both, on a free port."""
    server = MetricsServer(metrics, "127.0.0.1", 0, live=worker.live, ready=worker.ready)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def ask(server: MetricsServer) -> Ask:
    """Ask it for a path."""

    def ask(path: str, method: str = "GET", accept: str = "*/*") -> tuple[HTTPResponse, bytes]:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
        try:
            connection.request(method, path, headers={"Accept": accept})
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()

    return ask


def test_metrics_are_served_in_the_format_asked_for(ask: Ask, metrics: Metrics) -> None:
    """Prometheus's text format by default, OpenMetrics where the client asks for it; a query string changes nothing."""
    metrics.unknown_fields(7)
    response, body = ask("/metrics?x=1")
    assert response.status == 200
    assert response.getheader("Content-Type", "").startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(body.decode())}
    assert [7] == [sample.value for sample in families["nps_unknown_fields"].samples]
    response, body = ask("/metrics", accept="application/openmetrics-text; version=1.0.0")
    assert response.getheader("Content-Type", "").startswith("application/openmetrics-text; version=1.0.0")
    assert body.endswith(b"# EOF\n")
    assert read_openmetrics(body.decode())


def test_ready_says_what_is_missing(ask: Ask, worker: Worker) -> None:
    """503 with the reason as text while the worker cannot do its share, 200 once it can."""
    response, body = ask("/ready")
    assert (503, b"restoring 3 shards\n") == (response.status, body)
    worker.state = (True, "")
    response, body = ask("/ready")
    assert (200, b"ready\n") == (response.status, body)


def test_live_is_of_the_process_alone(ask: Ask) -> None:
    """A worker that is not ready lives."""
    response, body = ask("/live")
    assert (200, b"live\n") == (response.status, body)


def test_a_failure_to_answer_is_said_and_counted(ask: Ask, worker: Worker, metrics: Metrics) -> None:
    """An exception behind a page is a 500 and an increase of a counter; the next request is answered as ever."""
    worker.alive = False
    response, _ = ask("/live")
    assert response.status == 500
    response, body = ask("/metrics")
    assert response.status == 200
    assert b"nps_scrape_errors_total 1.0\n" in body


def test_head_is_get_without_the_body(ask: Ask) -> None:
    """HEAD says the same length and type, and sends nothing."""
    for path in ("/live", "/ready", "/nowhere"):
        response, body = ask(path)
        head, nothing = ask(path, method="HEAD")
        assert (response.status, str(len(body)), b"") == (head.status, head.getheader("Content-Length"), nothing)
    head, nothing = ask("/metrics", method="HEAD")
    assert (200, b"") == (head.status, nothing)


@pytest.mark.parametrize("path", ["/", "/metric", "/metrics/", "/metrics/../live", "/%6detrics"])
def test_all_else_is_not_found(ask: Ask, path: str) -> None:
    """404 for what is not there, whatever it looks like."""
    assert ask(path)[0].status == 404


def test_nothing_can_be_changed_here(ask: Ask) -> None:
    """Only GET and HEAD are understood."""
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert ask("/metrics", method=method)[0].status == 501


def test_a_client_that_says_nothing_holds_nobody_up(ask: Ask, server: MetricsServer) -> None:
    """Each request has a thread of its own, and a silent one is given up after a while."""
    with socket.create_connection(("127.0.0.1", server.port)):
        assert ask("/live")[0].status == 200


def test_the_port_is_free_after_stop(metrics: Metrics, worker: Worker) -> None:
    """A port taken is an error at once; after stop, which may be called twice, it can be taken again."""
    first = MetricsServer(metrics, "127.0.0.1", 0, worker.live, worker.ready)
    first.start()
    second = MetricsServer(metrics, "127.0.0.1", first.port, worker.live, worker.ready)
    with pytest.raises(OSError, match="in use"):
        second.start()
    first.stop()
    first.stop()
    second.start()
    second.stop()
