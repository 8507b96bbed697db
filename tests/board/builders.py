"""What a test shows on a board: figures of brands and stores, alerts, and a board that serves them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from msgspec.structs import replace

from streams.board.alerts import Followed, Place
from streams.board.behind import Explain
from streams.board.desk import Act
from streams.board.documents import instant
from streams.board.live import Hub
from streams.board.model import Board
from streams.board.progress import Progress
from streams.board.server import listening
from streams.board.standing import Standing
from streams.domain.comparison import compare, mean_of
from streams.domain.period import CALENDARS
from streams.domain.score import SEVERITIES
from streams.domain.tally import figures, from_histogram, histogram
from streams.domain.window import WINDOWS, WindowName
from streams.events.action import Action
from streams.events.alarm import Alarm, AlarmWindow
from streams.events.alert import Alert, StoreNps, Taken
from streams.events.rejected import Reason
from streams.events.score import Comparison, FollowUp, Wait, WindowFigures
from streams.events.trend import Restated, Series, Trend, encode_trend
from streams.settings import Settings

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
TODAY = 20_526
"""The day of NOON since the epoch."""

Counts = tuple[int, int, int]
"""Detractors, passives, promoters."""


def a_tally(detractors: int = 0, passives: int = 0, promoters: int = 0) -> int:
    """That many answers of each band: detractors 0, passives 7, promoters 9."""
    return from_histogram((detractors, 0, 0, 0, 0, 0, 0, passives, 0, promoters, 0))


def some_figures(now: Counts, before: Counts | None = None, year_ago: Counts | None = None) -> WindowFigures:
    """The figures of a window, compared with those before it and a year ago."""
    tally = a_tally(*now)
    plain = figures(tally)
    others = (_compared(tally, before), _compared(tally, year_ago))
    return WindowFigures(*plain, histogram(tally), mean_of(tally), plain.n < 30, *others)


def _compared(tally: int, then: Counts | None) -> Comparison | None:
    if then is None:
        return None
    other = figures(a_tally(*then))
    return Comparison(other.n, other.nps, other.low, other.high, *compare(tally, a_tally(*then)))


def a_standing(
    brand: str = "Maison",
    store: str | None = None,
    counts: Counts = (20, 30, 50),
    *,
    as_of: datetime = NOON,
    before: Counts | None = (0, 0, 0),
    **windows: Counts,
) -> Standing:
    """Figures of a brand or store: (detractors, passives, promoters) in every window, or by window as `w30d=...`.

    `before` are those of each window before. With None it is a record of the first release, without comparisons.
    """
    year_ago = None if before is None else (0, 0, 0)
    each: dict[WindowName, WindowFigures] = {}
    for window in WINDOWS:
        now = windows.get(f"w{window}", counts)
        each[window] = some_figures(now) if window == "all" else some_figures(now, before, year_ago)
    return Standing(brand, store, as_of, each)


def a_trend(
    brand: str = "Maison",
    store: str | None = None,
    days: dict[int, Counts] | None = None,
    *,
    as_of: datetime = NOON,
    restated: dict[str, Counts] | None = None,
) -> bytes:
    """A trend from the answers of days, by how many days ago they were; `restated` has what periods said before."""
    today = int(as_of.timestamp()) // 86_400
    columns: dict[str, Any] = {}
    for calendar, unit in zip(CALENDARS, ("days", "weeks", "months"), strict=True):
        tallies = {number: [0, 0, 0] for number in calendar.shown_at(today)}
        for ago, counts in (days or {}).items():
            number = calendar.number_of(today - ago)
            if number in tallies:
                tallies[number] = [sum(each) for each in zip(tallies[number], counts, strict=True)]
        names = {calendar.name(number) for number in tallies}
        columns[unit] = Series(
            calendar.name(min(tallies)),
            [sum(counts) for counts in tallies.values()],
            [counts[2] for counts in tallies.values()],
            [counts[0] for counts in tallies.values()],
            sum(number < calendar.first_provisional(int(as_of.timestamp()) * 1000) for number in tallies),
            [Restated(name, sum(old), old[2], old[0]) for name, old in (restated or {}).items() if name in names],
        )
    return encode_trend(Trend(brand=brand, store=store, as_of=instant(as_of), **columns))


def an_alarm(**overrides: Any) -> Alarm:
    """An alarm of a score that fell, from 30 to -30; its windows are the last day and the nine before."""
    now, then = figures(a_tally(30, 10, 12)), figures(a_tally(100, 100, 220))
    given: dict[str, Any] = {
        "alarm_id": str(uuid4()),
        "kind": "raised",
        "rule": "drop",
        "brand": "Maison",
        "store": "Lyon",
        "as_of": instant(NOON),
        "episode": 1,
        "difference": -63.2,
        "z": -4.9,
        "p": 0.000001,
        "current": AlarmWindow(from_="2026-03-14T00:00:00Z", to="2026-03-15T00:00:00Z", **now._asdict()),
        "baseline": AlarmWindow(from_="2026-03-05T00:00:00Z", to="2026-03-14T00:00:00Z", **then._asdict()),
        "limits": {"z": 3.3},
    }
    return Alarm(**(given | overrides))


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
        "severity": SEVERITIES[min(score, 6)],
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


def follow_up(cases: int, in_time_share: float = 0.8) -> FollowUp:
    """What became of so many cases: nine tenths of them can be contacted, so many of these in time."""
    contactable = cases * 9 // 10
    in_time = round(contactable * in_time_share)
    done = min(contactable, round(contactable * in_time_share * 13 / 12))
    wait = Wait(done, contactable - done, 5_400, 90_000)
    return FollowUp(
        window="30d",
        cases=cases,
        open=cases - done,
        overdue=contactable - done,
        contactable=contactable,
        in_time=in_time,
        pending=0,
        in_time_share=in_time / contactable if contactable else None,
        not_contactable=cases - contactable,
        reopened=0,
        expired=0,
        dismissed={},
        acknowledge=wait,
        contact=wait,
        resolve=Wait(0, cases, None, None),
    )


Event = tuple[Place, Alert]


def raised(number: int = 0, **overrides: Any) -> Event:
    """An event of an alert as the reader takes it, the `number`th of its partition, a second after the one before."""
    return Place(round(NOON.timestamp() * 1000) + number * 1000, 0, number), an_alert(**overrides)


def opened(number: int = 0, **overrides: Any) -> Event:
    """The event of an alert that opens a case, as `raised`; its alert's id names the case, too."""
    alert_id = overrides.get("alert_id") or str(uuid4())
    of_case = {"case_id": alert_id, "status": "open", "rule_id": "low", "rule_version": 0, "owner": "region:Sud-Est"}
    place, alert = raised(number, **(of_case | overrides | {"alert_id": alert_id}))
    return place, replace(alert, at=alert.at or place.at)


