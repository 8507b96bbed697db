"""What is told to a newcomer when everything runs: addresses, what to look at, what to try."""

import shutil
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from rich.console import Group, RenderableType
from rich.text import Text

from streams.demo.chains import QUEUE_GROWS, RECOVERS, WAS_OFFLINE
from streams.demo.screen import table_of
from streams.demo.world import BACKLOG_RECORDS, OFFLINE_MS
from streams.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a worker is to be found."""

    name: str
    pid: int
    url: str


def introduce(
    settings: Settings, *, board: str, workers: list[Place], home: Path, now: datetime, kiosk: tuple[str, str]
) -> RenderableType:
    """The page of the start; `kiosk` is the shop at whose kiosk something is about to happen."""
    rows = [("board", Text(board, style="bold cyan"))]
    rows += [(worker.name, Text(f"{worker.url}   pid {worker.pid}")) for worker in workers]
    rows += [("Kafka", Text(settings.brokers)), ("logs", Text(str(home)))]
    off_since = now - timedelta(milliseconds=OFFLINE_MS)
    stories = [
        (
            _shop(board, QUEUE_GROWS),
            "half of its tills are about to fail: watch its score fall until an alarm is raised",
        ),
        (_shop(board, RECOVERS), "building works have just ended: watch it recover, and its alarm end"),
        (
            _shop(board, WAS_OFFLINE),
            (
                f"offline since {off_since:%A %H:%M}, its till is about to deliver {BACKLOG_RECORDS} answers at once, "
                "some of them too late for a call within 48 hours"
            ),
        ),
        (_shop(board, kiosk), "something is about to happen there: its kiosk will not be spared"),
    ]
    nps = command_name()
    tries = [
        (_export(settings), ""),
        (f"{nps} scores", f'every brand; --brand "{QUEUE_GROWS[0]}" for its stores'),
        (f"{nps} alerts tail", "customers to call back, as they answer, say more, are called"),
        (f"{nps} alerts list --overdue", "whom nobody has called in time; nps alerts contact does it"),
        (f"kill -9 {workers[0].pid}", "a worker dies at work: nothing is lost, nothing comes twice"),
    ]
    return Group(
        table_of(rows),
        Text(),
        _pairs("Look at", stories),
        Text(),
        _pairs("Try, in another terminal", [(Text(what), why) for what, why in tries]),
    )


def command_name() -> str:
    """How `nps` was called, so that what is shown can be typed as it stands."""
    called = Path(sys.argv[0])
    if called.name == "nps":
        return "nps" if shutil.which("nps") else sys.argv[0]
    return f"{Path(sys.executable).name} -m streams"


def _export(settings: Settings) -> str:
    shown = {"NPS_BROKERS": settings.brokers, "NPS_TOPIC_PREFIX": settings.topic_prefix}
    return "export " + " ".join(f"{name}={value}" for name, value in shown.items() if value)


def _shop(board: str, name: tuple[str, str]) -> Text:
    """A shop, which a terminal that knows how makes a link to its place on the board."""
    path = "/".join(quote(part) for part in name)
    return Text(", ".join(name), style=f"link {board}/#/store/{path}?window=24h")


def _pairs(title: str, pairs: list[tuple[Text, str]]) -> RenderableType:
    lines = [Text(title, style="bold")]
    for what, why in pairs:
        what.stylize("cyan")
        lines.append(Text("  ").append_text(what))
        if why:
            lines.append(Text(f"      {why}", style="dim"))
    return Group(*lines)
