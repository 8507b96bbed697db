"""The metrics port: `/metrics`, `/live`, `/ready`, on a thread of its own.

It answers before Kafka is reachable and while the event loop is busy, because then it is needed most.
"""

import logging
import socket
import sys
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import Thread
from urllib.parse import urlsplit

from prometheus_client.exposition import choose_encoder

from streams.metrics.instruments import Metrics

_TEXT = "text/plain; charset=utf-8"
_logger = logging.getLogger(__name__)


class MetricsServer:
    """Serves GET and HEAD on `host`:`port` (0 takes a free one) from `start` to `stop`; all else is 404.

    `live` says whether this process works, whatever Kafka does; `ready` whether it does its share, and if not, why: the
    text is the body of the 503. Both are called from another thread and must not block.
    """

    def __init__(
        self,
        metrics: Metrics,
        host: str,
        port: int,
        live: Callable[[], bool],
        ready: Callable[[], tuple[bool, str]],
    ) -> None:
        self._metrics = metrics
        self._address = host, port
        self._live = live
        self._ready = ready
        self._server: _Server | None = None
        self._thread: Thread | None = None

    @property
    def port(self) -> int:
        """The port bound; call it between `start` and `stop`."""
        assert self._server is not None, "the metrics server is not started"
        port: int = self._server.server_address[1]
        return port

    def start(self) -> None:
        """Bind and answer; raises OSError where the address cannot be bound."""
        assert self._server is None, "the metrics server is started once"
        self._server = _Server(self._address, self._answer)
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,), name="metrics-server", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the port; harmless where nothing runs."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = self._thread = None

    def _answer(self, path: str, accept: str) -> tuple[HTTPStatus, str, bytes]:
        try:
            match path:
                case "/metrics":
                    encode, content_type = choose_encoder(accept)
                    return HTTPStatus.OK, content_type, encode(self._metrics.registry)
                case "/live":
                    return _verdict(self._live(), "live", "the event loop does not answer")
                case "/ready":
                    ready, reason = self._ready()
                    return _verdict(ready, "ready", reason)
        except Exception:
            self._metrics.scrape_failed()
            _logger.exception("%s could not be answered", path)
            return HTTPStatus.INTERNAL_SERVER_ERROR, _TEXT, b"failed; the log says why\n"
        return HTTPStatus.NOT_FOUND, _TEXT, b"here are /metrics, /live and /ready\n"


def _verdict(good: bool, yes: str, no: str) -> tuple[HTTPStatus, str, bytes]:  # noqa: FBT001 - private, and read at once
    status = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
    return status, _TEXT, f"{yes if good else no}\n".encode(errors="replace")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], answer: Callable[[str, str], tuple[HTTPStatus, str, bytes]]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.answer = answer
        super().__init__(address, _Request)

    def server_bind(self) -> None:
        TCPServer.server_bind(self)  # HTTPServer would ask DNS for our name, which can take seconds

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - as in the base class
        _logger.debug("a client of the metrics port went away: %r", sys.exception())


class _Request(BaseHTTPRequestHandler):
    server: _Server
    server_version = "nps"
    sys_version = ""
    timeout = 10.0  # a client that says nothing must not hold a thread for ever

    def do_GET(self) -> None:
        self._send(with_body=True)

    def do_HEAD(self) -> None:
        self._send(with_body=False)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
        """Say nothing: a scrape every few seconds is no news."""

    def _send(self, *, with_body: bool) -> None:
        status, content_type, body = self.server.answer(urlsplit(self.path).path, self.headers.get("Accept", ""))
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if with_body:
            self.wfile.write(body)
