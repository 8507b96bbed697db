class BrokerError(Exception):
    """The embedded Kafka cannot be had or cannot run; the text says why and what to do, in words for a person."""
