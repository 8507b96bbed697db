"""Invariants of how it came about: transactions, markers, owners, restores, and that it came to an end at all."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator

from aiokafka.errors import KafkaError

from streams import topology
from streams.engine.failure import Broken, Refusal
from tests.simulation.evidence import RESPONSES, Evidence

_NOT_OURS = (RESPONSES, topology.ACTIONS.name, topology.CONTROL.name)
_WRITTEN = tuple(topic.name for topic in topology.TOPICS if topic.name not in _NOT_OURS)


def progress(evidence: Evidence) -> Iterator[str]:
    """Whatever befell whom, in the end everything is handled and every score is out, unless a state was spoiled."""
    world = evidence.world
    if not world.finished and not world.witness.spoiled:
        yield f"not done {world.loop.now_s:.0f} s after the start: {world.progress()}"


def orderly_ends(evidence: Evidence) -> Iterator[str]:
    """A worker ends by what befell it or its broker: never by a bug or a refusal, and not where nothing befell it."""
    world = evidence.world
    for death in world.deaths:
        if world.witness.spoiled and isinstance(death.error, Refusal) and death.error.kind == "lost_state":
            continue
        if death.error is not None and not isinstance(death.error, KafkaError | Broken):
            yield f"{death.name} died of {death.error!r}"
        elif not world.story.faults and not world.story.events:
            yield f"{death.name} died of {death.why} though nothing had befallen it"
    yield from world.loop.strange


def one_transaction(evidence: Evidence) -> Iterator[str]:
    """All that a worker writes is in a transaction of its shard, which ends with the one marker in it."""
    yield from _outside_commits(evidence)
    for shard, commits in evidence.truth.commits.items():
        for commit in commits:
            where = f"the commit at {commit.offset} of shard {shard}"
            outcome = evidence.world.broker.outcomes.get(commit.transaction)
            if outcome is None or outcome.transactional_id != f"{evidence.world.settings.app_id}-{shard}":
                yield f"{where} is {'no transaction' if outcome is None else f'of {outcome.transactional_id}'}"
            if commit.markers > 1 or not commit.is_last:
                yield f"{where} does not end with its one marker"


def _outside_commits(evidence: Evidence) -> Iterator[str]:
    truth = evidence.truth
    commits = {commit.transaction for each in truth.commits.values() for commit in each}
    for topic in _WRITTEN:
        for partition, base, transaction in truth.transactions(topic):
            if transaction not in commits:
                yield f"{topic}[{partition}] at {base} is in no commit"
    for seen in truth.records(RESPONSES):
        if "nps.rehomed-from" in dict(seen.headers) and seen.transaction not in commits:
            yield f"{RESPONSES}[{seen.partition}] at {seen.offset} is in no commit"


def fenced_owners(evidence: Evidence) -> Iterator[str]:
    """Nothing of an owner becomes visible that was decided after another one took over, and no stale shard is kept."""
    broker = evidence.world.broker
    for outcome in broker.outcomes.values():
        if outcome.committed:
            for taken in broker.taken[outcome.transactional_id]:
                if taken.epoch > outcome.epoch and taken.at < outcome.at:
                    yield f"{outcome.transactional_id} committed in epoch {outcome.epoch} after {taken.who} took it"
    yield from evidence.world.witness.kept_stale


def markers(evidence: Evidence) -> Iterator[str]:
    """Each marker counts exactly the records below its positions, as they must have ended; none goes back."""
    for shard, commits in evidence.truth.commits.items():
        positions: dict[str, int] = {}
        offsets = {
            agent.reads.name: [one.offset for one in evidence.truth.records(agent.reads.name) if one.partition == shard]
            for agent in topology.AGENTS
        }
        for commit in commits:
            for topic, source in commit.marker["sources"].items():
                position, totals = source["position"], {name: n for name, n in source["totals"].items() if n}
                where = f"the marker at {commit.offset} of shard {shard}, {topic}"
                if position < positions.get(topic, 0):
                    yield f"{where}: went back from {positions[topic]} to {position}"
                positions[topic] = position
                below = bisect_left(offsets[topic], position)
                if sum(totals.values()) != below:
                    yield f"{where}: {sum(totals.values())} dispositions of {below} records below {position}"
                elif topic == RESPONSES:
                    wanted = Counter(fate.disposition for fate in evidence.expected.below(shard, 0, position))
                    if totals != wanted:
                        yield f"{where}: {totals}, not {wanted}, below {position}"


def refusals(evidence: Evidence) -> Iterator[str]:
    """A state that is not what was written is refused by whoever would open it, and nothing is added to it."""
    world = evidence.world
    yield from (f"shard {shard} was opened on a spoiled state" for shard in world.witness.opened_spoiled())
    if world.witness.spoiled and not any(isinstance(death.error, Refusal) for death in world.deaths):
        yield f"nobody refused the spoiled state of {sorted(world.witness.spoiled)}"


def restores(evidence: Evidence) -> Iterator[str]:
    """A shard is opened with exactly the rows that are committed, all of them and nothing else, oldest first."""
    yield from evidence.world.witness.wrong_restores
