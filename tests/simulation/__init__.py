"""A deterministic simulation of the workers under faults: the real code, a toy broker, virtual time, one seed.

What is real: every decision (`streams.agents`), and the commits, takeovers, restores, seeks, markers and rebalances of
`streams.engine`, with aiokafka's parser of record batches and its book of positions. What is simulated: the broker, the
network, the group coordinator, Faust's order of calls, the processes and their clocks. Nothing waits in earnest, and
whatever happens comes from the story of a seed, so every failure can be told, made small and played again.

    python -m tests.simulation --seeds 10000     many seeds on two processes; the first failure is made small
    python -m tests.simulation --points          every point at which something can befall a worker of small stories
    python -m tests.simulation --seed 23 --steps one seed again, request by request
    python -m tests.simulation.mutants           the product with one thing wrong, and what notices it

- `story`, `mishaps`: what is sent, and what befalls whom; `points`: small fixed stories and every point of them
- `loop`: virtual time, and processes that can be stopped and killed between any two instructions that wait
- `partition_log`, `broker`, `group`: the toy broker; `test_broker_contract` holds it against the real one
  (`clusters`, `asking`: either of them, and how it is asked)
- `network`: latency and faults, request by request; `producer`, `consumer`: the clients, with aiokafka's habits
- `worker`, `standins`: the real engine as a simulated process; `outside`: everybody else; `world`: all of it, running
- `truth`, `expected`, `evidence`: what is in the broker, and what must be by the independent recount
- `protocol`, `outputs`, `memory`, `invariants`: what must hold after every run; `witness`: what only an onlooker knows
- `campaign`, `shrink`: many stories, and a failing one made small; `mutations`, `mutants`: what must not pass
- `spoiling`: a state that is not what was written any more

Not simulated: more than one broker and what happens between them, unsynced pages, a connection that delivers a request
after it was given up (Kafka's protocol version 0 cannot tell it from a new one), consumers that are Faust's own, and
clocks that jump.
"""
