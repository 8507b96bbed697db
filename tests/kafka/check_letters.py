"""Dead letters and re-homed records, held against the recount: every difference is a line of text."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from chaos.rules.judge import judge
from chaos.rules.letter import ERRORS, changed
from chaos.rules.recount import Recount
from streams.topology import DEAD_LETTERS, RESPONSES
from tests.kafka.log import Log

_REHOMED = ("nps.arrival", "nps.rehomed-from")


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
        differences = changed(letters[0], sources[where], reason, log.settings.topic(RESPONSES.name))
        yield from (f"the dead letter of {where}: {difference}" for difference in differences)
    yield from (f"a dead letter of {where} is there for nothing" for where in found)


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
