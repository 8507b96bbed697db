"""What a deployment has written, held against the recount of its input: every difference is a line of text."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema_rs

from chaos.rules.desk import Desk
from chaos.rules.letter import ERRORS
from chaos.rules.near import in_ms, unequal
from chaos.rules.recount import Recount, recount
from streams.topology import ALARMS, ALERTS, AUDIT, BRAND_TALLIES, DEAD_LETTERS, RESPONSES, SCORES, TRENDS
from tests.kafka.check_alerts import overdue, wrong_alerts, wrong_audits
from tests.kafka.check_letters import wrong_dead_letters, wrong_rehomed
from tests.kafka.log import Log
from tests.kafka.waiting import until, until_none
from tests.kafka.worker import Worker

SCHEMAS = Path(__file__).parents[2] / "schemas"
_DOCUMENTS = (
    (ALERTS, "followup.alert"),
    (SCORES, "nps.score"),
    (TRENDS, "nps.trend"),
    (ALARMS, "nps.alarm"),
    (AUDIT, "nps.audit"),
    (BRAND_TALLIES, "nps.brand-tally"),
)


async def until_exact(log: Log, *workers: Worker, desk_of: Callable[[str, str], Desk] = Desk) -> Recount:
    """Wait until everything that was sent is handled and every figure is right, and return the recount.

    `workers` are those that may not end meanwhile; `desk_of` is for stores that other rules than the built-in ones hold
    for, and of which facts are known.
    """

    async def is_handled() -> bool:
        for worker in workers:
            worker.assert_running()
        return await log.handled()

    await until("everything is handled", is_handled)
    expected = recount_of(log, desk_of)

    async def look() -> list[str]:
        await log.refresh()
        return [*wrong_scores(log, expected), *overdue(log)]

    _assert_none(differences(log, expected))
    await until_none("the scores are right and no clock is overdue", look)
    _assert_none(differences(log, expected))
    return expected


async def assert_exact(log: Log) -> Recount:
    """Hold everything against the recount, once and for all: nobody works on it any more."""
    assert await log.handled()
    expected = recount_of(log)
    _assert_none([*differences(log, expected), *wrong_scores(log, expected)])
    return expected


def _assert_none(complaints: list[str]) -> None:
    # The first one in the first line, which is all that a summary shows.
    assert not complaints, f"{len(complaints)} differences: " + "\n".join(complaints[:20])


def recount_of(log: Log, desk_of: Callable[[str, str], Desk] = Desk) -> Recount:
    """The recount of all that the log has read."""
    return recount(log.records(RESPONSES), log.settings.partitions, log.settings.topic(RESPONSES.name), desk_of)


def differences(log: Log, expected: Recount) -> list[str]:
    """What is wrong with the totals, the alerts, the audit, the dead letters and the re-homed records."""
    return [
        *wrong_totals(log, expected),
        *wrong_alerts(log, expected),
        *wrong_audits(log, expected),
        *wrong_dead_letters(log, expected),
        *wrong_rehomed(log, expected),
        *off_schema(log),
    ]


def wrong_totals(log: Log, expected: Recount) -> Iterator[str]:
    """Totals per partition that are not those of the recount; they add up to the records of the partition."""
    name = log.settings.topic(RESPONSES.name)
    records = Counter(record.partition for record in log.records(RESPONSES))
    for shard, marker in log.markers().items():
        totals = {disposition: n for disposition, n in marker.sources[name].totals.items() if n}
        if totals != expected.dispositions[shard]:
            yield f"shard {shard}: totals {totals}, not {dict(expected.dispositions[shard])}"
        if sum(totals.values()) != records[shard]:
            yield f"shard {shard}: {sum(totals.values())} dispositions for {records[shard]} records"


def wrong_scores(log: Log, expected: Recount) -> Iterator[str]:
    """Last scores that differ from the recount as of their own instant, miss, or are nobody's."""
    scores = {key: json.loads(record.value) for key, record in log.latest(SCORES).items()}
    for brand, store in sorted(expected.subjects(), key=str):
        key = (brand if store is None else f"{brand}|{store}").encode()
        score = scores.pop(key, None)
        if score is None:
            yield f"{key!r} has no score"
            continue
        if (score["brand"], score["store"]) != (brand, store):
            yield f"{key!r} is a score of {score['brand']!r}, {score['store']!r}"
        wanted = expected.windows(brand, store, in_ms(score["as_of"]))
        if list(score["windows"]) != list(wanted):
            yield f"{key!r} has windows {list(score['windows'])}"
        for window, figures in wanted.items():
            for name in unequal(score["windows"][window], figures):
                found = score["windows"][window].get(name)
                yield f"{key!r} {window} as of {score['as_of']}: {name} is {found}, not {figures.get(name)}"
    yield from (f"{key!r} has a score and no answers" for key in scores)


def off_schema(log: Log) -> Iterator[str]:
    """Published documents that their schemas do not admit."""
    for topic, schema in _DOCUMENTS:
        validator = _validator(schema)
        documents = [json.loads(record.value) for record in log.records(topic)]
        yield from (f"{topic.name}: {document}" for document in documents if not validator.is_valid(document))
    validator = _validator("dead-letter-headers")
    for record in log.records(DEAD_LETTERS):
        headers = {name: value.decode() for name, value in record.headers if name.startswith((ERRORS, "nps.dlq."))}
        if not validator.is_valid(headers):
            yield f"{DEAD_LETTERS.name}: {headers}"


def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    text = (SCHEMAS / f"{schema}.v1.schema.json").read_text()
    return jsonschema_rs.Draft202012Validator(json.loads(text), validate_formats=True)
