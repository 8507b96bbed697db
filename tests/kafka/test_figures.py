"""Figures, totals and alerts of mixed traffic, against the recount."""

from datetime import UTC, datetime

import pytest

from chaos.rules.recount import Recount
from tests.kafka.check_trends import wrong_trends
from tests.kafka.checks import assert_exact, until_exact
from tests.kafka.conftest import Start
from tests.kafka.log import Log
from tests.kafka.mixed import mixed
from tests.kafka.waiting import until_none

pytestmark = pytest.mark.kafka


async def test_figures_of_mixed_responses_equal_an_independent_recount(log: Log, start: Start) -> None:
    """Every store, brand, window and trend; every event of an alert, audit record and dead letter is there once.

    Dispositions add up per partition.
    """
    workers = [start(trend_interval=1.0), start(trend_interval=1.0)]
    await log.send(mixed(1, 6_000, log.settings.partitions, datetime.now(UTC)))
    expected = await until_exact(log, *workers)
    assert_not_vacuous(expected)

    async def look() -> list[str]:
        await log.refresh()
        return [*wrong_trends(log, expected)]

    await until_none("the trends are right", look)
    assert [0, 0] == [await worker.stop() for worker in workers]
    assert_not_vacuous(await assert_exact(log))


def assert_not_vacuous(recount: Recount) -> None:
    """Every disposition, alerts, corrections and stores in several shards occurred: something was compared."""
    totals = sum(recount.dispositions.values(), start=type(recount.dispositions[0])())
    assert {"counted", "duplicate", "correction", "dead_letter", "rehomed"} == set(totals)
    assert min(totals.values()) > 30
    assert {"raised", "enriched", "not_detractor", "deleted", "excluded", "forgotten"} == set(recount.kinds)
    assert min(recount.kinds.values()) > 20
    events = [event for events in recount.alerts.values() for event in events]
    assert {0, 1, 2} <= {event["generation"] for event in events}
    assert {"score", "comment", "contact"} == {change for event in events for change in event["changes"]}
    assert {"kept", "removed", "none"} == {audit["vote"] for audit in recount.audits.values()}
    assert {"retracted", "none"} == {audit["alert"] for audit in recount.audits.values()}
    assert recount.muted > 10
    assert len(recount.subjects()) == 2 * 12 + 2
