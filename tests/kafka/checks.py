"""What a deployment has written, held against the recount of its input: every difference is a line of text."""

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema_rs

from streams.topology import ALERTS, BRAND_TALLIES, DEAD_LETTERS, RESPONSES, SCORES
from tests.kafka.judge import judge
from tests.kafka.log import Log
from tests.kafka.recount import Bands, Recount, interval, recount
from tests.kafka.waiting import until, until_none
from tests.kafka.worker import Worker

_TOLERANCE = 1e-9
"""Doubles that were computed in another order."""
ERRORS = "__streams.errors."
_WHOLE_BYTES_MAX = 1_048_588 + 60_000
"""A dead letter is this large at most, with some room for headers; of a larger record it says size and hash."""
SCHEMAS = Path(__file__).parents[2] / "schemas"
_REHOMED = ("nps.arrival", "nps.rehomed-from")


async def until_exact(log: Log, *workers: Worker) -> Recount:
    """Wait until everything that was sent is handled and every figure is right, and return the recount.

    `workers` are those that may not end meanwhile.
    """

    async def is_handled() -> bool:
        for worker in workers:
            worker.assert_running()
        return await log.handled()

    await until("everything is handled", is_handled)
    expected = recount(log.records(RESPONSES), log.settings.partitions)

    async def look() -> list[str]:
        await log.refresh()
        return [*wrong_scores(log, expected)]

    _assert_none(differences(log, expected))
    await until_none("the scores are right", look)
    return expected


async def assert_exact(log: Log) -> Recount:
    """Hold everything against the recount, once and for all: nobody works on it any more."""
    assert await log.handled()
    expected = recount(log.records(RESPONSES), log.settings.partitions)
    _assert_none([*differences(log, expected), *wrong_scores(log, expected)])
    return expected


def _assert_none(complaints: list[str]) -> None:
    assert not complaints, f"{len(complaints)} differences\n" + "\n".join(complaints[:20])


