"""Write the dashboard, as Grafana's classic JSON (schema 41, Grafana 11.6 and later), to stdout.

    python deploy/grafana/dashboard.py >deploy/grafana/dashboards/nps.json

Both are committed; a test compares.
"""

import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

from customer_rows import CUSTOMERS
from flow_rows import FLOW, LAG, OVERVIEW
from follow_up_rows import FOLLOW_UP
from grafana_foundation_sdk.builders import bargauge, common, prometheus, stat, table, timeseries
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as shape
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import prometheus as query_model
from panel import Panel, Query
from shard_rows import SHARDS, WORKERS

ROWS: tuple[tuple[str, Sequence[Panel]], ...] = (
    ("Overview", OVERVIEW),
    ("Flow", FLOW),
    ("Lag and age", LAG),
    ("Shards and commits", SHARDS),
    ("Workers", WORKERS),
    ("Customer experience", CUSTOMERS),
    ("Follow-up", FOLLOW_UP),
)
_SOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
_WIDTH = 24
_Any = stat.Panel | bargauge.Panel | timeseries.Panel | table.Panel
_Made = TypeVar("_Made", stat.Panel, bargauge.Panel, timeseries.Panel, table.Panel)


def dashboard() -> model.Dashboard:
    """The dashboard; its rows one below the other, their panels from left to right."""
    made = (
        build.Dashboard("NPS")
        .uid("nps")
        .description("Rolling NPS and detractor alerts: how the workers do, and how the customers feel.")
        .tags(["nps"])
        .readonly()
        .timezone("browser")
        .time("now-1h", "now")
        .refresh("10s")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .with_variable(build.DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .with_variable(_variable("job", "Job", "label_values(nps_build_info, job)"))
        .with_variable(_variable("brand", "Brand", 'label_values(nps_answers_total{job=~"$job"}, brand)'))
    )
    number, top = 0, 0
    for title, panels in ROWS:
        number += 1
        place = model.GridPos(h=1, w=_WIDTH, x=0, y=top)
        made.with_row(build.Row(title).id(number).grid_pos(place))
        left, top, height = 0, top + 1, 0
        for panel in panels:
            if left + panel.width > _WIDTH:
                left, top, height = 0, top + height, 0
            number += 1
            place = model.GridPos(h=panel.height, w=panel.width, x=left, y=top)
            made.with_panel(_KINDS[panel.kind](panel).id(number).grid_pos(place))
            left, height = left + panel.width, max(height, panel.height)
        top += height
    return made.build()


def _variable(name: str, label: str, query: str) -> build.QueryVariable:
    return (
        build.QueryVariable(name)
        .label(label)
        .datasource(_SOURCE)
        .query(query)
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
        .multi(True)  # noqa: FBT003 - the builder's own way
        .include_all(True)  # noqa: FBT003
        .all_value(".*")
        .current(model.VariableOption(selected=True, text="All", value="$__all"))
    )


def _stat(panel: Panel) -> stat.Panel:
    made = stat.Panel().graph_mode(shape.BigValueGraphMode.AREA).reduce_options(_last())
    return _common(made, panel).with_target(_query(panel.queries[0], 0).range())


def _bars(panel: Panel) -> bargauge.Panel:
    made = _common(bargauge.Panel().orientation(shape.VizOrientation.HORIZONTAL), panel)
    made.reduce_options(_last()).min(0)
    for index, query in enumerate(panel.queries):
        made.with_target(_query(query, index).instant())
    return made


def _graph(panel: Panel) -> timeseries.Panel:
    made = _common(timeseries.Panel().line_width(1).fill_opacity(10), panel)
    made.legend(common.VizLegendOptions().show_legend(True).placement(shape.LegendPlacement.BOTTOM))  # noqa: FBT003
    made.tooltip(common.VizTooltipOptions().mode(shape.TooltipDisplayMode.MULTI).sort(shape.SortOrder.DESCENDING))
    if panel.stacked:
        made.stacking(common.StackingConfig().mode(shape.StackingMode.NORMAL)).fill_opacity(40)
    if panel.steps:
        made.thresholds_style(common.GraphThresholdsStyleConfig().mode(shape.GraphThresholdsStyleMode.DASHED))
    for index, query in enumerate(panel.queries):
        made.with_target(_query(query, index).range())
    return made


def _table(panel: Panel) -> table.Panel:
    """One column per query beside the labels in `by`; the queries lose all other labels, so that rows can be joined."""
    made = _common(table.Panel(), panel)
    columns = {name: name for name in panel.by}
    for index, query in enumerate(panel.queries):
        joined = Query(expr=f"max by ({', '.join(panel.by)}) ({query.expr})", legend=query.legend)
        made.with_target(_query(joined, index).instant().format(query_model.PromQueryFormat.TABLE))
        columns["Value" if len(panel.queries) == 1 else f"Value #{_letter(index)}"] = query.legend
    made.with_transformation(model.DataTransformerConfig(id_val="merge", options={}))
    made.with_transformation(
        model.DataTransformerConfig(
            id_val="organize",
            options={
                "excludeByName": {"Time": True},
                "indexByName": {name: index for index, name in enumerate(columns)},
                "renameByName": {name: shown for name, shown in columns.items() if name != shown},
            },
        )
    )
    if "answers" in columns.values():
        made.override_by_name("answers", [model.DynamicConfigValue(id_val="decimals", value=0)])
    if "to" in columns.values():
        made.sort_by([common.TableSortByFieldState().display_name("to")])
    return made


_KINDS: dict[str, Callable[[Panel], _Any]] = {"stat": _stat, "graph": _graph, "table": _table, "bars": _bars}


def _common(made: _Made, panel: Panel) -> _Made:
    made.title(panel.title).description(panel.what).unit(panel.unit).datasource(_SOURCE)
    if panel.decimals is not None:
        made.decimals(panel.decimals)
    if panel.low is not None:
        made.min(panel.low)
    if panel.high is not None:
        made.max(panel.high)
    if panel.steps:
        steps = [model.Threshold(value=value, color=color) for value, color in panel.steps]
        made.thresholds(build.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(steps))
    return made


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"])


def _query(query: Query, index: int) -> prometheus.Dataquery:
    return (
        prometheus.Dataquery()
        .expr(query.expr)
        .legend_format(query.legend)
        .ref_id(_letter(index))
        .datasource(_SOURCE)
        .editor_mode(query_model.QueryEditorMode.CODE)
    )


def _letter(index: int) -> str:
    return chr(ord("A") + index)


if __name__ == "__main__":
    sys.stdout.write(JSONEncoder(sort_keys=True, indent=2).encode(dashboard()) + "\n")
