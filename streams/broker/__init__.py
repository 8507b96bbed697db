"""The embedded Apache Kafka. Stands alone: imports nothing else of `streams`."""