def differences(log: Log, expected: Recount) -> list[str]:
    """What is wrong with the totals, the alerts, the dead letters and the re-homed records."""
    return [
        *wrong_totals(log, expected),
        *wrong_alerts(log, expected),
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
        wanted = expected.windows(brand, store, _ms(score["as_of"]))
        if list(score["windows"]) != list(wanted):
            yield f"{key!r} has windows {list(score['windows'])}"
        for window, counts in wanted.items():
            if not _says(score["windows"][window], counts):
                yield f"{key!r} {window} as of {score['as_of']}: {score['windows'][window]}, not {counts}"
    yield from (f"{key!r} has a score and no answers" for key in scores)


def wrong_alerts(log: Log, expected: Recount) -> Iterator[str]:
    """Alerts that miss, are there twice or more, say something else, or are nobody's."""
    found: dict[str, list[dict[str, Any]]] = {}
    for record in log.records(ALERTS):
        alert = json.loads(record.value)
        found.setdefault(alert["alert_id"], []).append(alert)
        if record.key != f"{alert['brand']}|{alert['store']}".encode():
            yield f"alert {alert['alert_id']} has key {record.key!r}"
    for alert_id, wanted in expected.alerts.items():
        alerts = found.pop(alert_id, [])
        if len(alerts) != 1:
            yield f"alert {alert_id} of {wanted['response_id']} is there {len(alerts)} times"
            continue
        alert = {**alerts[0], "submitted_ms": _ms(alerts[0]["submitted_at"]), "due_ms": _ms(alerts[0]["due_at"])}
        for name, value in wanted.items():
            if name != "store_nps" and alert[name] != value:
                yield f"alert {alert_id}: {name} is {alert[name]!r}, not {value!r}"
        nps = alert["store_nps"]
        if nps["window"] != "30d" or not _near(nps, wanted["store_nps"]):
            yield f"alert {alert_id}: store_nps is {nps}, not {wanted['store_nps']}"
    yield from (f"alert {alert_id} is there {len(alerts)} times for nothing" for alert_id, alerts in found.items())


def wrong_dead_letters(log: Log, expected: Recount) -> Iterator[str]:
    """Dead letters that miss, are there twice or more, were changed, or are nobody's."""
    sources = {(record.partition, record.offset): record for record in log.records(RESPONSES)}
    found: dict[tuple[int, int], list[Any]] = {}
    for record in log.records(DEAD_LETTERS):
        headers = dict(record.headers)
        where = int(headers[ERRORS + "partition"]), int(headers[ERRORS + "offset"])
        found.setdefault(where, []).append(record)
    for where, reason in expected.dead.items():
        letters = found.pop(where, [])
        if len(letters) != 1:
            yield f"the dead letter of {where}, {reason}, is there {len(letters)} times"
            continue
        yield from _wrong_dead_letter(letters[0], sources[where], reason, log.settings.topic(RESPONSES.name))
    yield from (f"a dead letter of {where} is there for nothing" for where in found)


def _wrong_dead_letter(letter: Any, source: Any, reason: str, topic: str) -> Iterator[str]:
    """A dead letter differs from its record: all of it as received, and what was added in headers."""
    added = {
        ERRORS + "topic": topic,
        ERRORS + "partition": str(source.partition),
        ERRORS + "offset": str(source.offset),
        ERRORS + "message": reason,
        ERRORS + "stacktrace": "",
        "nps.dlq.reason": reason,
    }
    ours = {name: value for name, value in letter.headers if name in added or name == ERRORS + "exception"}
    for name, wanted in added.items():
        if ours.get(name) != wanted.encode():
            yield f"the dead letter of {source.partition}-{source.offset} has {name} {ours.get(name)!r}, not {wanted!r}"
    received = [header for header in source.headers if header[0] not in added]
    kept = [header for header in letter.headers if header[0] not in ours]
    if letter.value is None and source.value is not None and len(source.value) > _WHOLE_BYTES_MAX:
        named = [("nps.dlq.size", b"%d" % len(source.value)), ("nps.dlq.sha256", _sha256(source.value))]
        kept = [header for header in kept if header not in named]
        source = replace(source, value=None)
    if not ours.get(ERRORS + "exception") or kept != received:
        yield f"the dead letter of {source.partition}-{source.offset} has headers {kept}, received were {received}"
    for what in ("partition", "key", "value", "timestamp"):
        if getattr(letter, what) != getattr(source, what):
            yield f"the dead letter of {source.partition}-{source.offset} has another {what}"


def wrong_rehomed(log: Log, expected: Recount) -> Iterator[str]:
    """Records in a wrong partition that do not stand once in the right one, with the right key and headers."""
    topic = log.settings.topic(RESPONSES.name)
    sources = {(record.partition, record.offset): record for record in log.records(RESPONSES)}
    copies = Counter(
        (record.partition, dict(record.headers)["nps.rehomed-from"].decode())
        for record in log.records(RESPONSES)
        if "nps.rehomed-from" in dict(record.headers)
    )
    for (partition, offset), right in expected.rehomed.items():
        if copies[right, f"{topic}|{partition}|{offset}"] != 1:
            yield f"{partition}-{offset} is {copies[right, f'{topic}|{partition}|{offset}']} times in partition {right}"
    for record in log.records(RESPONSES):
        origin = dict(record.headers).get("nps.rehomed-from", b"").decode().split("|")
        if origin[0] != topic:
            continue
        source = sources[int(origin[1]), int(origin[2])]
        kept = [header for header in source.headers if header[0] not in _REHOMED]
        wanted = [*kept, ("nps.arrival", b"%d" % source.timestamp), *record.headers[-1:]]
        document = judge(record.value)
        assert isinstance(document, dict)
        key = f"{document['brand']}|{document['store']}".encode()
        if (record.key, record.value, [*record.headers]) != (key, source.value, wanted):
            yield f"the copy of {origin[1]}-{origin[2]} was changed: {record.key!r} {record.headers}"


def off_schema(log: Log) -> Iterator[str]:
    """Published documents that their schemas do not admit."""
    for topic, schema in ((ALERTS, "followup.alert"), (SCORES, "nps.score"), (BRAND_TALLIES, "nps.brand-tally")):
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


def _sha256(value: bytes) -> bytes:
    return hashlib.sha256(value).hexdigest().encode()


def _says(figures: dict[str, Any], counts: Bands) -> bool:
    promoters, passives, detractors = counts
    whole = {"n": sum(counts), "promoters": promoters, "passives": passives, "detractors": detractors}
    return _near(figures, {**whole, **interval(counts)})


def _near(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether the integers are the same, nulls where they belong, and doubles but for their last digits."""
    for name, value in wanted.items():
        if type(value) is float:
            if type(found[name]) not in (float, int) or not math.isclose(found[name], value, abs_tol=_TOLERANCE):
                return False
        elif found[name] != value or type(found[name]) is not type(value):
            return False
    return True


def _ms(instant: str) -> int:
    return round(datetime.fromisoformat(instant).timestamp() * 1000)
