import secrets
import socket
from contextlib import ExitStack

# Below the range Linux takes outgoing ports from (32768 and up). In that range a client that keeps knocking at a broker
# which is down may be given the broker's port as its own, connect to itself, and hold the port when the broker returns.
_FIRST, _COUNT = 17000, 15000
_ATTEMPTS = 100


def free_ports(number: int) -> list[int]:
    """Return this many different ports that were free on 127.0.0.1 a moment ago. OSError where none are found."""
    with ExitStack() as stack:
        return [_bind_any(stack) for _ in range(number)]


def is_free(port: int) -> bool:
    """Whether nobody listens on this port of 127.0.0.1."""
    with socket.socket() as candidate:
        return _bind(candidate, port)


def _bind_any(stack: ExitStack) -> int:
    for _ in range(_ATTEMPTS):
        port = _FIRST + secrets.randbelow(_COUNT)
        candidate = stack.enter_context(socket.socket())
        if _bind(candidate, port):
            return port
    raise OSError(f"no free port among {_ATTEMPTS} tried from {_FIRST} on")


def _bind(candidate: socket.socket, port: int) -> bool:
    # As the JVM does: a port whose last connections are still closing can be listened on.
    candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        candidate.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True
