"""A page: the votes of one store on one UTC day, and its packed form, which is the row in the changelog.

A packed page is, little-endian: version (1 byte, now 1), number of votes n (2 bytes), n identities (8 bytes each),
n votes (8 bytes each), then for each vote that carries versions its index (2 bytes) and three versions (8 bytes each).
That is 16 bytes per vote and 3 per page. Pages stay packed until they are touched.
"""

import struct
from array import array
from collections.abc import Iterator, Mapping

from streams.domain.vote import COUNTS, MINUTE_MASK, MINUTE_SHIFT, Versions
from streams.domain.window import HOURS

VOTES_MAX = 64
"""Votes per page; more continue in the next segment. A commit writes changed pages whole, so a page is kept small."""
ROW_VERSION = 1

_HEAD = struct.Struct("<BH")
_VERSIONS = struct.Struct("<Hqqq")
_COUNT = COUNTS.__getitem__


class NewerRow(ValueError):
    """A row written by a later release; this one must not touch it."""


class Page:
    """An unpacked page of at most VOTES_MAX votes, and the versions of those that carry any.

    Identities and votes are kept in columns, as they are packed: a page is packed far more often than it is unpacked.
    """

    __slots__ = ("_identities", "_votes", "dirty", "key", "positions", "touched", "versions")

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.positions: dict[int, int] = {}
        """Where in the columns each identity is."""
        self.versions: dict[int, Versions] = {}
        self.dirty = False
        self.touched = True
        self._identities = array("Q")
        self._votes = array("Q")

    def __len__(self) -> int:
        return len(self.positions)

    @property
    def votes(self) -> dict[int, int]:
        """The vote of each identity, in the order in which they came: a copy. Assigning replaces them all."""
        return dict(zip(self._identities, self._votes, strict=True))

    @votes.setter
    def votes(self, votes: Mapping[int, int]) -> None:
        self.positions = {identity: position for position, identity in enumerate(votes)}
        self._identities = array("Q", votes)
        self._votes = array("Q", votes.values())

    def get(self, identity: int) -> int | None:
        """The vote of an identity, None for an unknown one."""
        position = self.positions.get(identity)
        return None if position is None else self._votes[position]

    def put(self, identity: int, vote: int) -> None:
        """Set the vote of an identity."""
        position = self.positions.get(identity)
        if position is None:
            self.append(identity, vote)
        else:
            self._votes[position] = vote

    def append(self, identity: int, vote: int) -> None:
        """Set the vote of an identity that is not in the page."""
        positions = self.positions
        positions[identity] = len(positions)
        self._identities.append(identity)
        self._votes.append(vote)

    def pack(self) -> bytes:
        """The packed form."""
        row = _HEAD.pack(ROW_VERSION, len(self.positions)) + self._identities.tobytes() + self._votes.tobytes()
        if not self.versions:
            return row
        position = self.positions
        return row + b"".join(_VERSIONS.pack(position[identity], *v) for identity, v in self.versions.items())

    def load(self, row: bytes) -> None:
        """Take what a row holds into an empty page; raises NewerRow."""
        n = _length(row)
        self._identities = array("Q", row[3 : 3 + 8 * n])
        self._votes = array("Q", row[3 + 8 * n : 3 + 16 * n])
        self.positions = dict(zip(self._identities, range(n), strict=True))
        self.versions = {
            self._identities[position]: Versions(answer, excluded, deleted)
            for position, answer, excluded, deleted in _VERSIONS.iter_unpack(row[3 + 16 * n :])
        }


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


def hours_of(page: Page | bytes) -> Iterator[tuple[int, int]]:
    """The hour of the day (0-23) and the tally of each vote of a page that counts."""
    row = page if isinstance(page, bytes) else page.pack()
    n = _length(row)
    for vote in array("Q", row[3 + 8 * n : 3 + 16 * n]):
        one = COUNTS[vote & 0xFF]
        if one:
            yield (vote >> MINUTE_SHIFT & MINUTE_MASK) // (1440 // HOURS), one


def _length(row: bytes) -> int:
    if row[0] != ROW_VERSION:
        message = f"a page of row version {row[0]}; this release knows {ROW_VERSION}"
        raise NewerRow(message)
    return row[1] | row[2] << 8
