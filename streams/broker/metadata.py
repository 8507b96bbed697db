"""One question to a Kafka broker, by its own protocol and with nothing but a socket: which cluster is this?

A broker answers Metadata requests once it has joined its cluster and can serve; an open port alone says less.
Layouts: https://kafka.apache.org/protocol, Metadata version 2, big-endian throughout.
"""

import socket
import struct

_METADATA, _VERSION = 3, 2
_NO_TOPICS = struct.pack(">i", 0)
_CLIENT_ID = b"nps"


def cluster_id(port: int, *, timeout_s: float = 5) -> str | None:
    """Return the cluster id of the broker on this port of 127.0.0.1; None as long as it does not answer as one."""
    header = struct.pack(">hhih", _METADATA, _VERSION, 1, len(_CLIENT_ID)) + _CLIENT_ID
    request = header + _NO_TOPICS
    try:
        with socket.create_connection(("127.0.0.1", port), timeout_s) as connection:
            connection.settimeout(timeout_s)
            connection.sendall(struct.pack(">i", len(request)) + request)
            (size,) = struct.unpack(">i", _exactly(connection, 4))
            return _cluster_id_in(_exactly(connection, size))
    except (OSError, struct.error, UnicodeDecodeError):
        return None


def _exactly(connection: socket.socket, size: int) -> bytes:
    received = b""
    while len(received) < size:
        more = connection.recv(size - len(received))
        if not more:
            raise ConnectionResetError
        received += more
    return received


def _cluster_id_in(response: bytes) -> str | None:
    """Brokers (node id, host, port, rack), then the cluster id; None where no broker is in the list yet."""
    (_correlation, brokers) = struct.unpack_from(">ii", response)
    if brokers < 1:
        return None
    position = 8
    for _ in range(brokers):
        _host, position = _text(response, position + 4)
        _rack, position = _text(response, position + 4)
    return _text(response, position)[0]


def _text(response: bytes, position: int) -> tuple[str | None, int]:
    """Read a nullable string: its size as an int16, -1 for null, and its bytes; with the position after it."""
    (size,) = struct.unpack_from(">h", response, position)
    start = position + 2
    end = start + max(size, 0)
    return (response[start:end].decode() if size >= 0 else None), end
