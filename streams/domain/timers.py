"""The clocks of a case: when the next one is due, and which are due now.

Counted from submission: to acknowledge a P1 after 4 hours; of the 48 hours to contact the customer half as a warning,
all as the breach, half more as the second level; 30 days until a case that nobody ended expires. Each fires once. One
that was missed during an outage fires late, all that were missed in their order.
"""

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from streams.domain.calendar import Clocks
from streams.domain.case import EXPIRY_MS, HOUR_MS, KEPT_MS, NEVER, WITHDRAWN, Case

Stage = Literal["acknowledge", "warning", "breach", "second", "expiry"]
STAGES: Final[tuple[Stage, ...]] = ("acknowledge", "warning", "breach", "second", "expiry")
"""In this order they are numbered in rows."""

ACKNOWLEDGE_MS: Final = 4 * HOUR_MS
WARNING_MS: Final = 24 * HOUR_MS
DUE_MS: Final = 48 * HOUR_MS
SECOND_MS: Final = 72 * HOUR_MS

_EXPIRY: Final = STAGES.index("expiry")


class Due(NamedTuple):
    """A clock that is due, and since when (ms since the epoch)."""

    due_ms: int
    stage: Stage


def plain_clocks(submitted_ms: int) -> Clocks:
    """The clocks where no rule set says otherwise."""
    return Clocks(
        submitted_ms + ACKNOWLEDGE_MS, submitted_ms + WARNING_MS, submitted_ms + DUE_MS, submitted_ms + SECOND_MS
    )


def clocks_of(case: Case) -> Clocks:
    """The clocks of a case."""
    return case.clocks or plain_clocks(case.submitted_ms)


def as_urgent_as(case: Case, attached: Sequence[Case]) -> Case:
    """The case as its clocks look at it, with the alerts that are attached to it.

    It is as severe as the worst of its alerts that were not withdrawn, and to be acknowledged so long after the first
    P1 among them was submitted, whichever that is.
    """
    alerts = [one for one in (case, *attached) if not one.flags & WITHDRAWN] or [case]
    severity = min(one.severity for one in alerts)
    if severity > 1:
        return case._replace(severity=severity)
    acknowledge_ms = min(clocks_of(one).acknowledge_ms for one in alerts if one.severity == 1)
    return case._replace(severity=severity, clocks=clocks_of(case)._replace(acknowledge_ms=acknowledge_ms))


def first_due_ms(submitted_ms: int, severity: int) -> int:
    """When the first clock of a fresh case with plain clocks is due."""
    return submitted_ms + (ACKNOWLEDGE_MS if severity == 1 else WARNING_MS)


def next_due_ms(case: Case) -> int:
    """When something is next due of a case: one of its clocks, or that it is forgotten."""
    pending = _pending(case)
    return min(due.due_ms for due in pending) if pending else case.submitted_ms + KEPT_MS


def due_at(case: Case, now_ms: int) -> list[Due]:
    """The clocks of a case that are due and have not fired, in their order."""
    return sorted(
        (due for due in _pending(case) if due.due_ms <= now_ms), key=lambda due: (due.due_ms, STAGES.index(due.stage))
    )


def fired(case: Case, stage: Stage) -> Case:
    """The case once a clock fired."""
    return case._replace(fired=case.fired | 1 << STAGES.index(stage))


def has_fired(case: Case, stage: Stage) -> bool:
    """Whether a clock has fired."""
    return bool(case.fired >> STAGES.index(stage) & 1)


def reopened(case: Case, at_ms: int) -> Case:
    """The case once it is open again: what was told is not told again, but for its expiry, which begins anew."""
    return case._replace(expiry_ms=max(case.expiry_ms, at_ms + EXPIRY_MS), fired=case.fired & ~(1 << _EXPIRY))


def _pending(case: Case) -> list[Due]:
    """The clocks that run. An attached alert has none: its case's run."""
    if not case.is_active or case.lead is not None:
        return []
    clocks = clocks_of(case)
    running: list[Due] = [Due(case.expiry_ms, "expiry")]
    if case.contacted_ms == NEVER:
        running += [
            Due(clocks.warning_ms, "warning"),
            Due(clocks.due_ms, "breach"),
            Due(clocks.second_ms, "second"),
        ]
        if case.severity == 1 and case.acknowledged_ms == NEVER:
            running.append(Due(clocks.acknowledge_ms, "acknowledge"))
    return [due for due in running if not has_fired(case, due.stage)]
