"""What is behind a number, as a document: JSON as it stands.

Days are UTC dates, instants RFC 3339 in UTC, NPS and its parts points, unrounded.
"""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from streams.domain.period import Granularity
from streams.domain.window import WindowName
from streams.events.score import WindowFigures

Because = Literal["no_answer", "excluded", "deleted"]
"""Why a response does not count."""
RecordState = Literal["there", "beyond_retention", "another"]


class Day(Struct, frozen=True, kw_only=True):
    """What one day adds to a window; a day without answers is left out."""

    day: str
    n: int
    promoters: int
    passives: int
    detractors: int
    nps: float | None


class Said(Struct, frozen=True):
    """What a period says, or said."""

    n: int
    promoters: int
    passives: int
    detractors: int
    nps: float | None


class Restated(Struct, frozen=True, kw_only=True):
    """A period that lies in the window, wholly or in part, and was final when something came that changed it.

    `period` is `2026-11-22`, `2026-W47` or `2026-11`; `was` is what all of it said then, `now` what it says.
    """

    granularity: Granularity
    period: str
    was: Said
    now: Said


class Share(Struct, frozen=True, kw_only=True):
    """What a store adds to its brand: `share` of the answers (0 to 1) and `points`, which add up to the brand's NPS."""

    store: str
    partition: int
    n: int
    promoters: int
    passives: int
    detractors: int
    nps: float | None
    share: float
    points: float


class Marks(Struct, frozen=True, kw_only=True):
    """How many responses of a window are not plain answers that count. One response can be several of these."""

    corrected: int = 0
    no_answer: int = 0
    excluded: int = 0
    deleted: int = 0
    forgotten: int = 0
    muted: int = 0


class AlertOf(Struct, frozen=True):
    """The latest alert of a response: how often it was raised before, the number of its last event, whether open."""

    generation: int
    sequence: int
    open: bool


class Event(Struct, frozen=True, kw_only=True):
    """A record of `survey.responses` that made a vote what it is, and what it said.

    `record` is `there`, or `beyond_retention`, or `another`: what stands at the offset is not of this response, so
    somebody made the topic anew. But for `there` only the offset is known. Comment and customer are left out unless
    they were asked for.
    """

    offset: int
    record: RecordState
    arrived_at: str | None = None
    event: str | None = None
    version: int | None = None
    score: int | None = None
    imported: bool | None = None
    reason: str | None = None
    by: str | None = None
    source: str | None = None
    response_id: str | None = None
    comment: str | UnsetType | None = UNSET
    customer_ref: str | UnsetType | None = UNSET


class Vote(Struct, kw_only=True):
    """One response: its submission to the minute, its score, and why it does not count where it does not.

    `forgotten` cuts the links to the person; such a vote counts unless it is deleted as well. Offsets are those of
    `survey.responses` in the partition of the explanation: of the answer, of the last event that corrected it and of
    the last that marked it. None where there is no such event, where the state has forgotten it, or where a release
    before this one has not kept it.
    """

    submitted_at: str
    score: int | None
    counts: bool
    because: list[Because]
    forgotten: bool
    muted: bool
    kiosk: bool
    alert: AlertOf | None
    corrections: int
    answer_offset: int | None
    corrected_offset: int | None
    marked_offset: int | None
    events: list[Event] = []

    @property
    def offsets(self) -> set[int]:
        """Where its events stand, as far as is known."""
        return {self.answer_offset, self.corrected_offset, self.marked_offset} - {None}  # type: ignore[return-value]


class Explanation(Struct, frozen=True, kw_only=True):
    """What is behind the figures of a brand (`store` is None) or a store in one window, which ends before `until`.

    `since` and `until` are None for `all`. A brand has `stores`, a store its `partition` and `votes`, in the order of
    submission. `before_days` is what lies before the days that are kept, in `all` alone.
    """

    brand: str
    store: str | None
    window: WindowName
    as_of: str
    since: str | None
    until: str | None
    partition: int | None
    figures: WindowFigures
    days: list[Day]
    before_days: Day | None
    restated: list[Restated]
    marks: Marks
    stores: list[Share]
    votes: list[Vote]
