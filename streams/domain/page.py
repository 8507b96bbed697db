"""A page: the votes of one store on one UTC day, and its packed form, which is the row in the changelog.

A packed page is, little-endian: version (1 byte, now 1), number of votes n (2 bytes), n identities (8 bytes each),
n votes (8 bytes each), then for each vote that carries versions its index (2 bytes) and three versions (8 bytes each).
That is 16 bytes per vote and 3 per page. Pages stay packed until they are touched.
"""

import struct
from array import array
from collections.abc import Iterator

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
    """An unpacked page of at most VOTES_MAX votes: identity to vote, and the versions of those that carry any."""

    __slots__ = ("dirty", "key", "touched", "versions", "votes")

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.votes: dict[int, int] = {}
        self.versions: dict[int, Versions] = {}
        self.dirty = False
        self.touched = True

    def pack(self) -> bytes:
        """The packed form."""
        votes = self.votes
        row = b"".join(
            (_HEAD.pack(ROW_VERSION, len(votes)), array("Q", votes).tobytes(), array("Q", votes.values()).tobytes())
        )
        if not self.versions:
            return row
        index = {identity: position for position, identity in enumerate(votes)}
        return row + b"".join(_VERSIONS.pack(index[identity], *v) for identity, v in self.versions.items())


def unpack(key: bytes, row: bytes) -> Page:
    """The page of a packed row; raises NewerRow."""
    n = _length(row)
    page = Page(key)
    identities = array("Q", row[3 : 3 + 8 * n])
    page.votes = dict(zip(identities, array("Q", row[3 + 8 * n : 3 + 16 * n]), strict=True))
    page.versions = {
        identities[index]: Versions(answer, excluded, deleted)
        for index, answer, excluded, deleted in _VERSIONS.iter_unpack(row[3 + 16 * n :])
    }
    return page


def tally_of(row: bytes) -> int:
    """The tally of a packed page, without unpacking it; raises NewerRow."""
    n = _length(row)
    start = 3 + 8 * n
    return sum(map(_COUNT, row[start : start + 8 * n : 8]))


def hours_of(page: Page | bytes) -> Iterator[tuple[int, int]]:
    """The hour of the day (0-23) and the tally of each vote of a page that counts."""
    if isinstance(page, bytes):
        n = _length(page)
        votes: Iterator[int] = iter(array("Q", page[3 + 8 * n : 3 + 16 * n]))
    else:
        votes = iter(page.votes.values())
    for vote in votes:
        one = COUNTS[vote & 0xFF]
        if one:
            yield (vote >> MINUTE_SHIFT & MINUTE_MASK) // (1440 // HOURS), one


def _length(row: bytes) -> int:
    if row[0] != ROW_VERSION:
        message = f"a page of row version {row[0]}; this release knows {ROW_VERSION}"
        raise NewerRow(message)
    return row[1] | row[2] << 8
