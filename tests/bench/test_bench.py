"""The benchmark runs and says what it promises to say; how quick anything is, no test asks."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from bench.figures import Figure
from bench.goals import GOALS
from bench.responses import responses, shops
from streams.events.response import Response, decode_response
from tests.conftest import Kafka

ROOT = Path(__file__).parents[2]


@pytest.mark.kafka
def test_a_quick_run_measures_every_part_and_writes_it_down(kafka: Kafka, tmp_path: Path) -> None:
    """One small run of everything ends well, and its JSON has a figure for each goal, the machine and the runs."""
    out = tmp_path / "results.json"
    words = ["-m", "bench", "--quick", "--pairs", "1", "--brokers", kafka.bootstrap, "--out", str(out)]
    ended = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "") == (ended.returncode, ended.stderr)
    results: dict[str, Any] = orjson.loads(out.read_bytes())
    assert [goal.name for goal in GOALS] == [figure["name"] for figure in results["figures"]]
    assert all(figure["runs"] for figure in results["figures"])
    assert {"cpu", "cores", "python", "versions", "load_average", "load_average_after"} <= results["machine"].keys()
    assert [20_000] == [run["responses"] for run in results["runs"]["caught_up"]]
    assert [20_000] == [run["rows_in_log"] for run in results["runs"]["restored"]]
    assert "response to visible alert: p50" in ended.stdout


def test_the_workload_is_what_it_says() -> None:
    """Responses are valid, keyed by store, about 300 bytes, a fifth of them detractors, and no two have one id."""
    made = list(responses(5_000, shops(500, 8), 1_800_000_000.0, 3))
    read = [decode_response(record.value) for record in made]
    assert all(isinstance(response, Response) for response in read)
    answers = [response for response in read if isinstance(response, Response)]
    assert 5_000 == len({response.response_id for response in answers})
    assert [f"{answer.brand}|{answer.store}".encode() for answer in answers] == [record.key for record in made]
    assert 280 < sum(len(record.value) for record in made) / 5_000 < 330
    assert 0.15 < sum(isinstance(answer.score, int) and answer.score <= 6 for answer in answers) / 5_000 < 0.25


def test_the_same_seed_gives_the_same_workload() -> None:
    """Two runs can be compared: they were given the same responses."""
    among = shops(50, 4)
    assert list(responses(300, among, 1_800_000_000.0, 3)) == list(responses(300, among, 1_800_000_000.0, 3))


@pytest.mark.parametrize(
    ("name", "value", "verdict"),
    [
        ("faust_ratio", 19.9, "missed"),
        ("faust_ratio", 20.0, "target"),
        ("faust_ratio", 41.0, "aim"),
        ("latency_p99", 301.0, "missed"),
        ("latency_p99", 300.0, "target"),
        ("latency_p99", 79.0, "aim"),
        ("restore_cpu", 1e9, ""),
    ],
)
def test_a_figure_is_held_against_its_goal(name: str, value: float, verdict: str) -> None:
    """Some figures are to be high, some low, and some have no goal."""
    goal = next(goal for goal in GOALS if goal.name == name)
    assert verdict == goal.verdict(value)
    assert {"name": name, "value": value, "verdict": verdict}.items() <= Figure(goal, [value]).document().items()
