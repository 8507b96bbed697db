"""Records in a partition that is not their store's go home, once; a record that says so itself is believed."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from chaos.rules.place import home
from streams.topology import ALERTS
from tests.kafka.checks import assert_exact, until_exact
from tests.kafka.conftest import Start
from tests.kafka.log import Log, Sent
from tests.kafka.traffic import answer, astray, keyed

pytestmark = pytest.mark.kafka


async def test_strays_go_home_with_their_arrival_and_a_second_time_wrong_is_a_dead_letter(
    log: Log, start: Start
) -> None:
    """Wrong keys and wrong partitions are counted at home; one that was sent on already is `wrong_partition`."""
    partitions = log.settings.partitions
    now = datetime.now(UTC)
    worker = await start().until_ready()
    sent_on = (("nps.arrival", b"%d" % (now.timestamp() * 1000)), ("nps.rehomed-from", b"elsewhere|0|7"))
    strays = [astray(answer(f"s-{number}", f"Store {number}", number, now), partitions) for number in range(11)]
    lost = [astray(answer(f"l-{number}", f"Store {number}", 0, now), partitions, *sent_on) for number in range(5)]
    badly_keyed = keyed(answer("k", "Store 1", 3, now))
    at_home = Sent(b"any key", badly_keyed.value, home("Aurelia|Store 1", partitions), (("trace", b"1"),))
    await log.send([*strays, *lost, at_home])
    expected = await until_exact(log, worker)
    assert ["wrong_partition"] * 5 == [*expected.dead.values()]
    assert 11 == len(expected.rehomed)
    assert {"raised": 7 + 1} == expected.kinds
    assert 0 == await worker.stop()
    await assert_exact(log)


async def test_what_arrived_long_ago_elsewhere_arrived_then(log: Log, start: Start) -> None:
    """The arrival in the headers decides about alerts, but only beside where the record came from, and never ahead."""
    worker = await start().until_ready()
    then = datetime.now(UTC) - timedelta(days=200)
    arrival = ("nps.arrival", b"%d" % (then.timestamp() * 1000))
    origin = ("nps.rehomed-from", b"elsewhere|0|7")
    for number, headers in enumerate(((arrival, origin), (arrival,), (origin,), (arrival, arrival, origin))):
        record = keyed(answer(f"old-{number}", "Store 1", 3, then - timedelta(hours=1)))
        await log.send([Sent(record.key, record.value, headers=headers)])
    ahead = (("nps.arrival", b"%d" % (then.timestamp() * 2000)), origin)
    record = keyed(answer("ahead", "Store 1", 3, datetime.now(UTC) + timedelta(hours=1)))
    await log.send([Sent(record.key, record.value, headers=ahead)])
    expected = await until_exact(log, worker)
    assert ["timestamp_in_future"] == [*expected.dead.values()]
    assert 3 == expected.muted
    assert {"raised": 1} == expected.kinds
    assert 1 == [json.loads(record.value)["kind"] for record in log.records(ALERTS)].count("raised")
    assert 0 == await worker.stop()
    await assert_exact(log)
