"""A picture of figures over time: panels one below the other, as an SVG that needs nothing to be looked at."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

Points = Sequence[tuple[float, float]]

_WIDTH, _LEFT, _RIGHT, _TOP = 960, 70, 20, 40
_PANEL, _GAP = 150, 46
_FONT = 'font-family="sans-serif" font-size="12"'
_COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#8c564b", "#7f7f7f")


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines over the same minutes, by their names; `logarithmic` where some are a hundred times others."""

    title: str
    lines: Mapping[str, Points]
    logarithmic: bool = False
    stepped: bool = False
    marks: Sequence[float] = field(default=())
    """Minutes at which something happened, as thin lines."""


def draw(title: str, panels: Sequence[Panel]) -> str:
    """The picture as SVG; all times in minutes from 0 on."""
    last = max((x for panel in panels for points in panel.lines.values() for x, _ in points), default=1.0) or 1.0
    height = _TOP + len(panels) * (_PANEL + _GAP) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" {_FONT}>',
        f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
        f'<text x="{_LEFT}" y="20" font-size="15">{escape(title)}</text>',
    ]
    for number, panel in enumerate(panels):
        parts += _panel(panel, _TOP + 16 + number * (_PANEL + _GAP), last)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: Panel, top: int, last: float) -> list[str]:
    values = [y for points in panel.lines.values() for _, y in points]
    low, high, ticks = _axis(values, logarithmic=panel.logarithmic)

    def across(x: float) -> float:
        return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * x / last, 1)

    def down(y: float) -> float:
        at = math.log10(max(y, 1e-4)) if panel.logarithmic else y
        return round(top + _PANEL * (1 - (at - low) / (high - low)), 1)

    right = _WIDTH - _RIGHT
    parts = [f'<text x="{_LEFT}" y="{top - 5}" font-weight="bold">{escape(panel.title)}</text>']
    for tick in ticks:
        y = down(tick)
        parts.append(f'<line x1="{_LEFT}" y1="{y}" x2="{right}" y2="{y}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{tick:g}</text>')
    for minute in _round_steps(last):
        x = across(minute)
        parts.append(f'<text x="{x}" y="{top + _PANEL + 15}" text-anchor="middle">{minute:g} min</text>')
    parts += [
        f'<line x1="{across(x)}" y1="{top}" x2="{across(x)}" y2="{top + _PANEL}" stroke="#f0c080" stroke-width="0.7"/>'
        for x in panel.marks
    ]
    for number, (name, points) in enumerate(panel.lines.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        path = _path([(across(x), down(y)) for x, y in points], stepped=panel.stepped)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.2"/>')
        parts.append(
            f'<text x="{right - 110 * (len(panel.lines) - 1 - number)}" y="{top - 5}" text-anchor="end" '
            f'fill="{colour}">{escape(name)}</text>'
        )
    return parts


def _path(points: Sequence[tuple[float, float]], *, stepped: bool) -> str:
    """The points of a line, but those in the middle of a level stretch: an hour has thousands."""
    if stepped:
        points = [each for (_, before), (x, y) in pairwise(points) for each in ((x, before), (x, y))]
    bends = [one for (before, one), (_, after) in pairwise(pairwise(points)) if not before[1] == one[1] == after[1]]
    points = [*points[:1], *bends, *points[1:][-1:]]
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def _axis(values: Sequence[float], *, logarithmic: bool) -> tuple[float, float, list[float]]:
    """Lower and upper end of an axis, and its ticks; the ends of a logarithmic one as powers of ten."""
    if logarithmic:
        first = math.floor(math.log10(max(min(values, default=0.01), 1e-3)))
        last = max(first + 1, math.ceil(math.log10(max([*values, 1e-3]))))
        return first, last, [10.0**power for power in range(first, last + 1)]
    high = max([*values, 1.0]) * 1.05
    return 0.0, high, _round_steps(high)


def _round_steps(high: float) -> list[float]:
    """From 0 to at most `high`, in about five steps of 1, 2 or 5 times a power of ten."""
    rough = high / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= rough)
    return [step * number for number in range(math.floor(high / step) + 1)]
