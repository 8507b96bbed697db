"""Batches, shards and transactions on Kafka. Knows nothing of NPS: rows and records are bytes.

A *shard* is one partition number of every co-partitioned topic: its input, its state and its outputs. What a shard did
since its last commit goes out as one transaction of a fenced producer, together with the marker that says how far it
got. `takeover` opens a shard, `batches` feeds it, `commit` writes it, `settling` looks after what was written, `shards`
owns all shards of a worker.
"""
