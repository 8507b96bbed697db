"""What records mean for the read model, and who is told of it: one function for each topic that the board reads."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

from streams.board import alarms, alerts
from streams.board.alerts import Place
from streams.board.live import Hub
from streams.board.model import Board
from streams.board.periods import adds_up
from streams.board.progress import Progress
from streams.board.standing import standing_of
from streams.events.action import decode_action
from streams.events.alarm import decode_alarm
from streams.events.alert import Alert, decode_alert
from streams.events.dead_letter import parse_dead_letter_headers
from streams.events.rejected import Rejected
from streams.events.score import Score, decode_score
from streams.events.trend import decode_trend
from streams.topology import ACTIONS_DEAD, ALARMS, ALERTS, SCORES, TRENDS

Outcome = Literal["taken", "malformed", "unshown"]


class Intake:
    """Applies records to the board. Pages are told of what is new once the board has caught up."""

    def __init__(self, board: Board, progress: Progress, hub: Hub) -> None:
        self._board = board
        self._progress = progress
        self._hub = hub
        self.by_topic: Mapping[str, Callable[[Any], Outcome]] = {
            SCORES.name: self.score,
            TRENDS.name: self.trend,
            ALARMS.name: self.alarm,
            ALERTS.name: self.alert,
            ACTIONS_DEAD.name: self.refused,
        }

    def score(self, record: Any) -> Outcome:
        """Take a record of `nps.scores`."""
        if record.value is None:
            brand, store = _key(record)
            self._board.remove_score(brand, store)
        else:
            score = decode_score(record.value)
            standing = standing_of(score) if isinstance(score, Score) else None
            if standing is None:
                return "malformed"
            brand, store = standing.brand, standing.store
            self._board.apply_score(standing)
        if self._progress.caught_up:
            self._hub.score_changed(brand, store)
        return "taken"

    def trend(self, record: Any) -> Outcome:
        """Take a record of `nps.trends`: as it came, once it was seen to make sense."""
        if record.value is None:
            brand, store = _key(record)
            self._board.remove_trend(brand, store)
        else:
            trend = decode_trend(record.value)
            if isinstance(trend, Rejected) or not adds_up(trend):
                return "malformed"
            brand, store = trend.brand, trend.store
            self._board.apply_trend(brand, store, record.value, datetime.fromisoformat(trend.as_of))
        if self._progress.caught_up:
            self._hub.trend_changed(brand, store)
        return "taken"

    def alarm(self, record: Any) -> Outcome:
        """Take a record of `nps.alarms`."""
        alarm = Rejected("schema") if record.value is None else decode_alarm(record.value)
        if isinstance(alarm, Rejected):
            return "malformed"
        windows = [window for window in (alarm.current, alarm.baseline) if window is not None]
        instants = [alarm.as_of, *(text for window in windows for text in (window.from_, window.to))]
        if not all(map(_is_instant, instants)):
            return "malformed"
        if alarm.kind not in alarms.KINDS:
            return "unshown"
        if self._board.alarms.apply(alarm) and self._progress.caught_up:
            self._hub.score_changed(alarm.brand, alarm.store)
        return "taken"

    def alert(self, record: Any) -> Outcome:
        """Take a record of `followup.alerts`: into the list of alerts what is known, into its case whatever it is."""
        alert = Rejected("schema") if record.value is None else decode_alert(record.value)
        if isinstance(alert, Rejected) or not _is_dated(alert):
            return "malformed"
        is_known = alert.kind in alerts.KINDS
        if None in {alert.submitted_at, alert.due_at, alert.score, alert.severity}:
            return "malformed" if is_known else "unshown"  # a digest, say, which is of no alert
        place = Place(record.timestamp, record.partition, record.offset)
        if not is_known and alert.case_id is None:
            return "unshown"
        followed = self._board.alerts.apply(place, alert) if is_known else []
        cases = self._board.cases.apply(place, alert)
        if self._progress.caught_up:
            self._hub.alerts_changed(followed)
            self._hub.cases_changed(cases)
        return "taken"

    def refused(self, record: Any) -> Outcome:
        """Take a record of `followup.actions.dead`: of an action that no worker would take, if it is of one."""
        origin, action = parse_dead_letter_headers(record.headers), decode_action(record.value)
        if origin is None or isinstance(action, Rejected):
            return "unshown"  # rules or facts, or nothing that could have been taken
        changed = self._board.cases.refuse(record.timestamp, action, origin.reason)
        if self._progress.caught_up:
            self._hub.cases_changed(changed)
        return "taken"


def _key(record: Any) -> tuple[str, str | None]:
    brand, _, store = (record.key or b"").decode(errors="replace").partition("|")
    return brand, store or None


def _is_dated(alert: Alert) -> bool:
    """Whether what should be an instant is one."""
    given = [alert.submitted_at, alert.due_at, alert.at]
    if alert.escalation is not None:
        given.append(alert.escalation.due_at)
    return all(instant is None or _is_instant(instant) for instant in given)


def _is_instant(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
