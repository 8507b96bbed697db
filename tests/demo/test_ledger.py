"""The sums: equal when the system does what it must, and each one unequal when it does not."""

from collections import Counter
from collections.abc import Callable
from itertools import islice

import pytest

from streams.demo.ledger import DISPOSITIONS, Ledger
from streams.demo.lives import AlertEvent, Audit, Lives
from streams.demo.observed import Observed, percentile
from streams.demo.records import ENDS_AS, Document, Kind, Record, Said
from streams.demo.shops import DAY_MS
from streams.demo.sums import add_up, worked_off
from streams.demo.world import World, history, live
from streams.engine.marker import KEY, Marker, Source
from tests.demo.records import FakeRecord, a_brand_score, an_alarm, an_alert, an_audit, observing

_START_MS = 1_790_000_000_000
_PARTITIONS = 4


def _a_ledger(partitions: int = _PARTITIONS) -> Ledger:
    return Ledger(partitions=partitions, lives=Lives(alert_max_age_ms=7 * DAY_MS))


def _a_record(kind: Kind = Kind.ANSWER, *, age_ms: int = 1_000, **more: object) -> Record:
    document: Document = {"brand": "B", "store": "S", "source": "till", "response_id": "r1", **more}
    said = Said(submitted_ms=_START_MS - age_ms, document=document)
    return Record(at_ms=_START_MS, kind=kind, key=b"B|S", value=b"{}", said=said)


def _a_run() -> tuple[Ledger, Observed, int]:
    """A run in which the system does all as it must: the ledger, what was seen, and the records in the topic."""
    ledger, observed = _a_ledger(), observing()
    world = World.make(seed=3, start_ms=_START_MS, partitions=_PARTITIONS)
    totals = dict.fromkeys(DISPOSITIONS, 0)
    in_topic = 0
    for record in [*history(world, records=300, days=3, older=0), *islice(live(world, rate=40), 3_000)]:
        ledger.note_sent(record)
        ledger.note_acked(record, record.at_ms + 2)
        in_topic += 1
        totals[ENDS_AS[record.kind]] += 1
        if record.kind is Kind.MISROUTED:
            totals["rehomed"] += 1
            in_topic += 1
        if record.reason:
            observed.see_dead_letter(FakeRecord(headers=(("nps.dlq.reason", record.reason.encode()),)))
    for event, appended_ms in ledger.lives.alerts.items():
        observed.see_alert(an_alert(event), appended_ms + 40)
    for audit in ledger.lives.audits.elements():
        observed.see_audit(an_audit(audit))
    observed.see_alarm(an_alarm(1))
    observed.see_alarm(an_alarm(1, kind="released"))
    observed.see_state(FakeRecord(key=KEY, value=_a_marker(totals), partition=0))
    observed.see_score(a_brand_score("B", ledger.present()))
    observed.settle_latencies(ledger.lives.alerts)
    return ledger, observed, in_topic


def _a_marker(totals: dict[str, int]) -> bytes:
    sources = {"survey.responses": Source(position=1, totals=totals)}
    return Marker(app_id="nps", cluster_id="c", partitions=_PARTITIONS, sources=sources).encode()


def _one_lost(observed: Observed) -> None:
    _totals(observed)["counted"] -= 1


def _totals(observed: Observed) -> dict[str, int]:
    totals = observed.totals[0]["survey.responses"]
    assert isinstance(totals, dict)
    return totals


def _one_counted_twice(observed: Observed) -> None:
    _totals(observed)["counted"] += 1
    _totals(observed)["duplicate"] -= 1


def _one_dead_letter_missing(observed: Observed) -> None:
    observed.dead.subtract([next(iter(observed.dead))])


def _one_wrong_reason(observed: Observed) -> None:
    observed.dead["schema"] -= 1
    observed.dead["too_large"] += 1


def _one_event_missing(observed: Observed) -> None:
    observed.alerts.remove(_an_event(observed, "raised"))


def _one_enrichment_missing(observed: Observed) -> None:
    observed.alerts.remove(_an_event(observed, "enriched"))


def _one_retraction_with_another_reason(observed: Observed) -> None:
    event = _an_event(observed, "excluded")
    observed.alerts.remove(event)
    observed.alerts.add(event._replace(what="deleted"))


def _one_person_not_told_of(observed: Observed) -> None:
    observed.alerts.remove(_an_event(observed, "forgotten"))


def _one_event_twice(observed: Observed) -> None:
    observed.see_alert(an_alert(_an_event(observed, "raised")), 0)


def _one_event_before_another(observed: Observed) -> None:
    later = AlertEvent(("B", "S", "till", "r"), 0, 2, "enriched")
    for event in (later, later._replace(step=1, what="raised")):
        observed.see_alert(an_alert(event), 0)


