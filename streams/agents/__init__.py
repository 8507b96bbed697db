"""One module per topic read: decode, decide, store, send. `ledger` is the state of a shard that they share."""
