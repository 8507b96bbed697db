"""`nps board` as people start it."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

PATIENCE_S = 30


@contextmanager
def _nps_board(**settings: str) -> Iterator[subprocess.Popen[str]]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("NPS_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "streams", "board"],
        env=environ | {"NPS_BROKERS": "127.0.0.1:1", "NPS_BOARD_PORT": "0"} | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_stops_when_asked(number: signal.Signals) -> None:
    """The first line is the address, which answers although Kafka does not; asked to stop it leaves with status 0."""
    with _nps_board() as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        with urllib.request.urlopen(line.removeprefix("The board is at "), timeout=PATIENCE_S) as response:
            page = response.read()
        process.send_signal(number)
        status = process.wait(PATIENCE_S)

    assert b"<title>NPS board</title>" in page
    assert 0 == status


def test_it_refuses_to_be_seen_from_elsewhere_without_a_token() -> None:
    """Beyond loopback without NPS_BOARD_TOKEN: one line that says what to do, and a status that is not 0."""
    with _nps_board(NPS_BOARD_HOST="0.0.0.0") as process:
        _, said = process.communicate(timeout=PATIENCE_S)

    assert 2 == process.returncode
    assert "NPS_BOARD_TOKEN" in said
    assert "Traceback" not in said


def test_it_says_that_its_port_is_taken() -> None:
    """A port that somebody has: one line, and status 1."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with _nps_board(NPS_BOARD_PORT=str(port)) as process:
            _, said = process.communicate(timeout=PATIENCE_S)

    assert 1 == process.returncode
    assert f"nps board: cannot listen at 127.0.0.1:{port}" in said
    assert "Traceback" not in said


def test_it_never_says_its_token() -> None:
    """The token is in the environment and nowhere else: not in the address that is printed."""
    with _nps_board(NPS_BOARD_TOKEN="a-secret") as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        rest, said = process.communicate(timeout=PATIENCE_S)

    assert "a-secret" not in line + rest + said
