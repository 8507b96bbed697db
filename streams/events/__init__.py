"""The wire: bytes to typed events and back. Field names live only here.

What cannot be used is a value, `Rejected`, never an exception. One module per event; no Kafka, no clock.
"""
