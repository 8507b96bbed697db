"""A page: the votes of one store on one UTC day, and its packed form, which is the row in the changelog.

A packed page is, little-endian: version (1 byte, now 2), number of votes n (2 bytes), n identities (8 bytes each),
n votes (8 bytes each), for each vote that raised an alert, in order, the two words of the alert (16 bytes); then, where
there are any, their number (2 bytes) and for each vote that carries versions its index (2 bytes) and three versions
(8 bytes each); then to the end for each vote that was corrected its index (2 bytes) and its trace. That is 16 bytes
per vote, 16 per alert and 3 per page. Pages stay packed until they are touched.
"""

import struct
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from streams.domain.follow import LEGACY, AlertState, Words, unpack_alert
from streams.domain.vote import COUNTS, MINUTE_MASK, MINUTE_SHIFT, RAISED, Versions
from streams.domain.window import HOURS

VOTES_MAX = 64
"""Votes per page; more continue in the next segment. A commit writes changed pages whole, so a page is kept small."""
ROW_VERSION = 2
FIRST_ROW_VERSION = 1
"""The first release kept neither alerts nor traces, and no number of versions before them."""

_HEAD = struct.Struct("<BH")
_NUMBER = struct.Struct("<H")
_VERSIONS = struct.Struct("<Hqqq")
_TRACE = struct.Struct("<HHqq")
_COUNT = COUNTS.__getitem__
_CORRECTIONS_MAX = 0xFFFF
_NOWHERE = -1


class NewerRow(ValueError):
    """A row written by a later release; this one must not touch it."""


class Trace(NamedTuple):
    """How a vote came to be what it is: how many events changed it, and the offset of the last one and the last mark.

    Offsets are -1 where there is none, and once the response is forgotten.
    """

    corrections: int = 0
    corrected_at: int = _NOWHERE
    marked_at: int = _NOWHERE

    def then(self, offset: int, *, is_mark: bool) -> "Trace":
        """The trace after another event."""
        return Trace(min(self.corrections + 1, _CORRECTIONS_MAX), offset, offset if is_mark else self.marked_at)

    def then_nowhere(self) -> "Trace":
        """The trace after another event of a response that is forgotten."""
        return Trace(min(self.corrections + 1, _CORRECTIONS_MAX))


