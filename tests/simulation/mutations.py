"""What may be wrong with the product, one thing at a time, and which invariants must notice."""

from typing import NamedTuple


class Mutant(NamedTuple):
    """One thing wrong: in a file, `old` becomes `new`. `caught_by` are the invariants that may notice first."""

    name: str
    file: str
    old: str
    new: str
    caught_by: tuple[str, ...]


MUTANTS = (
    Mutant(
        "restore before fencing",
        "streams/engine/takeover.py",
        """            async with deadline(config.commit_deadline_s, "InitProducerId"):
                await producer.start()
            self._still_current()
            async with deadline(config.commit_deadline_s, "settling what the former owner left open"):
                await self._settle(producer, shard)
            async with deadline(config.commit_deadline_s, "reading committed offsets"):
                told = await self._told(shard)
            async with deadline(config.commit_deadline_s, "reading the ends of the logs"):
                starts, ends = await self._bounds(shard)
            _check_uncut(config.state, shard, starts[config.state])
            last, rows = await self._restore(shard, state, starts[config.state], ends[config.state])
""",
        """            async with deadline(config.commit_deadline_s, "reading committed offsets"):
                told = await self._told(shard)
            async with deadline(config.commit_deadline_s, "reading the ends of the logs"):
                starts, ends = await self._bounds(shard)
            _check_uncut(config.state, shard, starts[config.state])
            last, rows = await self._restore(shard, state, starts[config.state], ends[config.state])
            async with deadline(config.commit_deadline_s, "InitProducerId"):
                await producer.start()
            self._still_current()
            async with deadline(config.commit_deadline_s, "settling what the former owner left open"):
                await self._settle(producer, shard)
""",
        ("restores", "markers", "orderly ends"),
    ),
    Mutant(
        "restore in read_uncommitted",
        "streams/engine/takeover.py",
        """            isolation_level="read_committed",
            enable_auto_commit""",
        """            isolation_level="read_uncommitted",
            enable_auto_commit""",
        ("restores", "orderly ends"),
    ),
    Mutant(
        "last stable offset taken as end",
        "streams/engine/lookup.py",
        'self._all = consumer("read_uncommitted")',
        'self._all = consumer("read_committed")',
        ("restores", "markers", "one transaction"),
    ),
    Mutant(
        "what Kafka left open is not settled",
        "streams/engine/takeover.py",
        "            await abort_again(producer, unmoved)\n",
        "",
        ("alerts", "dead letters", "re-homed", "orderly ends"),
    ),
    Mutant(
        "what Kafka left open is committed",
        "streams/engine/ending.py",
        "    await producer.abort_transaction()\n",
        "    await producer.commit_transaction()\n",
        ("alerts", "dead letters", "re-homed", "one transaction"),
    ),
    Mutant(
        "input in read_uncommitted",
        "streams/engine/batches.py",
        '            isolation_level="read_committed",\n',
        '            isolation_level="read_uncommitted",\n',
        ("markers", "alerts"),
    ),
    Mutant(
        "marker outside the transaction",
        "streams/engine/commit.py",
        "        results = await asyncio.gather(*await self._send_all(outputs, changelog, timestamp_ms))\n",
        """        await asyncio.gather(*await self._send_all(outputs, changelog[:-1] or changelog, timestamp_ms))
        await producer.commit_transaction()
        await producer.begin_transaction()
        results = await asyncio.gather(*await self._send_all({}, changelog[-1:], timestamp_ms))
""",
        ("one transaction",),
    ),
    Mutant(
        "marker one too low",
        "streams/engine/shard.py",
        "        source.position = position\n",
        "        source.position = position - 1\n",
        ("markers", "alerts"),
    ),
    Mutant(
        "marker one too high",
        "streams/engine/shard.py",
        "        source.position = position\n",
        "        source.position = position + 1\n",
        ("markers", "alerts", "orderly ends"),
    ),
    Mutant(
        "a failed send ignored",
        "streams/engine/commit.py",
        "        results = await asyncio.gather(*await self._send_all(outputs, changelog, timestamp_ms))\n",
        """        sends = await self._send_all(outputs, changelog, timestamp_ms)
        await asyncio.wait(sends)
        results = [*(sent.result() for sent in sends[:-1] if sent.exception() is None), sends[-1].result()]
""",
        ("alerts", "dead letters", "re-homed", "one transaction", "scores"),
    ),
    Mutant(
        "a stale shard kept",
        "streams/engine/shards.py",
        "            if shard.drained and number in ours and generation == shard.generation + 1:\n",
        "            if shard.drained and number in ours:\n",
        ("fenced owners",),
    ),
    Mutant(
        "records below the position taken again",
        "streams/engine/shard.py",
        "        return [record for record in records if record.offset >= source.position]\n",
        "        return list(records)\n",
        ("markers", "alerts", "actions"),
    ),
    Mutant(
        "a gap passed over",
        "streams/engine/shard.py",
        "        if batch.start > source.position:\n            return None\n",
        "",
        ("markers", "alerts"),
    ),
    Mutant(
        "shards torn apart",
        "streams/engine/assignor.py",
        """            name: ConsumerProtocolMemberAssignment(_VERSION, [(topic, shards) for topic in topics if shards], b"")
            for name, shards in share_out(self._partitions, claims).items()
""",  # noqa: E501 -- as it stands there
        """            name: ConsumerProtocolMemberAssignment(
                _VERSION,
                [
                    (topic, share_out(self._partitions, claims)[sorted(members)[(at + nth) % len(members)]])
                    for at, topic in enumerate(topics)
                ],
                b"",
            )
            for nth, name in enumerate(sorted(members))
""",
        ("fenced owners", "progress", "orderly ends"),
    ),
    Mutant(
        "an exception swallowed",
        "streams/engine/failure.py",
        "            fail(error)\n",
        "            pass\n",
        ("progress", "orderly ends", "refusals"),
    ),
    Mutant(
        "a random alert id",
        "streams/domain/identity.py",
        '    return uuid_of(f"{brand}|{store}|{iso_day(day)}|{source}|{generation}|{response_id}")\n',
        "    return str(uuid.uuid4())\n",
        ("alerts",),
    ),
    Mutant(
        "a clock in a decision",
        "streams/agents/responses.py",
        "        arrival_ms = appended_ms = record.timestamp\n",
        "        arrival_ms = appended_ms = int(__import__('time').monotonic() * 1000)\n",
        ("markers", "alerts", "dead letters"),
    ),
    Mutant(
        "begin at the committed offset",
        "streams/engine/takeover.py",
        "            position = marker.sources[topic].position\n",
        "            position = marker.sources[topic].position = told.get(topic, 0)\n",
        ("markers", "alerts"),
    ),
    Mutant(
        "a state rolled back taken up",
        "streams/engine/takeover.py",
        "            if told.get(topic, 0) > position:\n",
        "            if False:\n",
        ("refusals",),
    ),
    Mutant(
        "a lost state taken for a first start",
        "streams/engine/takeover.py",
        "            if told:\n",
        "            if False:\n",
        ("refusals",),
    ),
    Mutant(
        "a cut state taken up",
        "streams/engine/takeover.py",
        "    if start > 0:\n",
        "    if False:\n",
        ("refusals",),
    ),
    Mutant(
        "the group told before the commit",
        "streams/engine/shards.py",
        "        return {tp: at for shard in self.open.values() for tp, at in shard.settled_positions.items()}\n",
        "        return {tp: at for shard in self.open.values() for tp, at in shard.positions().items()}\n",
        ("orderly ends",),
    ),
    Mutant(
        "a clock not set again after a restore",
        "streams/agents/desk.py",
        """        self.clocks.add(first_due_ms(fresh.submitted_ms, fresh.severity), alert_id)
        count_fresh""",
        """        count_fresh""",
        ("clocks", "state"),
    ),
    Mutant(
        "a clock that is not known to have fired",
        "streams/domain/timers.py",
        "fired=case.fired | 1 << STAGES.index(stage))",
        "fired=case.fired)",
        ("alerts", "progress", "state"),
    ),
    Mutant(
        "an action taken as often as it comes",
        "streams/agents/acting.py",
        """    if taken in case.taken:
        return "duplicate"
""",
        "",
        ("actions",),
    ),
    Mutant(
        "numbers of clocks and people not counted",
        "streams/agents/alerting.py",
        "            state = state._replace(sequence=last)\n",
        "",
        ("alerts",),
    ),
)


def table() -> str:
    """All mutants with what may notice each of them, as it stands in docs/faults.md."""
    rows = [f"| {one.name} | `{one.file}` | {', '.join(one.caught_by)} |" for one in MUTANTS]
    return "\n".join(["| what is wrong | where | noticed by |", "|---|---|---|", *rows]) + "\n"
