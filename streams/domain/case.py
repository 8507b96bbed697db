"""A case of the follow-up desk: what is kept of an alert that somebody is to follow up, and its row.

A case holds nobody's words: no comment, no note, no actor, no response id. Its row is, little-endian, a head of 34
bytes, which is all there is of a fresh case with plain clocks, and a tail once more is known: the clocks, what was done
when, the case that the alert is attached to, the alerts attached to it, and hashes of the actions that were taken.
"""

import struct
from typing import Final, NamedTuple
from uuid import UUID

from streams.domain.calendar import Clocks
from streams.domain.life import ACTIVE, STATUSES, Status
from streams.domain.page import NewerRow
from streams.domain.score import Severity

ROW_VERSION: Final = 1
NEVER: Final = -1

HELD: Final = 1
"""Not marked for interruption: the store had its share of this hour."""
CRITICAL: Final = 1 << 1
"""A comment touched a critical theme; the comment itself is not kept."""
REPEAT: Final = 1 << 2
"""The customer had an alert here before."""
CONTACTABLE: Final = 1 << 3
UNEXPLAINED: Final = 1 << 4
"""No comment so far: ask why."""
WITHDRAWN: Final = 1 << 5
"""The alert itself was retracted; its case goes on while alerts that are attached to it are not."""
REASSIGNED: Final = 1 << 6
"""The case was handed on because its store closed or moved, to whoever it is that is to act now."""
_TAIL: Final = 1 << 7

BELATED: Final = 1 << 5
"""Beside the clocks that fired: held in an hour that was listed already, and in no digest so far."""

SEVERITY_NAMES: Final[tuple[Severity, ...]] = ("P3", "P1", "P2", "P3")
"""By number, from 1."""

HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
EXPIRY_MS: Final = 30 * DAY_MS
"""A case that nobody ended expires so long after its submission or its last reopening."""
KEPT_MS: Final = 90 * DAY_MS
"""So long after submission a case is forgotten; it is also how long a customer counts as a repeated detractor."""

_HEAD: Final = struct.Struct("<BBBBBBHHqIIq")
_TAIL_HEAD: Final = struct.Struct("<4q4qbBH16sHH")
_FIRED_AT: Final = 5
"""Where the clocks that fired stand in a row."""
_NOBODY: Final = bytes(16)


class Case(NamedTuple):
    """One case, or an alert that is attached to one (`lead`). Times in ms since the epoch, NEVER where not so far."""

    alert_id: str
    status: Status
    severity: int
    """1, 2 or 3."""
    flags: int
    score: int
    fired: int
    """The clocks that fired, a bit each, as in `timers.STAGES`; and BELATED."""
    generation: int
    sequence: int
    """The number of the alert's last event."""
    submitted_ms: int
    customer: int
    """Hash of the customer reference, 0 for none."""
    hour: int
    """The hour (since the epoch) in which it interrupted, or was held."""
    expiry_ms: int
    clocks: Clocks | None = None
    """None for the plain ones, which follow from the submission."""
    acknowledged_ms: int = NEVER
    contacted_ms: int = NEVER
    resolved_ms: int = NEVER
    ended_ms: int = NEVER
    dismissal: int = NEVER
    """Index in DISMISSALS."""
    quality: int = 0
    """How the customer rated the reply, 1 to 5; 0 for not."""
    reopened: int = 0
    lead: str | None = None
    """The alert whose case this alert is attached to."""
    attached: tuple[str, ...] = ()
    taken: tuple[int, ...] = ()
    """Hashes of the actions that were taken."""

    @property
    def is_active(self) -> bool:
        """Whether somebody still has to do something about it."""
        return self.status in ACTIVE

    @property
    def case_id(self) -> str:
        """The alert whose case this is."""
        return self.lead or self.alert_id

    def pack(self) -> bytes:
        """The row."""
        return _pack_head(self, 0) if self[12:] == _FRESH else self._pack_all()

    def _pack_all(self) -> bytes:
        clocks = self.clocks or Clocks(NEVER, NEVER, NEVER, NEVER)
        lead = _NOBODY if self.lead is None else UUID(self.lead).bytes
        tail = _TAIL_HEAD.pack(
            *clocks,
            self.acknowledged_ms,
            self.contacted_ms,
            self.resolved_ms,
            self.ended_ms,
            self.dismissal,
            self.quality,
            self.reopened,
            lead,
            len(self.attached),
            len(self.taken),
        )
        attached = b"".join(UUID(alert_id).bytes for alert_id in self.attached)
        return _pack_head(self, _TAIL) + tail + attached + struct.pack(f"<{len(self.taken)}Q", *self.taken)


