"""The soak: its plan, and the picture that is drawn of it."""

from xml.etree import ElementTree as ET

from chaos.actions import ACTIONS
from chaos.picture import Panel, draw
from chaos.soak import SOAK


def test_something_strikes_every_twenty_to_forty_seconds() -> None:
    """From the start to the last minute, as the seed says; of everything something within two hours."""
    plan = SOAK.plan(1, 7_200)
    seconds = [step.at / plan.per_second for step in plan.steps]
    pauses = [after - before for before, after in zip([0.0, *seconds], seconds, strict=False)]
    assert all(19.9 < pause < 40.1 for pause in pauses)
    assert 7_200 - 60 - 40 < seconds[-1] < 7_200 - 60
    assert {step.action for step in plan.steps} <= ACTIONS.keys()
    assert {"kill", "kill_at", "lose", "roll", "freeze", "network", "skew", "broker_down"} == {
        step.action for step in plan.steps
    }
    assert plan == SOAK.plan(1, 7_200) != SOAK.plan(2, 7_200)


def test_a_picture_shows_every_line_and_nothing_lies_outside() -> None:
    """Names are escaped, ends of the axes are beyond all values."""
    lines = {"worker <0>": [(0.0, 1.0), (5.0, 250.0), (10.0, 3.0)], "worker 1": [(0.0, 0.001), (10.0, 40.0)]}
    panels = [Panel("a & b", lines), Panel("steps", lines, stepped=True), Panel("log", lines, logarithmic=True)]
    picture = ET.fromstring(draw("<title>", panels))
    texts = [element.text for element in picture.iter() if element.tag.endswith("text")]
    assert {"<title>", "a & b", "worker <0>", "worker 1", "10 min"} <= set(texts)
    polylines = [element.get("points", "") for element in picture.iter() if element.tag.endswith("polyline")]
    assert 6 == len(polylines)
    _, _, width, height = map(float, picture.get("viewBox", "").split())
    for points in polylines:
        for x, y in (map(float, point.split(",")) for point in points.split()):
            assert 0 <= x <= width
            assert 0 <= y <= height


def test_a_picture_of_nothing_is_a_picture() -> None:
    """Of a run that failed before anybody looked."""
    assert ET.fromstring(draw("nothing", [Panel("none", {}), Panel("log", {}, logarithmic=True)])) is not None
