"""Prometheus's configuration and rules, by its own tool; and that rules, runbook and limits agree."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.metrics.catalogue import AGE, AGE_SLO_S, ALERT_LATENCY, ALERT_SLO_S
from tests.tools import find_tool

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
PROMETHEUS = DEPLOY / "prometheus"

Rule = dict[str, Any]


def groups(name: str) -> list[dict[str, Any]]:
    """The groups of a rule file."""
    found: list[dict[str, Any]] = yaml.safe_load((PROMETHEUS / name).read_text())["groups"]
    return found


@pytest.fixture(scope="module")
def alerts() -> dict[str, Rule]:
    """The alert rules by name."""
    rules = [rule for group in groups("alerts.rules.yml") for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    return {rule["alert"]: rule for rule in rules}


def promtool(*arguments: str) -> str:
    """Run it beside the rules; returns what it said where it found something, else nothing."""
    ran = subprocess.run(
        [str(find_tool("promtool")), *arguments],
        cwd=PROMETHEUS,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr


@pytest.mark.needs("promtool")
def test_the_configuration_is_valid() -> None:
    """Configuration and rule files parse, and the linter has nothing to say."""
    assert promtool("check", "config", "prometheus.yml") == ""
    rules = ("recording.rules.yml", "alerts.rules.yml")
    assert promtool("check", "rules", "--lint=all", "--lint-fatal", *rules) == ""


@pytest.mark.needs("promtool")
def test_the_rules_do_what_their_tests_say() -> None:
    """Every case of `deploy/prometheus/tests`: firing, not firing, texts, and the arithmetic of scores."""
    assert promtool("test", "rules", *sorted(str(path) for path in (PROMETHEUS / "tests").glob("*.yml"))) == ""


def test_every_alert_is_tested_both_ways(alerts: dict[str, Rule]) -> None:
    """Each has a case in which it fires, with its texts, and all are quiet on a quiet night."""
    cases = [
        case
        for path in (PROMETHEUS / "tests").glob("*.yml")
        for test in yaml.safe_load(path.read_text())["tests"]
        for case in test.get("alert_rule_test", ())
    ]
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == set(alerts)
    quiet = yaml.safe_load((PROMETHEUS / "tests" / "alerts_test.yml").read_text())["tests"][0]
    assert {'ALERTS{alertstate="firing"}'} == {case["expr"] for case in quiet["promql_expr_test"]}
    assert [[], []] == [case["exp_samples"] for case in quiet["promql_expr_test"]]


def test_every_group_has_its_turn_in_the_tests() -> None:
    """Groups that are not named are taken in any order, and then a rule might miss what another records."""
    wanted = [group["name"] for name in ("recording.rules.yml", "alerts.rules.yml") for group in groups(name)]
    for path in (PROMETHEUS / "tests").glob("*.yml"):
        assert wanted == yaml.safe_load(path.read_text())["group_eval_order"]


def test_every_alert_says_who_what_and_where_to_read_on(alerts: dict[str, Rule]) -> None:
    """Severity and team; summary, description and a runbook heading that exists; no heading without an alert."""
    runbook = (DEPLOY / "runbook.md").read_text()
    headings = re.findall(r"(?m)^## (\w+)$", runbook)
    assert list(alerts) == headings
    for name, rule in alerts.items():
        assert re.fullmatch(r"([A-Z][a-z]+)+", name)
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["labels"]["team"] in {"stream", "cx"}
        assert {"summary", "description", "runbook_url"} == set(rule["annotations"])
        assert f"deploy/runbook.md#{name.lower()}" == rule["annotations"]["runbook_url"]
    for section in runbook.split("\n## ")[1:]:
        assert re.findall(r"\*\*(\w+)\.\*\*", section) == ["Meaning", "Impact", "Diagnosis", "Mitigation"]


def test_the_warning_comes_before_the_limit(alerts: dict[str, Rule]) -> None:
    """SeriesNearLimit fires below `sample_limit`, and a full worker of 8 shards is below both."""
    job = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["scrape_configs"][0]
    warned = int(alerts["SeriesNearLimit"]["expr"].rsplit(">", 1)[1])
    assert 4000 == warned < job["sample_limit"]
    assert {"label_limit", "label_name_length_limit", "label_value_length_limit"} <= set(job)


def test_rules_look_at_buckets_that_exist() -> None:
    """A promise is counted at a boundary of its histogram, written as the client library writes it."""
    text = (PROMETHEUS / "recording.rules.yml").read_text()
    found = set(re.findall(r'(nps_\w+)_bucket\{le="([^"]+)"\}', text))
    assert {(AGE.name, str(AGE_SLO_S)), (ALERT_LATENCY.name, str(ALERT_SLO_S))} == found
    assert AGE_SLO_S in AGE.buckets
    assert ALERT_SLO_S in ALERT_LATENCY.buckets


def test_scores_are_never_averaged() -> None:
    """No rule takes a mean: scores are made from counts that were summed first."""
    for name in ("recording.rules.yml", "alerts.rules.yml"):
        assert not re.search(r"\bavg\b|avg_over_time", (PROMETHEUS / name).read_text())
