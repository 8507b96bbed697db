"""`python -m tests`: what runs every test runs them as two runs of pytest."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.__main__ import environment, together

ROOT = Path(__file__).parent.parent


_TESTS = """
import pytest

def test_right() -> None:
    pass

def test_wrong() -> None:
    pytest.fail("no")

@pytest.mark.kafka
def test_on_kafka() -> None:
    pass
"""


def test_each_test_is_run_in_one_half_and_a_failure_of_one_is_one_of_all(tmp_path: Path) -> None:
    """Whose line it is stands before each line, and the last lines say what failed, for whoever sees only them."""
    file = tmp_path / "test_these.py"
    file.write_text(_TESTS)
    command = [sys.executable, "-m", "tests", "-c", str(ROOT / "pyproject.toml"), "-p", "no:cacheprovider", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    *lines, kafka, kafka_status, failed, other, other_status = done.stdout.splitlines()

    assert 1 == done.returncode
    assert re.match(r"kafka \| =+ 1 passed, \d deselected in ", kafka)
    assert re.match(r"other \| FAILED .*test_wrong - Failed: no", failed)
    assert re.match(r"other \| =+ 1 failed, 1 passed, \d deselected in ", other)
    assert ["kafka: exit status 0", "other: exit status 1"] == [kafka_status, other_status]
    assert {kafka, failed, other} <= set(lines)


@pytest.mark.parametrize(
    ("kafka", "other", "both"), [(0, 0, 0), (0, 1, 1), (2, 0, 2), (0, 5, 0), (5, 1, 1), (5, 5, 5), (-9, 0, 9)]
)
def test_the_worst_of_two_counts_and_a_half_without_tests_is_no_failure(kafka: int, other: int, both: int) -> None:
    """Whoever asks for a file need not know the half it is in; a misspelt name must not look like success."""
    assert both == together([kafka, other])


def test_the_simulation_leaves_room_for_the_other_half_unless_told_otherwise() -> None:
    """Kafka's deadlines are in real time."""
    others = max(1, (os.cpu_count() or 1) - 1)
    told = environment("other", {"SIMULATION_PROCESSES": "7"})
    assert (str(others), "7") == (environment("other", {})["SIMULATION_PROCESSES"], told["SIMULATION_PROCESSES"])
