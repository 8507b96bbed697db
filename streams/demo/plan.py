"""Who runs with which settings: everything of the run follows from the environment and a few options."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

from streams.broker.ports import free_ports, is_free
from streams.demo.part import Part
from streams.settings import BadSetting, Settings

WORKERS = 2
SESSION_TIMEOUT_S = 6.0
"""Kafka's least. A worker that was killed is back before, under its old name, and goes on with its shards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What can be asked for: `for_s` None runs until Ctrl-C, `rate` is in answers a second, `port` is the board's."""

    for_s: float | None = None
    rate: float = 20.0
    seed: int = 7
    port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The settings all share, and those of each process."""

    settings: Settings
    workers: tuple[Settings, ...]
    board: Settings

    def parts(self, home: Path) -> list[Part]:
        """The processes, not started yet: the workers, then the board. Their output goes to `home`."""
        workers = [
            _part(f"worker {number}", "worker", settings, home) for number, settings in enumerate(self.workers, 1)
        ]
        return [*workers, _part("board", "board", self.board, home)]

    @property
    def board_url(self) -> str:
        """Where the board is."""
        return f"http://{self.board.board_host}:{self.board.board_port}"


def make_plan(environ: Mapping[str, str], options: Options, bootstrap: str | None) -> Plan:
    """The plan for an environment: on the Kafka at `bootstrap`, or, where it is None, on that of NPS_BROKERS.

    On a Kafka that others use, topics and group have names that nobody else has. Raises BadSetting, and OSError where
    there is no free port.
    """
    shared = Settings.from_env(environ)
    if "NPS_SESSION_TIMEOUT" not in environ:
        shared = replace(shared, session_timeout=SESSION_TIMEOUT_S)
    if bootstrap is None:
        name = f"demo-{uuid4().hex[:8]}"
        shared = replace(shared, topic_prefix=f"{shared.topic_prefix}{name}-", app_id=f"{shared.app_id}-{name}")
    else:
        shared = replace(shared, brokers=bootstrap)
    if options.port and not is_free(options.port):
        raise BadSetting(f"port {options.port} is taken; name another one, or none for a free one")
    ports = free_ports(WORKERS)
    workers = [
        replace(shared, metrics_port=port, instance_id=f"worker-{number}") for number, port in enumerate(ports, 1)
    ]
    board = replace(shared, board_port=options.port or _board_port(shared.board_port))
    return Plan(settings=shared, workers=tuple(workers), board=board)


def _board_port(wanted: int) -> int:
    """The usual port where it is free, else any."""
    return wanted if wanted and is_free(wanted) else free_ports(1)[0]


def _part(name: str, command: str, settings: Settings, home: Path) -> Part:
    log = home / f"{name.replace(' ', '-')}.log"
    return Part(name, [sys.executable, "-m", "streams", command], settings.as_env(), log)