def _one_alert_too_many(observed: Observed) -> None:
    observed.see_alert(an_alert(AlertEvent(("B", "S", "till", "a promoter"), 0, 1, "raised")), 0)


def _one_audit_missing(observed: Observed) -> None:
    observed.audits.subtract([next(iter(observed.audits))])


def _one_audit_wrong(observed: Observed) -> None:
    audit = next(audit for audit in observed.audits if audit.vote == "kept")
    observed.audits[audit] -= 1
    observed.audits[audit._replace(vote="removed")] += 1


def _one_alarm_twice(observed: Observed) -> None:
    observed.see_alarm(an_alarm(1))


def _one_answer_missing_in_a_brand(observed: Observed) -> None:
    observed.answers["B"] -= 1


def _an_event(observed: Observed, what: str) -> AlertEvent:
    return next(event for event in observed.alerts if event.what == what)


def test_a_faultless_run_adds_up() -> None:
    """Where every record ends as it must, every sum is equal, and nothing is left to wait for."""
    ledger, observed, in_topic = _a_run()

    assert [] == [each for each in add_up(ledger, observed, in_topic) if not each.good]
    assert worked_off(ledger, observed)
    assert len(ledger.lives.alerts) > 100
    assert 40 == percentile(list(observed.latencies_ms), 0.99)


@pytest.mark.parametrize(
    ("fault", "claim"),
    [
        (_one_lost, "ended as exactly one"),
        (_one_counted_twice, "counted, against"),
        (_one_dead_letter_missing, "dead letters in their topic"),
        (_one_wrong_reason, "give the reason"),
        (_one_event_missing, "alerts raised, against an independent recount"),
        (_one_enrichment_missing, "alerts enriched, against"),
        (_one_retraction_with_another_reason, "alerts retracted, against"),
        (_one_person_not_told_of, "for a person forgotten, against"),
        (_one_event_twice, "no event of an alert was seen twice"),
        (_one_event_before_another, "came in order"),
        (_one_alert_too_many, "nobody had reason"),
        (_one_audit_missing, "persons forgotten"),
        (_one_audit_wrong, "what became of vote and alert"),
        (_one_alarm_twice, "no alarm was seen twice"),
        (_one_answer_missing_in_a_brand, "behind the scores"),
    ],
)
def test_a_fault_makes_its_sum_unequal(fault: Callable[[Observed], None], claim: str) -> None:
    """Whatever goes wrong, the sum that says so is unequal: one record is enough."""
    ledger, observed, in_topic = _a_run()
    fault(observed)

    assert any(claim in each.claim for each in add_up(ledger, observed, in_topic) if not each.good)


def test_a_record_missing_in_the_topic_is_noticed() -> None:
    """Records read back are compared with what was sent, too."""
    ledger, observed, in_topic = _a_run()

    assert any("what was sent" in each.claim for each in add_up(ledger, observed, in_topic - 1) if not each.good)


def test_without_an_answer_of_kafka_nothing_is_claimed_about_what_was_sent() -> None:
    """A record whose fate is unknown makes no sum unequal: only what is in the topics is compared."""
    ledger, observed, in_topic = _a_run()
    lost = _a_record()
    ledger.note_sent(lost)
    ledger.note_unknown(lost)

    assert not ledger.sure
    assert [] == [each for each in add_up(ledger, observed, in_topic) if not each.good]
    assert len(add_up(ledger, observed, in_topic)) < 7


@pytest.mark.parametrize(
    ("record", "alerts", "muted"),
    [
        (_a_record(score=0), 1, 0),
        (_a_record(score=6), 1, 0),
        (_a_record(score=7), 0, 0),
        (_a_record(score=6, imported=True), 0, 1),
        (_a_record(score=6, age_ms=7 * DAY_MS), 1, 0),
        (_a_record(score=6, age_ms=7 * DAY_MS + 1_000), 0, 1),
    ],
)
def test_detractors_raise_an_alert_unless_old_or_imported(record: Record, alerts: int, muted: int) -> None:
    """0-6 raises one; imported, or more than seven days old on arrival, it is muted; 7 and more is no detractor."""
    ledger = _a_ledger()
    ledger.note_sent(record)
    ledger.note_acked(record, _START_MS)

    assert (alerts, muted) == (len(ledger.lives.alerts), len(ledger.lives.muted))


