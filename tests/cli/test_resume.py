"""`nps resume` against a real broker."""

import asyncio
from typing import Any

import pytest

from streams.cluster.reading import read_topic
from streams.events.control import Order, decode_order
from streams.settings import Settings
from streams.topology import CONTROL
from tests.cli.conftest import PARTITIONS, Nps

pytestmark = pytest.mark.kafka


def orders(settings: Settings) -> list[Any]:
    """All records of nps.control."""
    records: list[Any] = []
    asyncio.run(read_topic(settings, settings.topic(CONTROL.name), records.append))
    return sorted(records, key=lambda record: int(record.partition))


def test_the_order_stands_in_exactly_the_partition_of_the_shard(nps: Nps, deployment: Settings) -> None:
    """Wherever the partitioner would put its key."""
    for shard in range(PARTITIONS):
        done = nps(deployment, "resume", "--shard", str(shard))
        assert (0, b"") == (done.returncode, done.stderr)
        expected = f"Shard {shard} is told to go on: {deployment.topic(CONTROL.name)}[{shard}], offset 0."
        assert expected == done.stdout.decode().splitlines()[0]
    found = [(record.partition, record.key, decode_order(record.value)) for record in orders(deployment)]
    assert [(shard, str(shard).encode(), Order(order="resume")) for shard in range(PARTITIONS)] == found


@pytest.mark.parametrize("shard", [str(PARTITIONS), "-1", "x"])
def test_a_shard_that_does_not_exist_is_refused(nps: Nps, deployment: Settings, shard: str) -> None:
    """Exit status 2, and nothing is written."""
    done = nps(deployment, "resume", "--shard", shard)
    assert 2 == done.returncode
    assert b"'--shard'" in done.stderr
    assert [] == orders(deployment)
