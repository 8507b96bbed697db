"""What people do to a case: one move of its table, one event, once."""

from typing import Final

from streams.agents.desk import Desk
from streams.agents.telling import Happened, life_event
from streams.domain.case import NEVER, REASSIGNED, Case
from streams.domain.follow import is_used_up, told
from streams.domain.life import DISMISSALS, Move, after
from streams.domain.store import Store
from streams.domain.timers import reopened
from streams.events.action import Action
from streams.events.alert import Taken
from streams.events.rejected import Rejected
from streams.events.time import epoch_ms

_TAKEN_MAX: Final = 1_000
"""Actions of one case that are recognised when they are repeated; the oldest of more are not."""


def act(desk: Desk, store: Store, action: Action) -> str | Rejected:
    """Take an action; gives its disposition, or why it cannot be taken.

    An action that was taken before changes nothing, whatever became of the case since.
    """
    named = desk.case(action.alert_id)
    if named is None or desk.filed[action.alert_id][0] is not store:
        return Rejected("illegal_transition")
    case = desk.lead_of(named)
    taken = told(action.action_id)
    if taken in case.taken:
        return "duplicate"
    status = after(case.status, action.action)
    endless = status in {case.status, "reopened"}
    if status is None or (endless and is_used_up(case.sequence)):
        return Rejected("illegal_transition")
    at_ms = max(case.submitted_ms, epoch_ms(action.at))
    moved = _moved(case._replace(status=status), action, at_ms)
    moved = moved._replace(sequence=case.sequence + 1, taken=(*case.taken, taken)[-_TAKEN_MAX:])
    if action.action == "reopened" and desk.ledger.rulebook.of(store).gone:
        moved = moved._replace(flags=moved.flags | REASSIGNED)  # the event itself says who is to act
    desk.put(store, case, moved)
    kind, changes = _KINDS.get(action.action, (action.action, []))
    taken_by = Taken(action.action_id, action.actor, action.channel, action.note, action.quality)
    happened = Happened(kind, at_ms, action=taken_by, changes=changes, reason=action.reason)
    desk.tell(store, life_event(desk, store, moved, happened))
    return "counted"


_KINDS: Final[dict[Move, tuple[str, list[str]]]] = {
    "noted": ("enriched", ["note"]),
    "rated": ("enriched", ["quality"]),
}


def _moved(case: Case, action: Action, at_ms: int) -> Case:
    """The case with what an action says of it; its status is the new one already."""
    moved = case
    match action.action:
        case "acknowledged" | "contacted" as seen:
            # Whoever calls has seen the case. What was done first counts, whichever is told first.
            moved = moved._replace(acknowledged_ms=_first_ms(case.acknowledged_ms, at_ms))
            if seen == "contacted":
                moved = moved._replace(contacted_ms=_first_ms(case.contacted_ms, at_ms))
        case "resolved":
            moved = case._replace(resolved_ms=at_ms, ended_ms=at_ms)
        case "dismissed":
            assert action.reason is not None
            moved = case._replace(ended_ms=at_ms, dismissal=DISMISSALS.index(action.reason))
        case "reopened":
            again = case._replace(resolved_ms=NEVER, ended_ms=NEVER, dismissal=NEVER, reopened=case.reopened + 1)
            moved = reopened(again, at_ms)
        case "rated":
            assert action.quality is not None
            moved = case._replace(quality=action.quality)
    return moved


def _first_ms(known_ms: int, at_ms: int) -> int:
    return at_ms if known_ms == NEVER else min(known_ms, at_ms)
