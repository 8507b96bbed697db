"""What a person sees of the run: lines as things happen, one calm line of figures, plain lines off a terminal."""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

_REFRESH_PER_S = 4
_PLAIN_EVERY_S = 10.0
_PLAIN_WIDTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of the live line. Latencies in ms, None while there are none."""

    sent: int
    dispositions: Mapping[str, int]
    alerts: int
    p50_ms: float | None
    p99_ms: float | None

    def cells(self) -> list[tuple[str, str]]:
        """Names and figures, as people see them."""
        words = {"counted": "counted", "duplicate": "duplicates", "correction": "corrections"}
        words |= {"dead_letter": "dead letters", "rehomed": "re-homed"}
        return [
            ("responses in", f"{self.sent:,}"),
            *((word, f"{self.dispositions[each]:,}") for each, word in words.items()),
            ("alerts", f"{self.alerts:,}"),
            ("p50", milliseconds(self.p50_ms)),
            ("p99", milliseconds(self.p99_ms)),
        ]


def milliseconds(value_ms: float | None) -> str:
    """A latency as people see it; a dash where there is none."""
    return "-" if value_ms is None else f"{value_ms:.0f} ms" if value_ms < 10_000 else f"{value_ms / 1000:.1f} s"


class Screen:
    """Where the run is shown. On a terminal the figures stay on the last line; elsewhere a line comes now and then."""

    def __init__(self, console: Console | None = None) -> None:
        """Show on stdout, or on a console given."""
        self._tty = console.is_terminal if console else sys.stdout.isatty()
        width = None if self._tty else _PLAIN_WIDTH
        self.console = console or Console(highlight=False, markup=False, emoji=False, width=width)
        self._live: Live | None = None
        self._plain_due_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def say(self, text: str, style: str = "") -> None:
        """Print something that happened."""
        self.console.print(Text(text, style=style), soft_wrap=True)

    def fail(self, text: str) -> None:
        """Print why it could not go on, on stderr."""
        self.clear()
        print(f"Error: {text}", file=sys.stderr)  # noqa: T201 (as click says it)

    def show(self, renderable: RenderableType) -> None:
        """Print something larger. Off a terminal without the blanks that fill its last column."""
        if self._tty:
            self.console.print(renderable)
            return
        with self.console.capture() as capture:
            self.console.print(renderable)
        self.say("\n".join(line.rstrip() for line in capture.get().splitlines()))

    def show_page(self, page: RenderableType) -> None:
        """Print a page: in a frame on a terminal, as plain lines elsewhere."""
        if self._tty:
            page = Panel(page, padding=(1, 2), expand=False, border_style="dim")
        self.show(page)

    def status(self, text: str) -> None:
        """Show what is being done: in place on a terminal, nothing elsewhere."""
        if self._tty:
            self._update(Text(text, style="dim"))

    def figures(self, figures: Figures) -> None:
        """Show the figures: in place on a terminal, as a line every ten seconds elsewhere."""
        if self._tty:
            self._update(_figures_table(figures, self.console.width))
        elif time.monotonic() >= self._plain_due_s:
            self._plain_due_s = time.monotonic() + _PLAIN_EVERY_S
            self.say(", ".join(f"{name} {figure}" for name, figure in figures.cells()))

    def clear(self) -> None:
        """Take the last line away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _update(self, renderable: RenderableType) -> None:
        if self._live is None:
            self._live = Live(console=self.console, transient=True, refresh_per_second=_REFRESH_PER_S)
            self._live.start()
        self._live.update(renderable)


def _figures_table(figures: Figures, width: int) -> RenderableType:
    """Names above figures where there is room, else running text."""
    cells = figures.cells()
    if width < sum(max(len(name), len(figure)) + 2 for name, figure in cells):
        return Padding(Text("  ".join(f"{name} {figure}" for name, figure in cells)), (1, 0, 0, 0))
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for name, _ in cells:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_row(*(Text(figure, style="bold") for _, figure in cells))
    return Padding(table, (1, 0, 0, 0))


def table_of(rows: Sequence[tuple[str, str | Text]], title: str = "") -> RenderableType:
    """Two columns, without lines around."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, value)
    return Group(Text(title, style="bold"), table) if title else table
