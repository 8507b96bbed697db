"""What is shown: calm on a terminal, plain off it."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from streams.demo.intro import Place, introduce
from streams.demo.screen import Figures, Screen, milliseconds
from streams.settings import Settings

_FIGURES = Figures(
    sent=25_130,
    dispositions={"counted": 24_800, "duplicate": 31, "correction": 122, "dead_letter": 12, "rehomed": 9},
    alerts=340,
    p50_ms=38.2,
    p99_ms=None,
)


def _a_screen(*, terminal: bool, width: int = 120) -> tuple[Screen, io.StringIO]:
    out = io.StringIO()
    return Screen(Console(file=out, force_terminal=terminal, width=width, highlight=False)), out


def test_off_a_terminal_there_are_no_control_codes() -> None:
    """Redirected output is plain lines: no colour, no cursor, no frame; progress is left out, figures are a line."""
    screen, out = _a_screen(terminal=False)
    with screen:
        screen.say("Kafka runs", style="bold red")
        screen.status("counting ...")
        screen.figures(_FIGURES)
        screen.show_page("a page")

    expected = [
        "Kafka runs",
        "responses in 25,130, counted 24,800, duplicates 31, corrections 122, dead letters 12, re-homed 9, alerts 340",
        "a page",
    ]
    assert expected == [line.removesuffix(", p50 38 ms, p99 -") for line in out.getvalue().splitlines()]


@pytest.mark.parametrize("width", [40, 80, 120])
def test_on_a_terminal_the_figures_fit(width: int) -> None:
    """The line of figures shows every figure whole, however narrow the window, and goes when it is taken away."""
    screen, out = _a_screen(terminal=True, width=width)
    with screen:
        screen.figures(_FIGURES)

    for figure in ("25,130", "24,800", "122", "340", "38"):
        assert figure in out.getvalue()


def test_figures_come_now_and_then_off_a_terminal() -> None:
    """A log is not filled with figures: they come at intervals, not as often as they change."""
    screen, out = _a_screen(terminal=False)
    for _ in range(50):
        screen.figures(_FIGURES)

    assert 1 == len(out.getvalue().splitlines())


@pytest.mark.parametrize(("value_ms", "text"), [(None, "-"), (38.4, "38 ms"), (9_999, "9999 ms"), (12_345, "12.3 s")])
def test_latencies_are_readable(value_ms: float | None, text: str) -> None:
    """Milliseconds as long as one thinks in them, then seconds; a dash for none."""
    assert text == milliseconds(value_ms)


def test_the_first_page_can_be_typed_as_it_stands() -> None:
    """Every address, pid and setting that is needed is on the page, the prefix too where there is one."""
    screen, out = _a_screen(terminal=False)
    page = introduce(
        Settings(brokers="127.0.0.1:17044", topic_prefix="demo-1-"),
        board="http://127.0.0.1:8080",
        workers=[Place(name="worker 1", pid=4242, url="http://127.0.0.1:17001/metrics")],
        home=Path("/tmp/nps-demo-1"),
        now=datetime(2026, 11, 22, tzinfo=UTC),
        kiosk=("Coral & Pine", "Dunedin"),
    )
    screen.show_page(page)

    for text in (
        "http://127.0.0.1:8080",
        "http://127.0.0.1:17001/metrics",
        "export NPS_BROKERS=127.0.0.1:17044 NPS_TOPIC_PREFIX=demo-1-",
        "kill -9 4242",
        "Coral & Pine, Dunedin",
        "offline since Wednesday 06:00",
    ):
        assert text in out.getvalue()
