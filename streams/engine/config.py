"""What the engine must be told: a value of its own, so that it need not know the settings of the application."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineConfig:
    """Names on the broker and limits in seconds. `sources` are the topics read, co-partitioned with `state`."""

    brokers: str
    app_id: str
    cluster_id: str
    partitions: int
    sources: tuple[str, ...]
    breaker_source: str
    state: str
    outputs: Mapping[str, int]
    """Every other topic that a shard writes to, and its number of partitions."""
    commit_interval_s: float
    commit_deadline_s: float
    transaction_timeout_s: float
    request_timeout_s: float
    drain_timeout_s: float
    clock_skew_max_s: float
    now: Callable[[], float]
    """The worker's clock: seconds since the epoch."""
    producer: Callable[..., AIOKafkaProducer] = AIOKafkaProducer
    consumer: Callable[..., AIOKafkaConsumer] = AIOKafkaConsumer
    """What makes the Kafka clients: a simulation brings its own, with the same methods."""

    def client(self) -> Mapping[str, object]:
        """Options of every Kafka client of a worker."""
        return {"bootstrap_servers": self.brokers, "request_timeout_ms": int(self.request_timeout_s * 1000)}