_FRESH: Final = tuple(Case._field_defaults[name] for name in Case._fields[12:])
_STATUS_NUMBERS: Final = {status: number for number, status in enumerate(STATUSES)}
_OPEN: Final = _STATUS_NUMBERS["open"]


def pack_fresh(
    severity: int, flags: int, score: int, generation: int, submitted_ms: int, customer: int, hour: int
) -> bytes:
    """The row of a case that was just opened and has plain clocks: the way of nearly every alert."""
    return _HEAD.pack(
        ROW_VERSION,
        _OPEN,
        severity,
        flags,
        score,
        0,
        generation,
        1,
        submitted_ms,
        customer,
        hour,
        submitted_ms + EXPIRY_MS,
    )


def belated(row: bytes) -> bytes:
    """The row of a fresh case that is BELATED."""
    return row[:_FIRED_AT] + bytes((BELATED,)) + row[_FIRED_AT + 1 :]


class Fresh(NamedTuple):
    """What a row says of a case to which nothing has happened."""

    severity: int
    flags: int
    submitted_ms: int
    customer: int
    hour: int


def unpack_fresh(row: bytes) -> Fresh | None:
    """What the row of a case says, if nothing has happened to it and its clocks are plain: in a third of the time.

    None for any other case, and for a row of a later release.
    """
    version, status, severity, flags, _, fired, _, _, submitted_ms, customer, hour, _ = _HEAD.unpack_from(row)
    if version != ROW_VERSION or status != _OPEN or fired or flags & _TAIL:
        return None
    return Fresh(severity, flags, submitted_ms, customer, hour)


def submitted_of(row: bytes) -> int:
    """When the answer behind the case of a row was submitted (ms since the epoch); of any release's row."""
    return int.from_bytes(row[10:18], "little")


def check_version(row: bytes) -> None:
    """Raise NewerRow for the row of a case that a later release wrote."""
    if row[0] != ROW_VERSION:
        message = f"a case of row version {row[0]}; this release knows {ROW_VERSION}"
        raise NewerRow(message)


def unpack_case(alert_id: str, row: bytes) -> Case:
    """The case of a row; raises NewerRow."""
    check_version(row)
    _, status, severity, flags, score, fired, generation, sequence, submitted_ms, customer, hour, expiry_ms = (
        _HEAD.unpack_from(row)
    )
    case = Case(
        alert_id,
        STATUSES[status],
        severity,
        flags & ~_TAIL,
        score,
        fired,
        generation,
        sequence,
        submitted_ms,
        customer,
        hour,
        expiry_ms,
    )
    return _with_tail(case, row[_HEAD.size :]) if flags & _TAIL else case


def _pack_head(case: Case, flags: int) -> bytes:
    return _HEAD.pack(
        ROW_VERSION,
        _STATUS_NUMBERS[case.status],
        case.severity,
        case.flags | flags,
        case.score,
        case.fired,
        case.generation,
        case.sequence,
        case.submitted_ms,
        case.customer,
        case.hour,
        case.expiry_ms,
    )


def _with_tail(case: Case, tail: bytes) -> Case:
    *numbers, lead, n_attached, n_taken = _TAIL_HEAD.unpack_from(tail)
    clocks = Clocks(*numbers[:4])
    acknowledged_ms, contacted_ms, resolved_ms, ended_ms, dismissal, quality, reopened = numbers[4:]
    start = _TAIL_HEAD.size
    ids = [tail[at : at + 16] for at in range(start, start + 16 * n_attached, 16)]
    return case._replace(
        clocks=None if clocks.due_ms == NEVER else clocks,
        acknowledged_ms=acknowledged_ms,
        contacted_ms=contacted_ms,
        resolved_ms=resolved_ms,
        ended_ms=ended_ms,
        dismissal=dismissal,
        quality=quality,
        reopened=reopened,
        lead=None if lead == _NOBODY else str(UUID(bytes=lead)),
        attached=tuple(str(UUID(bytes=one)) for one in ids),
        taken=struct.unpack_from(f"<{n_taken}Q", tail, start + 16 * n_attached),
    )
