"""When scores are published: what changed, at most once per interval and key, whatever crashes in between.

A change is committed before its score is published. So that a crash in between loses no score, the marker keeps the
position in the changelog since which there may be rows whose score was not published; a new owner marks the subjects of
all later rows as changed.
"""

import heapq
from collections.abc import Iterable, Iterator

from streams.domain.store import Subject


class Due:
    """The subjects whose score awaits publication, by the time it may go out."""

    def __init__(self, interval_s: float) -> None:
        self.changed: list[Subject] = []
        """Changed since the last commit; append a subject only while it is not `unscored`, and set that."""
        self._interval_s = interval_s
        self._queue: list[tuple[float, int, Subject]] = []
        self._since: dict[Subject, int] = {}
        self._count = 0

    def note(self, state_position: int, now_s: float) -> None:
        """Those changed go out in this commit or a later one: their rows stand at or after `state_position`."""
        for subject in self.changed:
            self._since[subject] = state_position
            self._count += 1
            heapq.heappush(self._queue, (max(now_s, subject.scored_at + self._interval_s), self._count, subject))
        self.changed.clear()

    def mark(self, subjects: Iterable[Subject]) -> None:
        """These changed too: what time alone brought about, or what a former owner did not get to."""
        for subject in subjects:
            if not subject.unscored:
                subject.unscored = True
                self.changed.append(subject)

    def take(self, now_s: float, most: int) -> Iterator[Subject]:
        """Those whose time has come, at most `most`; they count as published."""
        while self._queue and self._queue[0][0] <= now_s and most > 0:
            most -= 1
            subject = heapq.heappop(self._queue)[2]
            subject.unscored = False
            subject.scored_at = now_s
            del self._since[subject]
            yield subject

    def since(self, default: int) -> int:
        """The position in the changelog from which on rows may lack their score."""
        return next(iter(self._since.values()), default)

    def next_s(self, now_s: float) -> float:
        """Seconds until the next one is due; negative when overdue, infinite when none is."""
        if self.changed:
            return 0.0
        return self._queue[0][0] - now_s if self._queue else float("inf")
