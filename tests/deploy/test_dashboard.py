"""The dashboard: generated, readable, and about metrics that exist."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from streams.metrics.catalogue import CATALOGUE, to_markdown

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMMITTED = DEPLOY / "grafana" / "dashboards" / "nps.json"
UNITS = {"none", "short", "s", "percentunit", "cps", "bytes"}
ELSEWHERE = {"up", "ALERTS", "scrape_samples_scraped", "scrape_duration_seconds"}
"""What Prometheus itself makes."""
CLIENT = {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_start_time_seconds"}
"""What the client library makes, of which these are used."""

Panel = dict[str, Any]


@pytest.fixture(scope="module")
def dashboard() -> dict[str, Any]:
    """The committed one."""
    parsed: dict[str, Any] = json.loads(COMMITTED.read_text())
    return parsed


@pytest.fixture(scope="module")
def panels(dashboard: dict[str, Any]) -> list[Panel]:
    """All panels but the rows."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def parsable(expression: str) -> str:
    """An expression with Grafana's variables replaced by what Grafana might put there."""
    return expression.replace("$__rate_interval", "1m").replace("$job", ".*").replace("$brand", ".*")


def names(expression: str) -> set[str]:
    """The metrics that an expression asks for; raises ValueError where Prometheus would not parse it."""
    found: set[str] = set()

    def visit(node: promql_parser.Expr) -> bool:
        if isinstance(node, promql_parser.VectorSelector):
            assert node.name, f"a selector without a name in {expression}"
            found.add(node.name)
        return True

    promql_parser.walk(promql_parser.parse(parsable(expression)), visit)
    return found


def rules() -> list[dict[str, Any]]:
    """All rules, recording and alerting."""
    files = (DEPLOY / "prometheus").glob("*.rules.yml")
    return [rule for file in files for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]


def queries(panels: list[Panel]) -> list[str]:
    """All queries of all panels."""
    return [target["expr"] for panel in panels for target in panel["targets"]]


@pytest.mark.parametrize(
    ("script", "committed"),
    [("grafana/dashboard.py", "grafana/dashboards/nps.json"), ("metrics_table.py", "metrics.md")],
    ids=["dashboard", "metrics"],
)
def test_what_is_committed_is_what_is_generated(script: str, committed: str) -> None:
    """Whoever changes the source runs the generator; whoever edits its output loses it."""
    made = subprocess.run([sys.executable, DEPLOY / script], capture_output=True, check=True, timeout=60)
    assert (DEPLOY / committed).read_text() == made.stdout.decode()


def test_the_table_names_every_metric() -> None:
    """One line each, and the file is that table."""
    table = (DEPLOY / "metrics.md").read_text()
    assert table == to_markdown()
    assert [metric.name for metric in CATALOGUE] == re.findall(r"(?m)^\| `(\w+)` \|", table)


def test_every_panel_says_what_it_asks(panels: list[Panel]) -> None:
    """Title, description, a known unit, at least one query; titles and queries' names are not repeated."""
    assert len({panel["title"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS, panel["title"]
        letters = [target["refId"] for target in panel["targets"]]
        assert letters
        assert len(set(letters)) == len(letters), panel["title"]


def test_every_panel_asks_the_data_source_chosen(dashboard: dict[str, Any], panels: list[Panel]) -> None:
    """The data source, the job and the brand are variables; nothing is nailed to one server."""
    assert ["datasource", "job", "brand"] == [each["name"] for each in dashboard["templating"]["list"]]
    source = {"type": "prometheus", "uid": "${datasource}"}
    for panel in panels:
        assert source == panel["datasource"]
        assert [source] * len(panel["targets"]) == [target["datasource"] for target in panel["targets"]]


def test_queries_parse_and_choose_their_job(panels: list[Panel]) -> None:
    """Every query is PromQL, and every metric of a worker in it is selected by job."""
    for query in queries(panels):
        for selector in re.findall(r"\b(?:nps_|job_|job:)[\w:]+\{([^}]*)\}", query):
            assert 'job=~"$job"' in selector, query
        assert names(query)


def test_rates_are_over_the_rate_interval(panels: list[Panel]) -> None:
    """A rate over a fixed range is empty or jagged at some zoom; only "per hour" says an hour."""
    for query in queries(panels):
        for function, over in re.findall(r"(\w+)\([^\[\]()]*\[([^\]]+)\]", query):
            assert over == "$__rate_interval" or (function, over) == ("increase", "1h"), query


def test_every_metric_asked_for_exists(panels: list[Panel]) -> None:
    """In panels and rules: metrics of the catalogue, recorded ones, and those of Prometheus and its client library."""
    known = {metric.name for metric in CATALOGUE if metric.kind != "histogram"}
    known |= {m.name + end for m in CATALOGUE if m.kind == "histogram" for end in ("_bucket", "_sum", "_count")}
    known |= {rule["record"] for rule in rules() if "record" in rule}
    asked = {name for query in [*queries(panels), *(rule["expr"] for rule in rules())] for name in names(query)}
    assert set() == asked - known - ELSEWHERE - CLIENT


def test_every_metric_is_looked_at(panels: list[Panel]) -> None:
    """What no panel and no rule uses would be paid for and not read; that goes for recorded metrics, too."""
    asked = {name for query in [*queries(panels), *(rule["expr"] for rule in rules())] for name in names(query)}
    looked_at = {re.sub("_(bucket|sum|count)$", "", name) for name in asked} | asked
    assert set() == {metric.name for metric in CATALOGUE} - looked_at
    assert set() == {rule["record"] for rule in rules() if "record" in rule} - asked


def test_panels_lie_side_by_side(dashboard: dict[str, Any]) -> None:
    """No two cover the same place, none leaves the grid, and each has a number of its own."""
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert cells.isdisjoint(taken), panel["title"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        taken |= cells
    numbers = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(numbers)) == len(numbers)
    assert min(numbers) > 0


def test_tables_join_by_labels_and_name_their_columns(panels: list[Panel]) -> None:
    """Each query keeps the same labels, so that rows can be joined, and each column is called something."""
    tables = [panel for panel in panels if panel["type"] == "table"]
    assert tables
    for panel in tables:
        labels = {re.findall(r"^max by \(([^)]*)\)", target["expr"])[0] for target in panel["targets"]}
        assert len(labels) == 1, panel["title"]
        assert {("table", True)} == {(target["format"], target["instant"]) for target in panel["targets"]}
        renamed = panel["transformations"][1]["options"]["renameByName"]
        assert len(panel["targets"]) == len(renamed)


def test_grafana_is_given_it_as_it_is(dashboard: dict[str, Any]) -> None:
    """One data source, one dashboard that nobody edits in place, from where the compose file mounts it."""
    provisioning = DEPLOY / "grafana" / "provisioning"
    sources = yaml.safe_load((provisioning / "datasources" / "prometheus.yaml").read_text())["datasources"]
    scrape = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())["global"]["scrape_interval"]
    assert [("prometheus", "http://prometheus:9090", scrape)] == [
        (source["type"], source["url"], source["jsonData"]["timeInterval"]) for source in sources
    ]
    provider = yaml.safe_load((provisioning / "dashboards" / "nps.yaml").read_text())["providers"][0]
    assert provider["allowUiUpdates"] is False
    grafana = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["grafana"]
    mounted = f"./deploy/grafana/dashboards:{provider['options']['path']}:ro"
    assert mounted in grafana["volumes"]
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert f"{provider['options']['path']}/{COMMITTED.name}" == home
    assert (False, "nps", 41) == (dashboard["editable"], dashboard["uid"], dashboard["schemaVersion"])
