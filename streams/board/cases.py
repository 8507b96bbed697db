"""The follow-up desk as the board knows it: the cases of `followup.alerts`, those that are open by time left. Pure.

Bounded: of more than CASES_MAX the one that ended first goes, and only where none has ended the one that was opened
first. What ended and was not touched for as long as the topic keeps goes as well: nobody's words are held longer here
than there.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from streams.board.alerts import Place, Response, response_of
from streams.board.case import Case, opened_by
from streams.domain.case import KEPT_MS
from streams.events.action import Action
from streams.events.alert import Alert
from streams.events.rejected import Reason

CASES_MAX: Final = 20_000


class Refusal(NamedTuple):
    """An action that ended as a dead letter: when that was written (ms since the epoch), by what id, what, and why."""

    at_ms: int
    action_id: str
    action: str
    reason: Reason


class Page(NamedTuple):
    """Some of the open cases, how many match, and how many of these are overdue."""

    total: int
    overdue: int
    cases: list[Case]


class Cases:
    """All cases that are held."""

    def __init__(self, *, cases_max: int = CASES_MAX) -> None:
        self._cases_max = cases_max
        self._active: dict[str, Case] = {}
        self._ended: dict[str, Case] = {}
        """In the order in which they ended."""
        self._case_ids: dict[str, str] = {}
        """By alert id."""
        self._responses: dict[Response, dict[str, None]] = {}
        """The alerts of each response."""
        self._refusals: dict[str, Refusal] = {}
        """By alert the last action that was refused, whether or not its case is known (yet); the oldest first."""

    def __len__(self) -> int:
        return len(self._active) + len(self._ended)

    @property
    def active(self) -> Iterable[Case]:
        """Those that somebody still has to do something about, in no order."""
        return self._active.values()

    def clear(self) -> None:
        """Forget all of them."""
        for held in (self._active, self._ended, self._case_ids, self._responses, self._refusals):
            held.clear()

    def of_alert(self, alert_id: str) -> Case | None:
        """The case of an alert, of the one that opened it or of one that is attached to it; None for an unknown one."""
        case_id = self._case_ids.get(alert_id)
        return None if case_id is None else self._active.get(case_id) or self._ended[case_id]

    def apply(self, place: Place, event: Alert) -> list[str]:
        """Take an event of whatever kind that names its case; gives the ids of the cases that changed."""
        case = self._fold(place, event)
        changed = {} if case is None else {case.case_id: None}
        response = response_of(event)
        if event.reason == "forgotten" and response is not None:
            for alert_id in self._responses.get(response, ()):
                case_of = self.of_alert(alert_id)
                assert case_of is not None
                case_of.forget(response, place.at_ms)
                changed[case_of.case_id] = None
        self._bound(place.at_ms)
        return list(changed)

    def refuse(self, at_ms: int, action: Action, reason: Reason) -> list[str]:
        """Take an action that ended as a dead letter, written then; gives the ids of the cases that changed."""
        self._refusals.pop(action.alert_id, None)
        self._refusals[action.alert_id] = Refusal(at_ms, action.action_id, action.action, reason)
        if len(self._refusals) > self._cases_max:
            del self._refusals[next(iter(self._refusals))]
        case_id = self._case_ids.get(action.alert_id)
        return [] if case_id is None else [case_id]

    def refusal_of(self, case: Case) -> Refusal | None:
        """The last action about a case that no worker would take."""
        refusals = [self._refusals[alert_id] for alert_id in case.alerts if alert_id in self._refusals]
        return max(refusals, key=lambda refusal: refusal.at_ms, default=None)

    def page(
        self,
        *,
        now_ms: int,
        brand: str | None = None,
        store: str | None = None,
        severity: str | None = None,
        owner: str | None = None,
        offset: int = 0,
        limit: int = 50,
    ) -> Page:
        """Open cases by time left, first those whose customer still waits, the longest overdue before all others."""
        found = [
            case
            for case in self._active.values()
            if brand in {None, case.brand}
            and store in {None, case.store}
            and severity in {None, case.severity}
            and owner in {None, case.owner}
        ]
        found.sort(key=lambda case: (not case.waits, case.due_ms, case.case_id))
        overdue = sum(case.is_overdue(now_ms) for case in found)
        return Page(len(found), overdue, found[offset : offset + limit])

    def _fold(self, place: Place, event: Alert) -> Case | None:
        if event.case_id is None:
            return None
        case = self.of_alert(event.case_id) or opened_by(event)
        if not case.add(place, event):
            return None
        if len(case.events) == 1 and not case.is_active:
            return None  # of a case that was not known, an end is no news
        self._case_ids[case.case_id] = self._case_ids[event.alert_id] = case.case_id
        response = response_of(event)
        if response is not None:
            self._responses.setdefault(response, {})[event.alert_id] = None
        self._file(case)
        return case

    def _file(self, case: Case) -> None:
        before, after = (self._ended, self._active) if case.is_active else (self._active, self._ended)
        before.pop(case.case_id, None)
        after.setdefault(case.case_id, case)

    def _bound(self, now_ms: int) -> None:
        while len(self) > self._cases_max:
            self._drop(next(iter(self._ended.values() or self._active.values())))
        while self._ended and (first := next(iter(self._ended.values()))).changed_ms < now_ms - KEPT_MS:
            self._drop(first)

    def _drop(self, case: Case) -> None:
        del (self._active if case.is_active else self._ended)[case.case_id]
        self._case_ids.pop(case.case_id, None)
        for alert_id, alert in case.alerts.items():
            self._case_ids.pop(alert_id, None)
            response = response_of(alert)
            if response is not None:
                self._responses[response].pop(alert_id, None)
                if not self._responses[response]:
                    del self._responses[response]