class Page:
    """An unpacked page of at most VOTES_MAX votes, the alerts they raised, their versions and traces where any.

    Identities and votes are kept in columns, as they are packed: a page is packed far more often than it is unpacked.
    """

    __slots__ = ("_alerts", "_identities", "_votes", "dirty", "key", "positions", "touched", "traces", "versions")

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.positions: dict[int, int] = {}
        """Where in the columns each identity is."""
        self.versions: dict[int, Versions] = {}
        self.traces: dict[int, Trace] = {}
        self.dirty = False
        self.touched = True
        self._identities = array("Q")
        self._votes = array("Q")
        self._alerts = array("Q")

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def votes(self) -> Mapping[int, int]:
        """The vote of each identity, in the order in which they came: a copy."""
        return dict(zip(self._identities, self._votes, strict=True))

    @property
    def column(self) -> Sequence[int]:
        """The votes in the order in which they came: no copy, and never to be changed from outside."""
        return self._votes

    @property
    def alerts(self) -> Mapping[int, AlertState]:
        """The latest alert of each identity that raised one: a copy."""
        raised = (identity for identity, vote in zip(self._identities, self._votes, strict=True) if vote & RAISED)
        words = zip(self._alerts[::2], self._alerts[1::2], strict=True)
        return dict(zip(raised, map(unpack_alert, words), strict=True))

    def get(self, identity: int) -> int | None:
        """The vote of an identity, None for an unknown one."""
        position = self.positions.get(identity)
        return None if position is None else self._votes[position]

    def alert(self, identity: int) -> AlertState | None:
        """The latest alert of an identity, None where it raised none."""
        position = self.positions.get(identity)
        if position is None or not self._votes[position] & RAISED:
            return None
        at = self._alert_at(position)
        return unpack_alert((self._alerts[at], self._alerts[at + 1]))

    def put(self, identity: int, vote: int, alert: AlertState | None = None) -> None:
        """Set the vote of an identity and, where its vote says RAISED, its alert."""
        assert bool(vote & RAISED) == (alert is not None)
        position = self.positions.get(identity)
        if position is None:
            self.append(identity, vote, None if alert is None else alert.pack())
            return
        had_alert = self._votes[position] & RAISED
        assert vote & RAISED or not had_alert, "an alert that was raised is never forgotten"
        self._votes[position] = vote
        if alert is not None:
            at = self._alert_at(position)
            self._alerts[at : at + 2 if had_alert else at] = array("Q", alert.pack())

    def append(self, identity: int, vote: int, alert: Words | None = None) -> None:
        """Set the vote of an identity that is not in the page, with the words of the alert where it says RAISED."""
        positions = self.positions
        positions[identity] = len(positions)
        self._identities.append(identity)
        self._votes.append(vote)
        if alert is not None:
            self._alerts.extend(alert)

    def pack(self) -> bytes:
        """The packed form."""
        position = self.positions
        row = (
            _HEAD.pack(ROW_VERSION, len(position))
            + self._identities.tobytes()
            + self._votes.tobytes()
            + self._alerts.tobytes()
        )
        if not (self.versions or self.traces):
            return row
        versions = (_VERSIONS.pack(position[identity], *v) for identity, v in self.versions.items())
        traces = (_TRACE.pack(position[identity], *trace) for identity, trace in self.traces.items())
        return b"".join((row, _NUMBER.pack(len(self.versions)), *versions, *traces))

    def load(self, row: bytes) -> None:
        """Take what a row holds into an empty page; raises NewerRow."""
        n = _length(row)
        self._identities = array("Q", row[3 : 3 + 8 * n])
        self._votes = array("Q", row[3 + 8 * n : 3 + 16 * n])
        self.positions = dict(zip(self._identities, range(n), strict=True))
        raised = sum(1 for vote in self._votes if vote & RAISED)
        end = 3 + 16 * n
        if row[0] == FIRST_ROW_VERSION:
            self._alerts = array("Q", LEGACY * raised)
            self.versions = self._load_versions(row[end:])
            return
        self._alerts = array("Q", row[end : end + 16 * raised])
        end += 16 * raised
        if end == len(row):
            return
        start = end + _NUMBER.size
        end = start + _VERSIONS.size * int(_NUMBER.unpack_from(row, end)[0])
        self.versions = self._load_versions(row[start:end])
        self.traces = {self._identities[position]: Trace(*trace) for position, *trace in _TRACE.iter_unpack(row[end:])}

    def _load_versions(self, packed: bytes) -> dict[int, Versions]:
        identities = self._identities
        return {identities[position]: Versions(*versions) for position, *versions in _VERSIONS.iter_unpack(packed)}

    def _alert_at(self, position: int) -> int:
        """Where in the column the alert of the vote at a position is, or would be."""
        return 2 * sum(1 for vote in self._votes[:position] if vote & RAISED)


def unpack(key: bytes, row: bytes) -> Page:
    """The page of a packed row; raises NewerRow."""
    page = Page(key)
    page.load(row)
    return page


def tally_of(row: bytes) -> int:
    """The tally of a packed page, without unpacking it; raises NewerRow."""
    n = _length(row)
    start = 3 + 8 * n
    return sum(map(_COUNT, row[start : start + 8 * n : 8]))


def votes_of(page: Page | bytes) -> Sequence[int]:
    """The votes of a page in the order in which they came, without unpacking or copying much; raises NewerRow."""
    if isinstance(page, Page):
        return page.column
    n = _length(page)
    return array("Q", page[3 + 8 * n : 3 + 16 * n])


def hours_of(page: Page | bytes) -> Iterator[tuple[int, int]]:
    """The hour of the day (0-23) and the tally of each vote of a page that counts."""
    for vote in votes_of(page):
        one = COUNTS[vote & 0xFF]
        if one:
            yield (vote >> MINUTE_SHIFT & MINUTE_MASK) // (1440 // HOURS), one


def _length(row: bytes) -> int:
    if not FIRST_ROW_VERSION <= row[0] <= ROW_VERSION:
        message = f"a page of row version {row[0]}; this release knows {FIRST_ROW_VERSION} to {ROW_VERSION}"
        raise NewerRow(message)
    return row[1] | row[2] << 8