_LIVES: dict[str, tuple[list[Document], list[str]]] = {
    "a comment later": ([{"score": 3}, {"score": 3, "comment": "cold"}], ["raised", "enriched"]),
    "the same comment again": ([{"score": 3, "comment": "cold"}] * 2, ["raised"]),
    "contact data later": ([{"score": 3}, {"score": 3, "customer_ref": "c-1"}], ["raised", "enriched"]),
    "consent withdrawn": (
        [{"score": 3, "consent": {"contact": True}}, {"score": 3, "consent": {"contact": False}}],
        ["raised", "enriched"],
    ),
    "worse": ([{"score": 3}, {"score": 2}], ["raised", "enriched"]),
    "better": ([{"score": 3}, {"score": 7}], ["raised", "not_detractor"]),
    "it falls later": ([{"score": 8}, {"score": 4}], ["raised"]),
    "it falls, rises and falls": ([{"score": 3}, {"score": 9}, {"score": 0}], ["raised", "not_detractor", "raised"]),
    "a passive promotes": ([{"score": 8}, {"score": 9}], []),
    "deleted": ([{"score": 3}, {"event": "deleted"}], ["raised", "deleted"]),
    "excluded and restored": (
        [{"score": 3}, {"event": "excluded"}, {"event": "restored"}],
        ["raised", "excluded", "raised"],
    ),
    "forgotten": ([{"score": 3}, {"event": "forget_identity"}, {"score": 2}], ["raised", "forgotten"]),
    "forgotten after it rose": (
        [{"score": 3}, {"score": 9}, {"event": "forget_all"}],
        ["raised", "not_detractor", "forgotten"],
    ),
    "a promoter forgotten": ([{"score": 9}, {"event": "forget_all"}], []),
    "muted, whatever comes": ([{"score": 9, "imported": True}, {"score": 3}, {"event": "forget_all"}], []),
}


@pytest.mark.parametrize("life", _LIVES)
def test_an_alert_follows_its_response(life: str) -> None:
    """Raised, enriched, retracted, raised under the next generation: numbered from 1 within each alert."""
    documents, expected = _LIVES[life]
    ledger = _a_ledger()
    for document in documents:
        ledger.note_acked(_a_record(**document), _START_MS)
    events = [*ledger.lives.alerts]
    numbers, generation, sequence = [], -1, 0
    for what in expected:
        generation, sequence = (generation + 1, 1) if what == "raised" else (generation, sequence + 1)
        numbers.append((generation, sequence))

    assert expected == [event.what for event in events]
    assert numbers == [(event.generation, event.step) for event in events]


@pytest.mark.parametrize(
    ("documents", "audit"),
    [
        ([{"score": 3}, {"event": "forget_identity"}], Audit("forget_identity", "kept", "retracted")),
        ([{"score": 3}, {"event": "forget_all"}], Audit("forget_all", "removed", "retracted")),
        ([{"score": 9}, {"event": "forget_all"}], Audit("forget_all", "removed", "none")),
    ],
)
def test_a_person_forgotten_leaves_a_record(documents: list[Document], audit: Audit) -> None:
    """The audit says what became of the vote, and whether somebody had been told of the person."""
    ledger = _a_ledger()
    for document in documents:
        ledger.note_acked(_a_record(**document), _START_MS)

    assert {audit: 1} == ledger.lives.audits


def test_with_one_partition_nothing_is_rehomed() -> None:
    """Where every key leads to the only partition, a wrong key is no reason to move a record."""
    ledger = _a_ledger(partitions=1)
    record = _a_record(Kind.MISROUTED)
    ledger.note_sent(record)
    ledger.note_acked(record, _START_MS)

    assert {"counted": 1, "duplicate": 0, "correction": 0, "dead_letter": 0, "rehomed": 0} == ledger.dispositions()


def test_markers_of_all_shards_are_added_and_the_last_one_of_each_holds() -> None:
    """A marker holds running totals: the newest of each partition counts, and the partitions add up."""
    observed = observing()
    for partition, counted in ((0, 5), (1, 7), (0, 6)):
        totals = dict.fromkeys(DISPOSITIONS, 0) | {"counted": counted}
        observed.see_state(FakeRecord(key=KEY, value=_a_marker(totals), partition=partition))
    observed.see_state(FakeRecord(key=b"a page", value=b"rows of votes", partition=0))

    assert 13 == observed.dispositions()["counted"] == observed.taken()


def test_percentiles_are_values_that_occurred() -> None:
    """The nearest-rank percentile: at least that share of the values do not exceed it."""
    values = [float(value) for value in range(1, 101)]

    assert (50, 99, 100) == tuple(percentile(values, share) for share in (0.5, 0.99, 1))
    assert 7 == percentile([7], 0.5)
    assert percentile([], 0.5) is None


def test_every_counter_of_the_run_is_there() -> None:
    """The world sends every kind often enough for the sums to mean something."""
    ledger, _, _ = _a_run()

    assert Counter(dict.fromkeys(Kind, 1)) - ledger.acked in ({}, {Kind.RESTORATION: 1})
