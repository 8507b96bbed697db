"""The short set of faults on a real Kafka: every promise is kept, as far as anybody can see from outside."""

import logging
from pathlib import Path

import pytest

from chaos.cases import CASES, SHORT
from chaos.conductor import conduct, line

pytestmark = pytest.mark.kafka
SECONDS = 4.0
SEED = 1


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", SHORT)
async def test_no_fault_of_the_short_set_breaks_a_promise(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The fault happened, work was left when it struck, it went on, and the oracle found nothing."""
    caplog.set_level(logging.CRITICAL, "aiokafka")
    report = await conduct(CASES[name], CASES[name].plan(SEED, SECONDS), tmp_path / name)
    assert report["good"], line(report)
