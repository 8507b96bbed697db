"""A plan is a function of case, seed and size; a strange import would make the oracle a witness of itself."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from chaos.actions import ACTIONS
from chaos.cases import CASES, SHORT
from chaos.plan import Plan

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", CASES)
def test_the_same_seed_gives_the_same_plan(name: str, tmp_path: Path) -> None:
    """As it is written down; its actions exist, its steps come in order and strike before the load ends."""
    plans = [CASES[name].plan(3, 30) for _ in range(2)]
    texts = []
    for plan in plans:
        plan.write(tmp_path / "plan.json")
        texts.append((tmp_path / "plan.json").read_text())
        ats = [step.at for step in plan.steps]
        assert sorted(ats) == ats
        assert all(0 < at < plan.records for at in ats)
        assert {step.action for step in plan.steps} <= ACTIONS.keys()
        assert all(step.target < max(plan.workers, plan.brokers) for step in plan.steps)
    assert texts[0] == texts[1]
    assert plans[0] == Plan.read(tmp_path / "plan.json")
    assert name == json.loads(texts[0])["case"]


def test_another_seed_gives_another_plan() -> None:
    """Where a plan has chance in it."""
    assert CASES["F01"].plan(3, 30) != CASES["F01"].plan(4, 30)


def test_the_short_set_is_of_cases_that_exist() -> None:
    """All of them."""
    assert set() == set(SHORT) - CASES.keys()


@pytest.mark.parametrize("module", ["chaos.oracle", "chaos.generate"])
def test_the_oracle_and_the_generator_import_nothing_of_the_product(module: str) -> None:
    """Nor anything of the tests."""
    code = f"import sys, {module}; print([m for m in sys.modules if m.split('.')[0] in ('streams', 'tests', 'faust')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()
