"""The worker: the only place that wires engine, agents, metrics and settings together."""

from streams.app.digest import brand_digests, whole_digest
from streams.app.run import run_worker

__all__ = ["brand_digests", "run_worker", "whole_digest"]