def lived(of: Event, number: int, kind: str, status: str, **changes: Any) -> Event:
    """The next event of a case that a person or a clock brought, which says nothing of the response.

    `actor`, `channel`, `note`, `quality` and `action_id` make it somebody's action.
    """
    place = Place(round(NOON.timestamp() * 1000) + number * 1000, 0, number)
    said = {name: changes.pop(name, None) for name in ("action_id", "actor", "channel", "note", "quality")}
    action = Taken(**(said | {"action_id": said["action_id"] or f"a-{number}"})) if said["actor"] else None
    silent: dict[str, Any] = {
        "response_id": None,
        "source": None,
        "comment": None,
        "language": None,
        "customer_ref": None,
        "link": None,
        "store_nps": None,
        "reasons": [],
        "rule_id": None,
        "rule_version": None,
    }
    told = {"kind": kind, "status": status, "sequence": of[1].sequence + 1, "at": place.at, "action": action}
    return place, replace(of[1], **(silent | told | changes))


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

    def trend(self, brand: str, store: str | None, raw: bytes, as_of: datetime = NOON) -> None:
        """Take a trend, and tell the pages."""
        self.board.apply_trend(brand, store, raw, as_of)
        self.hub.trend_changed(brand, store)

    def alarm(self, alarm: Alarm) -> None:
        """Take the beginning or the end of an alarm, and tell the pages."""
        assert self.board.alarms.apply(alarm)
        self.hub.score_changed(alarm.brand, alarm.store)

    def alert(self, *events: Event) -> list[Followed]:
        """Take events of alerts, and tell the pages; gives the alerts that changed."""
        told = []
        for place, event in events:
            changed = self.board.alerts.apply(place, event)
            assert changed
            self.hub.alerts_changed(changed)
            told += changed
        return told

    def refuse(self, action: Action, reason: Reason, *, at: datetime = NOON) -> None:
        """Take an action that its worker refused, and tell the pages."""
        self.hub.cases_changed(self.board.cases.refuse(round(at.timestamp() * 1000), action, reason))

    def case(self, *events: Event) -> None:
        """Take events of cases, and tell the pages."""
        for place, event in events:
            self.hub.alerts_changed(self.board.alerts.apply(place, event))
            changed = self.board.cases.apply(place, event)
            assert changed
            self.hub.cases_changed(changed)


@asynccontextmanager
async def a_served_board(
    *,
    now: Any = NOON.timestamp,
    caught_up: bool = True,
    explain: Explain | None = None,
    act: Act | None = None,
    **settings: Any,
) -> AsyncIterator[Served]:
    """Serve a board on a free port; nothing feeds it but the test.

    `explain` says what is behind its numbers, `act` takes what is done on it.
    """
    served = Served(caught_up=caught_up)
    served.hub = Hub(served.board, served.progress, now=now)
    async with listening(
        Settings(**({"board_port": 0} | settings)),
        board=served.board,
        progress=served.progress,
        hub=served.hub,
        now=now,
        explain=explain,
        act=act,
    ) as address:
        served.address = address
        yield served
