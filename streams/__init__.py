"""Rolling NPS per brand and store, exact, and detractor alerts exactly once, from survey responses on Kafka.

The map of the package; each layer may import those below it and none above:

- `cli`: the `nps` commands; parses, calls, prints
- `demo`: simulated shops, and everything on one machine
- `app`: the worker, wired; the only place where clock, settings, Kafka and agents meet
- `board`: a read model of scores and alerts, its JSON API and its one page
- `broker`: the embedded Apache Kafka of the demo and the tests; imports nothing of this package
- `doctor`: examines a deployment from outside and says how to mend it
- `cluster`: Kafka as an operator sees it: topics made and compared, a topic read to its end
- `agents`: one per topic read: decode, decide, store, send
- `topology`: topics and agents as data
- `engine`: batches, shards, transactions, restore; rows are bytes, it knows nothing of NPS
- `metrics`: every metric, and nothing else
- `events`: the wire: bytes to typed events and back
- `settings`, `logs`: the `NPS_*` variables as one frozen object; how logs look
- `domain`: numbers and decisions; pure, time is an argument
"""
