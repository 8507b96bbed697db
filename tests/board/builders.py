"""What a test shows on a board: figures of brands and stores, alerts, and a board that serves them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from streams.board.documents import instant
from streams.board.live import Hub
from streams.board.model import Board, Place, Raised
from streams.board.progress import Progress
from streams.board.server import listening
from streams.board.standing import Standing
from streams.domain.score import SEVERITIES
from streams.domain.tally import Figures, figures, from_histogram
from streams.domain.window import WINDOWS, WindowName
from streams.events.alert import Alert, StoreNps
from streams.settings import Settings

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


def some_figures(detractors: int = 0, passives: int = 0, promoters: int = 0) -> Figures:
    """The figures of that many answers of each band."""
    return figures(from_histogram((detractors, 0, 0, 0, 0, 0, 0, passives, 0, promoters, 0)))


def a_standing(
    brand: str = "Maison",
    store: str | None = None,
    counts: tuple[int, int, int] = (20, 30, 50),
    *,
    as_of: datetime = NOON,
    **windows: tuple[int, int, int],
) -> Standing:
    """Figures of a brand or store: (detractors, passives, promoters) in every window, or by window as `w30d=...`."""
    each: dict[WindowName, Figures] = {window: some_figures(*windows.get(f"w{window}", counts)) for window in WINDOWS}
    return Standing(brand, store, as_of, each)


def an_alert(**overrides: Any) -> Alert:
    """An alert of a dissatisfied customer; `score` decides on its severity."""
    score = overrides.get("score", 3)
    submitted_at = overrides.get("submitted_at", NOON)
    given = {
        "alert_id": str(uuid4()),
        "kind": "raised",
        "response_id": "r-1",
        "source": "till",
        "brand": "Maison",
        "store": "Lyon",
        "score": score,
        "severity": SEVERITIES[score],
        "reasons": [],
        "due_at": instant(submitted_at + timedelta(hours=48)),
        "late": False,
        "reason_missing": overrides.get("comment", "Une heure en caisse") is None,
        "comment": "Une heure en caisse",
        "language": "fr",
        "customer_ref": "c-1",
        "contactable": True,
        "link": None,
        "store_nps": StoreNps("30d", 30.0, 14.1, 44.2, 100),
    }
    return Alert(**(given | overrides | {"submitted_at": instant(submitted_at)}))


def raised(number: int = 0, **overrides: Any) -> Raised:
    """An alert as the reader takes it, the `number`th of its partition, a second after the one before."""
    return Raised(Place(round(NOON.timestamp() * 1000) + number * 1000, 0, number), an_alert(**overrides))


class Served:
    """A board under test: its address, and the parts that a reader would feed."""

    def __init__(self, *, caught_up: bool = True) -> None:
        self.board = Board()
        self.progress = Progress(heard_s=NOON.timestamp(), caught_up=caught_up)
        self.hub = Hub(self.board, self.progress, now=NOON.timestamp)
        self.address = ""

    def show(self, *standings: Standing) -> None:
        """Take figures, and tell the pages."""
        for standing in standings:
            self.board.apply_score(standing)
            self.hub.score_changed(standing.brand, standing.store)

    def alert(self, *alerts: Raised) -> None:
        """Take alerts, and tell the pages."""
        for each in alerts:
            assert self.board.apply_alert(each)
            self.hub.alert_raised(each)


@asynccontextmanager
async def a_served_board(
    *, now: Any = NOON.timestamp, caught_up: bool = True, **settings: Any
) -> AsyncIterator[Served]:
    """Serve a board on a free port; nothing feeds it but the test."""
    served = Served(caught_up=caught_up)
    served.hub = Hub(served.board, served.progress, now=now)
    async with listening(
        Settings(**({"board_port": 0} | settings)),
        board=served.board,
        progress=served.progress,
        hub=served.hub,
        now=now,
    ) as address:
        served.address = address
        yield served
