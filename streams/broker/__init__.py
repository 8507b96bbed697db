"""The embedded Apache Kafka of the demo and the tests: no Docker, no Java, no Maven needed. Never for production.

Stands alone: imports nothing else of `streams`.
"""

from streams.broker.errors import BrokerError
from streams.broker.jars import jars
from streams.broker.java import java
from streams.broker.kafka import Broker, fetch, start_broker

__all__ = ["Broker", "BrokerError", "fetch", "jars", "java", "start_broker"]
