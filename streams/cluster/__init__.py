"""Kafka as an operator sees it: its topics made and compared, a topic read to its end."""
