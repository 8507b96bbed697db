"""Everything that operators see: the catalogue, the instruments, the collector that asks at scrape time, the server.

Nothing is global: a `Metrics` owns its registry, and the worker hands it to whoever has something to say.
"""

from streams.metrics.instruments import Metrics
from streams.metrics.server import MetricsServer
from streams.metrics.snapshot import Figures, ShardState, ShardStatus, SourceStatus, WorstStore

__all__ = ["Figures", "Metrics", "MetricsServer", "ShardState", "ShardStatus", "SourceStatus", "WorstStore"]
