"""The final sums: what was sent, what is in the topics and what the shards say they did must add up."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from streams.demo.ledger import Ledger
from streams.demo.observed import Observed, kind_of
from streams.demo.sum import Sum

WORDS = {
    "counted": "counted",
    "duplicate": "duplicates",
    "correction": "corrections",
    "dead_letter": "dead letters",
    "rehomed": "re-homed",
}

ALERT_WORDS = {
    "raised": "alerts raised",
    "enriched": "alerts enriched",
    "retracted": "alerts retracted",
    "forgotten": "alerts retracted for a person forgotten",
}


def add_up(ledger: Ledger, observed: Observed, in_topic: int) -> list[Sum]:
    """All sums, `in_topic` being the records read back from `survey.responses`.

    Where Kafka never answered to some record, what was sent is not known: then only what is in the topics is compared.
    """
    dispositions = observed.dispositions()
    total = sum(dispositions.values())
    sums = [
        Sum("every record in survey.responses ended as exactly one of the five", in_topic, total),
        Sum(
            "dead letters in their topic are those the shards sent", dispositions["dead_letter"], observed.dead.total()
        ),
        Sum("no event of an alert was seen twice", 0, observed.repeated),
        Sum("the events of every alert came in order", 0, observed.out_of_order),
        Sum("no alarm was seen twice", len(observed.alarms), observed.alarms.total()),
    ]
    return sums if not ledger.sure else [*sums, *_as_sent(ledger, observed, in_topic)]


def worked_off(ledger: Ledger, observed: Observed) -> bool:
    """Whether everything sent has come out: nothing more is to be waited for."""
    return (
        observed.taken() >= ledger.acked.total()
        and observed.dead.total() >= ledger.reasons.total()
        and ledger.lives.alerts.keys() <= observed.alerts
        and not ledger.lives.audits - observed.audits
        and sum(observed.answers.values()) == ledger.present()
    )


def _as_sent(ledger: Ledger, observed: Observed, in_topic: int) -> Iterator[Sum]:
    ends, dispositions = ledger.dispositions(), observed.dispositions()
    sent = ledger.acked.total()
    yield Sum(
        "survey.responses holds what was sent and a copy of each re-homed record", sent + ends["rehomed"], in_topic
    )
    for each, word in WORDS.items():
        yield Sum(f"{word}, against what was sent", ends[each], dispositions[each])
    yield Sum("dead letters give the reason they must", 0, _unequal(ledger.reasons, observed.dead))
    wanted, found = ledger.lives.alerts, observed.alerts
    expected = Counter(map(kind_of, wanted))
    actual = Counter(map(kind_of, wanted.keys() & found))
    for kind, word in ALERT_WORDS.items():
        yield Sum(f"{word}, against an independent recount", expected[kind], actual[kind])
    yield Sum("events of alerts that nobody had reason for", 0, len(found - wanted.keys()))
    yield Sum("persons forgotten, in the audit", ledger.lives.audits.total(), observed.audits.total())
    yield Sum("the audit says what became of vote and alert", 0, _unequal(ledger.lives.audits, observed.audits))
    yield Sum("answers behind the scores of all brands", ledger.present(), sum(observed.answers.values()))


def _unequal(wanted: Counter[Any], found: Counter[Any]) -> int:
    """In how many entries two counts differ."""
    return (wanted - found).total() + (found - wanted).total()
