"""What came of what people did, held against a recount: every difference is a line of text."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from chaos.rules.acting import Actions
from chaos.rules.follow_up import follow_up, without_estimates
from chaos.rules.letter import ERRORS, changed
from chaos.rules.near import in_ms, unequal
from chaos.rules.recount import Recount
from streams.topology import ACTIONS, ACTIONS_DEAD, AGENTS, ALERTS, RULES, SCORES
from tests.kafka.check_alerts import read_event
from tests.kafka.log import Log


def acted_on(log: Log, expected: Recount) -> Actions:
    """The recount of what people did."""
    actions = Actions(log.settings.partitions, expected.desks)
    for record in sorted(log.records(ACTIONS), key=lambda each: (each.partition, each.offset)):
        actions.take(record)
    return actions


def desk_differences(log: Log, expected: Recount) -> list[str]:
    """What is wrong with the totals of all sources, the events of people, the dead letters and the re-homed records."""
    actions = acted_on(log, expected)
    return [
        *_wrong_sums(log),
        *_wrong_totals(log, actions),
        *_wrong_events(log, actions),
        *_wrong_letters(log, actions),
        *_wrong_rehomed(log, actions),
    ]


def wrong_figures(log: Log, expected: Recount) -> Iterator[str]:
    """Scores whose follow-up figures are not those of the recount as of their own instant."""
    acted = acted_on(log, expected).acted
    scores = {key: json.loads(record.value) for key, record in log.latest(SCORES).items()}
    for (brand, store), desk in expected.desks.items():
        cases = {f"{brand}|{store}": [*desk.cases.values()]}
        cases[brand] = [one for (of, _), each in expected.desks.items() if of == brand for one in each.cases.values()]
        for key, mine in cases.items():
            score = scores[key.encode()]
            wanted = follow_up(mine, acted, in_ms(score["as_of"]))
            found = without_estimates(score["follow_up"])
            for name in unequal(found, wanted):
                yield f"{key!r} as of {score['as_of']}: {name} is {found.get(name)}, not {wanted.get(name)}"


def wrong_copies(log: Log) -> Iterator[str]:
    """Rule sets that are not in every partition once, as they were written."""
    topic = log.settings.topic(RULES.name)
    records = log.records(RULES)
    written = [record for record in records if "nps.spread-from" not in dict(record.headers)]
    copies = Counter(
        (dict(record.headers)["nps.spread-from"].decode(), record.partition, record.key, record.value)
        for record in records
        if "nps.spread-from" in dict(record.headers)
    )
    wanted = Counter(
        (f"{topic}|{record.partition}|{record.offset}", partition, record.key, record.value)
        for record in written
        for partition in range(log.settings.partitions)
        if partition != record.partition
    )
    yield from (f"a copy is missing: {each[:3]}" for each in wanted - copies)
    yield from (f"a copy is there for nothing: {each[:3]}" for each in copies - wanted)


def _wrong_sums(log: Log) -> Iterator[str]:
    for topic in (agent.reads for agent in AGENTS):
        records = Counter(record.partition for record in log.records(topic))
        for shard, marker in log.markers().items():
            n = sum(marker.sources[log.settings.topic(topic.name)].totals.values())
            if n != records[shard]:
                yield f"{topic.name} {shard}: {n} dispositions for {records[shard]} records"


def _wrong_totals(log: Log, actions: Actions) -> Iterator[str]:
    for shard, marker in log.markers().items():
        totals = marker.sources[log.settings.topic(ACTIONS.name)].totals
        found = {disposition: n for disposition, n in totals.items() if n}
        if found != actions.dispositions[shard]:
            yield f"actions of shard {shard}: totals {found}, not {dict(actions.dispositions[shard])}"


def _wrong_events(log: Log, actions: Actions) -> Iterator[str]:
    """Each action that was taken is told once, in order within its case."""
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in log.records(ALERTS):
        event = read_event(record)
        if event["action"] is not None:
            found[event["alert_id"]].append(event)
    for case_id in found.keys() | actions.acted.keys():
        wanted = actions.acted[case_id].events
        told = [{name: event[name] for name in wanted[0]} for event in found[case_id]] if wanted else found[case_id]
        if told != wanted:
            yield f"what was done about {case_id}: {told}, not {wanted}"


def _wrong_letters(log: Log, actions: Actions) -> Iterator[str]:
    topic = log.settings.topic(ACTIONS.name)
    sources = {(record.partition, record.offset): record for record in log.records(ACTIONS)}
    letters: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for letter in log.records(ACTIONS_DEAD):
        headers = dict(letter.headers)
        letters[int(headers[ERRORS + "partition"]), int(headers[ERRORS + "offset"])].append(letter)
    for where in letters.keys() | actions.dead.keys():
        if where not in actions.dead or len(letters[where]) != 1:
            yield f"{len(letters[where])} dead letters of the action {where}: {actions.dead.get(where, 'good')}"
            continue
        for text in changed(letters[where][0], sources[where], actions.dead[where], topic):
            yield f"the dead letter of the action {where}: {text}"


def _wrong_rehomed(log: Log, actions: Actions) -> Iterator[str]:
    topic = log.settings.topic(ACTIONS.name)
    copies = Counter(
        (record.partition, dict(record.headers)["nps.rehomed-from"].decode())
        for record in log.records(ACTIONS)
        if "nps.rehomed-from" in dict(record.headers)
    )
    wanted = Counter((right, f"{topic}|{of[0]}|{of[1]}") for of, right in actions.rehomed.items())
    yield from (
        f"{each} is there {copies[each]} times, not {wanted[each]}"
        for each in copies | wanted
        if copies[each] != wanted[each]
    )
