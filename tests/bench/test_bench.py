"""The benchmark runs and says what it promises to say; how quick anything is, no test asks."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from bench.catchup import CatchUp
from bench.figures import Figure, Runs, figures
from bench.goals import GOALS
from bench.responses import responses, shops
from bench.stock import StockRun
from streams.events.response import Response, decode_response
from tests.conftest import Kafka

ROOT = Path(__file__).parents[2]
# Not the comparison with stock Faust: it takes as long as all of these, waiting for stock Faust to commit.
PARTS = ("catchup", "restore", "latency", "memory", "desk")


@pytest.mark.kafka
def test_a_quick_run_measures_every_part_and_writes_it_down(kafka: Kafka, tmp_path: Path) -> None:
    """One small run ends well, and its JSON has a figure for each goal, the machine and the runs."""
    out = tmp_path / "results.json"
    parts = [word for part in PARTS for word in ("--only", part)]
    words = ["-m", "bench", *parts, "--quick", "--pairs", "1", "--brokers", kafka.bootstrap, "--out", str(out)]
    ended = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    assert (0, "") == (ended.returncode, ended.stderr)
    results: dict[str, Any] = orjson.loads(out.read_bytes())
    goals = [goal.name for goal in GOALS if not goal.name.startswith("faust_")]
    assert goals == [figure["name"] for figure in results["figures"]]
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


def test_both_sides_are_compared_per_response() -> None:
    """Stock Faust is given less to do; the ratio is that of the CPU for one response, pair by pair."""
    ours = CatchUp(
        responses=1_000_000,
        wall_s=12.0,
        idle_s=0.5,
        cpu_s=10.0,
        scores_cpu_s=1.0,
        main_cpu_s=9.0,
        others_cpu_s=1.0,
        resident=1,
        rows=4,
        rows_replaced=3,
    )
    stock = [StockRun(responses=30_000, wall_s=9.0, cpu_s=cpu_s) for cpu_s in (6.0, 9.0)]
    found = {figure.goal.name: figure.runs for figure in figures(Runs([ours, ours], stock, [], [], [], []))}
    assert [20.0, 30.0] == pytest.approx(found["faust_ratio"])
    assert [200.0, 300.0] == pytest.approx(found["faust_cpu"])
    assert [11.0, 11.0] == pytest.approx(found["catchup_scores_cpu"])
    assert [75.0, 75.0] == found["changelog_replaced"]
