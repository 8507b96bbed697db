"""The sums: equal when the system does what it must, and each one unequal when it does not."""

from collections import Counter
from collections.abc import Callable
from itertools import islice

import pytest

from streams.demo.ledger import DISPOSITIONS, Ledger
from streams.demo.observed import Observed, percentile
from streams.demo.records import ENDS_AS, Answer, Kind, Record
from streams.demo.shops import DAY_MS
from streams.demo.sums import add_up, worked_off
from streams.demo.world import World, history, live
from streams.engine.marker import KEY, Marker, Source
from tests.demo.records import FakeRecord, a_brand_score, an_alert

_START_MS = 1_790_000_000_000
_PARTITIONS = 4


def _a_ledger() -> Ledger:
    return Ledger(partitions=_PARTITIONS, alert_max_age_ms=7 * DAY_MS)


def _a_record(kind: Kind = Kind.ANSWER, *, score: int = 3, age_ms: int = 1_000, imported: bool = False) -> Record:
    answer = Answer(
        brand="B",
        store="S",
        source="till",
        response_id="r1",
        score=score,
        submitted_ms=_START_MS - age_ms,
        imported=imported,
    )
    return Record(at_ms=_START_MS, kind=kind, key=b"B|S", value=b"{}", answer=answer)


def _a_run() -> tuple[Ledger, Observed, int]:
    """A run in which the system does all as it must: the ledger, what was seen, and the records in the topic."""
    ledger, observed = _a_ledger(), Observed(source="survey.responses")
    world = World.make(seed=3, start_ms=_START_MS, partitions=_PARTITIONS)
    totals = dict.fromkeys(DISPOSITIONS, 0)
    in_topic = 0
    for record in [*history(world, records=300, days=3), *islice(live(world, rate=40), 3_000)]:
        ledger.note_sent(record)
        ledger.note_acked(record, record.at_ms + 2)
        in_topic += 1
        totals[ENDS_AS[record.kind]] += 1
        if record.kind is Kind.MISROUTED:
            totals["rehomed"] += 1
            in_topic += 1
        if record.reason:
            observed.see_dead_letter(FakeRecord(headers=(("nps.dlq.reason", record.reason.encode()),)))
    for name, appended_ms in ledger.alerts.items():
        observed.see_alert(an_alert(name), appended_ms + 40)
    observed.see_state(FakeRecord(key=KEY, value=_a_marker(totals), partition=0))
    observed.see_score(a_brand_score("B", ledger.present()))
    observed.settle_latencies(ledger.alerts)
    return ledger, observed, in_topic


def _a_marker(totals: dict[str, int]) -> bytes:
    sources = {"survey.responses": Source(position=1, totals=totals)}
    return Marker(app_id="nps", cluster_id="c", partitions=_PARTITIONS, sources=sources).encode()


def _one_lost(observed: Observed) -> None:
    observed.totals[0]["counted"] -= 1


def _one_counted_twice(observed: Observed) -> None:
    observed.totals[0]["counted"] += 1
    observed.totals[0]["duplicate"] -= 1


def _one_dead_letter_missing(observed: Observed) -> None:
    observed.dead.subtract([next(iter(observed.dead))])


def _one_wrong_reason(observed: Observed) -> None:
    observed.dead["schema"] -= 1
    observed.dead["too_large"] += 1


def _one_alert_missing(observed: Observed) -> None:
    name = observed.raised.popitem()[0]
    observed.alert_ids.pop("/".join(name))


def _one_alert_twice(observed: Observed) -> None:
    observed.see_alert(an_alert(next(iter(observed.raised))), 0)


def _one_alert_under_two_ids(observed: Observed) -> None:
    observed.see_alert(an_alert(next(iter(observed.raised)), alert_id="another"), 0)


def _one_alert_too_many(observed: Observed) -> None:
    observed.see_alert(an_alert(("B", "S", "till", "a promoter")), 0)


def _one_answer_missing_in_a_brand(observed: Observed) -> None:
    observed.answers["B"] -= 1


def test_a_faultless_run_adds_up() -> None:
    """Where every record ends as it must, every sum is equal, and nothing is left to wait for."""
    ledger, observed, in_topic = _a_run()

    assert [] == [each for each in add_up(ledger, observed, in_topic) if not each.good]
    assert worked_off(ledger, observed)
    assert len(ledger.alerts) > 100
    assert 40 == percentile(list(observed.latencies_ms), 0.99)


@pytest.mark.parametrize(
    ("fault", "claim"),
    [
        (_one_lost, "ended as exactly one"),
        (_one_counted_twice, "counted, against"),
        (_one_dead_letter_missing, "dead letters in their topic"),
        (_one_wrong_reason, "give the reason"),
        (_one_alert_missing, "independent recount"),
        (_one_alert_twice, "no alert id was seen twice"),
        (_one_alert_under_two_ids, "raised two alerts"),
        (_one_alert_too_many, "nobody had reason"),
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
    assert len(add_up(ledger, observed, in_topic)) < 6


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

    assert (alerts, muted) == (len(ledger.alerts), len(ledger.muted))


@pytest.mark.parametrize(("first", "then", "alerts"), [(8, 4, 1), (4, 8, 1), (4, 2, 1), (8, 7, 0)])
def test_a_response_raises_one_alert_at_most(first: int, then: int, alerts: int) -> None:
    """An edit down to 0-6 raises the alert that the first answer did not; what was raised is not raised again."""
    ledger = _a_ledger()
    for kind, score in ((Kind.ANSWER, first), (Kind.EDIT, then)):
        record = _a_record(kind, score=score)
        ledger.note_sent(record)
        ledger.note_acked(record, _START_MS)

    assert alerts == len(ledger.alerts)


def test_with_one_partition_nothing_is_rehomed() -> None:
    """Where every key leads to the only partition, a wrong key is no reason to move a record."""
    ledger = Ledger(partitions=1, alert_max_age_ms=7 * DAY_MS)
    record = _a_record(Kind.MISROUTED)
    ledger.note_sent(record)
    ledger.note_acked(record, _START_MS)

    assert {"counted": 1, "duplicate": 0, "correction": 0, "dead_letter": 0, "rehomed": 0} == ledger.dispositions()


def test_markers_of_all_shards_are_added_and_the_last_one_of_each_holds() -> None:
    """A marker holds running totals: the newest of each partition counts, and the partitions add up."""
    observed = Observed(source="survey.responses")
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
