"""The final sums: what was sent, what is in the topics and what the shards say they did must add up."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from streams.demo.ledger import Ledger
from streams.demo.observed import Observed

WORDS = {
    "counted": "counted",
    "duplicate": "duplicates",
    "correction": "corrections",
    "dead_letter": "dead letters",
    "rehomed": "re-homed",
}


@dataclass(frozen=True, slots=True)
class Sum:
    """Two numbers that must be equal, and what they are."""

    claim: str
    expected: int
    actual: int

    @property
    def good(self) -> bool:
        """Whether they are."""
        return self.expected == self.actual


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
        Sum("no alert id was seen twice", len(observed.alert_ids), observed.alert_ids.total()),
        Sum("no response raised two alerts", len(observed.raised), observed.raised.total()),
    ]
    return sums if not ledger.sure else [*sums, *_as_sent(ledger, observed, in_topic)]


def worked_off(ledger: Ledger, observed: Observed) -> bool:
    """Whether everything sent has come out: nothing more is to be waited for."""
    return (
        observed.taken() >= ledger.acked.total()
        and observed.dead.total() >= ledger.reasons.total()
        and ledger.alerts.keys() <= observed.raised.keys()
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
    missing, extra = ledger.alerts.keys() - observed.raised.keys(), observed.raised.keys() - ledger.alerts.keys()
    yield Sum("alerts, against an independent recount", len(ledger.alerts), len(ledger.alerts) - len(missing))
    yield Sum("alerts nobody had reason to raise", 0, len(extra))
    yield Sum("answers behind the scores of all brands", ledger.present(), sum(observed.answers.values()))


def _unequal(wanted: Counter[str], found: Counter[str]) -> int:
    """In how many entries two counts differ."""
    return (wanted - found).total() + (found - wanted).total()
