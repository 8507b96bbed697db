"""Every record of `survey.responses` ends as exactly one thing, and what follows from it is committed with it."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from streams.domain.arrival import AGE_MS_MAX, FUTURE_MS_MAX
from streams.engine.state import Output
from tests.agents.desk import DEAD_LETTERS, NOW_MS, Desk, a_policy, answers, home_of
from tests.builders import FakeRecord, ms, response

DAY_MS = 86_400_000


def _n(desk: Desk, key: str, window: str = "all") -> tuple[int, int, int]:
    """Promoters, passives and detractors of a key as last published."""
    figures = desk.scores()[key]["windows"][window]
    assert figures["n"] == figures["promoters"] + figures["passives"] + figures["detractors"]
    return figures["promoters"], figures["passives"], figures["detractors"]


def _headers(output: Output) -> dict[str, bytes | None]:
    assert len(output.headers) == len(dict(output.headers))
    return dict(output.headers)


@pytest.mark.parametrize(
    ("events", "dispositions"),
    [
        ([{}], ["counted"]),
        ([{}, {}], ["counted", "duplicate"]),
        ([{}, {"score": 3}], ["counted", "duplicate"]),
        ([{"version": 1}, {"version": 1}, {"version": 0}], ["counted", "duplicate", "correction"]),
        ([{"event": "updated"}], ["counted"]),
        ([{"event": "finished"}, {"event": "created"}], ["counted", "duplicate"]),
        ([{}, {"event": "updated", "score": 3}], ["counted", "correction"]),
        ([{}, {"event": "deleted"}, {"event": "deleted"}], ["counted", "correction", "correction"]),
        ([{"event": "excluded"}, {}, {"event": "restored"}], ["correction"] * 3),
        ([{}, {"event": "forget_identity"}, {"event": "forget_identity"}], ["counted", "correction", "correction"]),
        ([{"event": "forget_all", "score": None}, {}, {}], ["correction", "correction", "duplicate"]),
        ([{}, {"source": "web"}, {"store": "Lille"}, {"brand": "Sud"}], ["counted"] * 4),
        ([{}, {"submitted_at": "2026-02-28T23:59:59Z"}], ["counted", "counted"]),
        ([{"source": "web"}, {"source": "web"}], ["counted", "duplicate"]),
        ([{}, {"score": 11}, {"brand": ""}], ["counted", "dead_letter", "dead_letter"]),
    ],
)
def test_a_record_ends_as_one_thing(events: list[dict[str, Any]], dispositions: list[str]) -> None:
    """Identity is brand, store, UTC date, source and response id; the rest is the rule of the facts."""
    desk = Desk()
    found = [desk.take(response(NOW_MS, **fields)).totals for fields in events]
    assert [{name: int(name == each) for name in totals} for totals, each in zip(found, dispositions, strict=True)] == (
        found
    )


def test_an_empty_batch_is_no_work() -> None:
    """All its records were handled before."""
    desk = Desk()
    handled = desk.take()
    assert (0, 0) == (handled.done, sum(handled.totals.values()))
    assert {} == desk.commit().outputs


def test_nothing_is_written_where_nothing_is_said() -> None:
    """A batch of promoters takes no partition of the alerts into its transaction."""
    desk = Desk()
    desk.take(*answers(3))
    assert all(desk.commit().outputs.values())


def test_a_duplicate_changes_nothing_but_the_totals() -> None:
    """No row, no score, no alert."""
    desk = Desk()
    desk.take(response(NOW_MS, score=2))
    desk.settle()
    before = desk.pages()
    desk.take(response(NOW_MS, score=2), response(NOW_MS, score=9))
    changes = desk.commit()
    assert ([], {}) == (changes.rows, changes.outputs)
    assert before == desk.pages()
    assert {"counted": 1, "duplicate": 2} == {name: n for name, n in desk.totals.items() if n}


def test_the_names_that_the_reader_normalised_are_one_store() -> None:
    """NFC: an e with its accent beside it is the same shop."""
    desk = Desk()
    desk.take(response(NOW_MS, store="Évry", response_id="a"), response(NOW_MS, store="E\u0301vry", response_id="b"))
    desk.settle()
    assert (2, 0, 0) == _n(desk, "Nord|Évry")


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({"event": "updated", "score": 2}, (0, 0, 1)),
        ({"event": "deleted", "score": None}, (0, 0, 0)),
        ({"event": "excluded", "score": None}, (0, 0, 0)),
        ({"event": "forget_identity", "score": None}, (1, 0, 0)),
        ({"event": "forget_all", "score": None}, (0, 0, 0)),
    ],
    ids=["updated", "deleted", "excluded", "identity", "all"],
)
def test_a_correction_takes_the_old_answer_out_and_puts_the_new_one_in(
    change: dict[str, Any], counts: tuple[int, int, int]
) -> None:
    """In every window, of the store and of its brand."""
    desk = Desk()
    desk.take(response(NOW_MS))
    desk.take(response(NOW_MS, **change), at_ms=NOW_MS + 5_000)
    desk.settle(NOW_MS / 1000 + 5)
    assert [counts] * 2 == [_n(desk, "Nord|Lyon", window) for window in ("24h", "all")]
    empty = counts == (0, 0, 0)
    assert empty == (desk.scores()["Nord|Lyon"]["windows"]["30d"]["nps"] is None)


def test_an_answer_counts_in_the_hour_of_its_first_event() -> None:
    """A provider that writes another time into an update does not tear the vote apart."""
    morning = ms("2026-03-01T00:30:00Z")
    desk = Desk()
    desk.take(response(morning, score=9), at_ms=morning)
    desk.take(response(morning + 10 * 3_600_000, score=3, event="updated"), at_ms=morning + 11 * 3_600_000)
    now_s = (morning + 24 * 3_600_000) / 1000
    desk.settle(now_s)
    assert (0, 0, 0) == _n(desk, "Nord|Lyon", "24h")
    assert (0, 0, 1) == _n(desk, "Nord|Lyon", "7d")
    again = desk.crashed(now_s)
    assert desk.ledger.brands["Nord"].day(20_513) == again.ledger.brands["Nord"].day(20_513)


def test_a_mark_and_its_answer_share_the_hour_of_the_mark() -> None:
    """Whichever comes first says when."""
    morning = ms("2026-03-01T01:00:00Z")
    desk = Desk()
    desk.take(response(morning, event="restored", score=None), response(morning + 9 * 3_600_000), at_ms=NOW_MS)
    desk.settle()
    hours = desk.ledger.brands["Nord"].day(20_513)
    assert [1] == list(hours)


@pytest.mark.parametrize(
    ("submitted_ms", "reason"),
    [
        (NOW_MS + FUTURE_MS_MAX, None),
        (NOW_MS + FUTURE_MS_MAX + 1, "timestamp_in_future"),
        (NOW_MS - AGE_MS_MAX, None),
        (NOW_MS - AGE_MS_MAX - 1, "too_old"),
        (ms("0001-01-02T00:00:00+00:00"), "too_old"),
    ],
    ids=["5 min ahead", "more", "400 days behind", "more behind", "year 1"],
)
def test_a_response_is_dated_near_its_arrival(submitted_ms: int, reason: str | None) -> None:
    """From 400 days before to five minutes after, both included."""
    desk = Desk()
    desk.take(response(submitted_ms))
    desk.settle()
    assert [reason] * (reason is not None) == [
        (_headers(letter)["nps.dlq.reason"] or b"").decode() for letter in desk.sent(DEAD_LETTERS)
    ]
    assert desk.totals["counted"] == (reason is None)


@pytest.mark.parametrize("submitted_at", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_the_ends_of_the_calendar_are_dead_letters(submitted_at: str) -> None:
    """They leave the range of dates when they are converted; that is no reason to stop."""
    desk = Desk()
    assert {"dead_letter": 1} == {
        name: n for name, n in desk.take(response(NOW_MS, submitted_at=submitted_at)).totals.items() if n
    }


def test_a_dead_letter_is_the_record_as_it_came() -> None:
    """Key, value, timestamp and headers; where it stood and why it is there in headers."""
    desk = Desk(3, a_policy(partitions=8))
    record = FakeRecord(
        offset=42, timestamp=NOW_MS - 7, key=b"\xff", value=b'{"brand": 1}', headers=[("trace", b"t"), ("none", None)]
    )
    desk.take_records([record])
    desk.commit()
    (letter,) = desk.written[DEAD_LETTERS, 3]
    assert (record.key, record.value, record.timestamp) == letter[:3]
    assert {
        "trace": b"t",
        "none": None,
        "__streams.errors.topic": b"survey.responses",
        "__streams.errors.partition": b"3",
        "__streams.errors.offset": b"42",
        "__streams.errors.message": b"schema",
        "__streams.errors.stacktrace": b"",
        "nps.dlq.reason": b"schema",
    } == {name: value for name, value in _headers(letter).items() if not name.endswith("exception")}


@pytest.mark.parametrize("value", [None, b"", b"\xff", b"[]", b"{", b'{"score": 1', b"x" * 70_000])
def test_no_value_stops_a_shard(value: bytes | None) -> None:
    """Whatever it is, it is a dead letter and the next one counts."""
    desk = Desk()
    assert {"counted": 1, "dead_letter": 1} == {
        name: n for name, n in desk.take(value, response(NOW_MS)).totals.items() if n
    }


def test_the_breaker_stops_a_batch_at_the_record_that_trips_it() -> None:
    """What follows is not taken: it is read again once somebody says resume."""
    desk = Desk()
    handled = desk.take(*answers(10), *[b"bad"] * 700, *answers(5))
    assert (510, 10, 500) == (handled.done, handled.totals["counted"], handled.totals["dead_letter"])
    assert desk.shard.breaker.tripped
    desk.commit()
    assert 500 == len(desk.sent(DEAD_LETTERS))
    assert desk.crashed().shard.breaker.tripped


def test_the_breaker_counts_over_batches() -> None:
    """Where a batch ends plays no part."""
    desk = Desk()
    for _ in range(250):
        desk.take(b"bad")
    desk.commit()
    desk = desk.crashed()
    assert 250 == desk.take(*[b"bad"] * 300).done
    assert desk.shard.breaker.tripped


def test_an_order_to_resume_lifts_the_breaker() -> None:
    """And what is no order does nothing."""
    desk = Desk()
    desk.take(*[b"bad"] * 500)
    assert {"counted": 0, "dead_letter": 3} == desk.obey(None, b"{}", b'{"order": "stop"}').totals
    assert desk.shard.breaker.tripped
    assert {"counted": 1, "dead_letter": 0} == desk.obey(b'{"order": "resume"}').totals
    assert not desk.shard.breaker.tripped
    assert 500 == desk.take(*[b"bad"] * 600).done


def test_the_metrics_are_told_what_was_counted() -> None:
    """First answers by band, alerts by severity, reasons, and fields that nobody knows."""
    desk = Desk()
    desk.take(
        *(response(NOW_MS, response_id=f"r-{score}", score=score) for score in range(11)),
        response(NOW_MS, response_id="r-9", score=9),
        response(NOW_MS, response_id="r-9", score=0, event="updated"),
        response(NOW_MS - 8 * DAY_MS, response_id="old", score=0),
        b"{",
        response(NOW_MS, response_id="odd", score=10, favourite_colour="red", shoe_size=43),
    )
    assert {
        ("answers", "Nord", "detractor"): 8,
        ("answers", "Nord", "passive"): 2,
        ("answers", "Nord", "promoter"): 3,
        ("alerts", "Nord", "P1"): 4,
        ("alerts", "Nord", "P2"): 2,
        ("alerts", "Nord", "P3"): 2,
        ("muted", "Nord"): 1,
        ("dead_letters", "invalid_json"): 1,
        ("unknown_fields",): 2,
    } == dict(desk.told)


def test_the_totals_add_up() -> None:
    """Records in are the sum of the five dispositions."""
    desk = Desk(0, a_policy(partitions=2))
    stores = [f"Shop {n}" for n in range(20)]
    batch = [response(NOW_MS, store=store, response_id=f"r-{n % 3}") for n, store in enumerate(stores * 3)]
    assert len(batch) + 2 == desk.take(*batch, b"bad", None).done
    assert len(batch) + 2 == sum(desk.totals.values())
    assert desk.totals["rehomed"] == sum(home_of("Nord", store, 2) == 1 for store in stores) * 3


def _twice(make: Callable[[], Desk]) -> list[tuple[Any, ...]]:
    return [(desk.written, desk.changelog, desk.totals) for desk in (make(), make())]


def test_the_same_log_gives_the_same_rows_and_outputs() -> None:
    """Byte by byte, however often it is read."""

    def read() -> Desk:
        desk = Desk()
        desk.take(*(response(NOW_MS, response_id=f"r-{n % 7}", score=n % 11, event="updated") for n in range(50)), b"x")
        desk.settle()
        return desk

    first, second = _twice(read)
    assert first == second
    assert orjson.loads(first[0]["followup.alerts", 0][0].value)["alert_id"]
