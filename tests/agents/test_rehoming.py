"""A record in a wrong partition goes to the right one, once, as it was and as old as it was."""

from streams.engine.partition import partition_of
from streams.engine.state import Output
from tests.agents.desk import DEAD_LETTERS, NOW_MS, RESPONSES, Desk, a_policy, home_of
from tests.builders import FakeRecord, response

DAY_MS = 86_400_000


def _headers(output: Output) -> dict[str, bytes | None]:
    assert len(output.headers) == len(dict(output.headers))
    return dict(output.headers)


def _elsewhere(partitions: int, number: int) -> str:
    """A store of the brand Nord that does not belong to this shard."""
    return next(name for n in range(99) if home_of("Nord", name := f"Shop {n}", partitions) != number)


def test_what_does_not_belong_here_goes_home() -> None:
    """Right partition, right key, the arrival it had; value and other headers unchanged."""
    policy = a_policy(partitions=8)
    here = Desk(0, policy)
    store = _elsewhere(8, 0)
    value = response(NOW_MS - 1_000, store=store)
    record = FakeRecord(offset=7, timestamp=NOW_MS, key=b"wrong", value=value, headers=[("trace", b"t")])
    assert 1 == here.take_records([record]).totals["rehomed"]
    here.commit()
    ((place, (sent,)),) = here.written.items()
    key = f"Nord|{store}".encode()
    assert (RESPONSES, partition_of(key, 8)) == place
    assert (key, value) == (sent.key, sent.value)
    assert {
        "trace": b"t",
        "nps.arrival": str(NOW_MS).encode(),
        "nps.rehomed-from": b"survey.responses|0|7",
    } == _headers(sent)
    assert here.store_names() == set()


def test_a_record_is_as_old_as_when_it_first_arrived() -> None:
    """Re-homed a day later it is no later than it was; its own append time does not count."""
    policy = a_policy(partitions=8, alert_max_age_s=3_600.0)
    store = _elsewhere(8, 0)
    headers = [("nps.arrival", str(NOW_MS).encode()), ("nps.rehomed-from", b"survey.responses|0|7")]
    home = Desk(home_of("Nord", store, 8), policy)
    value = response(NOW_MS - 1_000, store=store, score=1)
    home.take(value, at_ms=NOW_MS + DAY_MS, headers=headers)
    home.commit()
    assert [False] == [alert["late"] for alert in home.alerts()]


def test_an_arrival_counts_only_beside_where_it_came_from() -> None:
    """A header that somebody else wrote says nothing."""
    desk = Desk()
    desk.take(response(NOW_MS - 3 * DAY_MS, score=1), headers=[("nps.arrival", str(NOW_MS - 3 * DAY_MS).encode())])
    desk.commit()
    assert [True] == [alert["late"] for alert in desk.alerts() if alert["kind"] == "raised"]


def test_what_was_sent_home_and_is_wrong_again_is_a_dead_letter() -> None:
    """No record goes round for ever."""
    desk = Desk(0, a_policy(partitions=8))
    headers = [("nps.arrival", str(NOW_MS).encode()), ("nps.rehomed-from", b"survey.responses|5|7")]
    desk.take(response(NOW_MS, store=_elsewhere(8, 0)), headers=headers)
    desk.commit()
    (letter,) = desk.sent(DEAD_LETTERS)
    assert b"wrong_partition" == _headers(letter)["nps.dlq.reason"]
    assert [] == desk.sent(RESPONSES)


def test_a_record_in_the_right_partition_needs_no_key() -> None:
    """What decides is the partition, not the key."""
    desk = Desk(home_of("Nord", "Lyon", 8), a_policy(partitions=8))
    assert 1 == desk.take(response(NOW_MS), key=None).totals["counted"]
    assert 1 == desk.take(response(NOW_MS, response_id="b"), key=b"Sud|Nice").totals["counted"]


def test_a_record_that_our_headers_would_make_too_large_is_a_dead_letter() -> None:
    """It would not fit into the topic that it came from, and stop the shard for ever."""
    desk = Desk(0, a_policy(partitions=8, input_bytes_max=1_000))
    store = _elsewhere(8, 0)
    desk.take(response(NOW_MS, store=store, comment="x" * 800), response(NOW_MS, store=store))
    desk.commit()
    (letter,) = desk.sent(DEAD_LETTERS)
    assert b"too_large" == _headers(letter)["nps.dlq.reason"]
    assert 1 == len(desk.sent(RESPONSES))
