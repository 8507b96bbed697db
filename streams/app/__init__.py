"""The worker: the only place that wires engine, agents, metrics and settings together."""

from streams.app.digest import digest
from streams.app.run import run_worker

__all__ = ["digest", "run_worker"]
