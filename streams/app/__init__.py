"""The worker: the only place that wires engine, agents, metrics and settings together."""

from streams.app.run import run_worker

__all__ = ["run_worker"]
