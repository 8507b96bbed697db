"""Numbers and decisions: pure, no input or output, no clock (time is an argument), no Kafka, no JSON."""
