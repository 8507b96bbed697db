"""This machine's clock against the brokers', without writing anything.

Kafka tells nobody what time it is. It does stamp the records of some topics as it appends them: one that was appended
while we looked bounds the difference on both sides, an older one on one side only.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition

from streams.cluster.reading import read_span
from streams.doctor.finding import Finding
from streams.doctor.logs import Logs
from streams.settings import Settings

_APPEND_TIME = 1
_BACK = 8
"""So many offsets before the end there is a record, and not commit markers alone, but for rare cases."""
_POLL_S = 0.1
_NOTICEABLE_S = 5.0
_CHECK = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """The latest append time, on the broker's clock; `fresh` if it was given after `began_s` of ours. All in s."""

    append_s: float
    began_s: float
    ended_s: float
    fresh: bool


async def newest_stamp(
    uncommitted: Any, before: Logs, *, began_s: float, now: Callable[[], float], watch_s: float
) -> Stamp | None:
    """Return the latest append time there is, None without any. `before` are the logs as they were at `began_s`.

    Watches for up to `watch_s` for something to be appended.
    """
    ends = await _ends(uncommitted, before)
    until_s = time.monotonic() + watch_s
    while time.monotonic() < until_s and all(ends[tp] == log.end for tp, log in before.items()):
        await asyncio.sleep(_POLL_S)
        ends = await _ends(uncommitted, before)
    starts = {tp: max(before[tp].start, end - _BACK) for tp, end in ends.items() if end > before[tp].start}
    newest: dict[TopicPartition, Any] = {}
    if starts:
        await read_span(
            uncommitted,
            starts,
            {tp: ends[tp] for tp in starts},
            lambda record: newest.update({TopicPartition(record.topic, record.partition): record}),
        )
    return _latest(newest, before, began_s=began_s, ended_s=now())


async def _ends(uncommitted: Any, logs: Logs) -> dict[TopicPartition, int]:
    ends: dict[TopicPartition, int] = await uncommitted.end_offsets(list(logs))
    return ends


def _latest(newest: Mapping[TopicPartition, Any], before: Logs, *, began_s: float, ended_s: float) -> Stamp | None:
    stamped = {tp: record for tp, record in newest.items() if record.timestamp_type == _APPEND_TIME}
    if not stamped:
        return None
    tp, record = max(stamped.items(), key=lambda item: item[1].timestamp)
    fresh = record.offset >= before[tp].end
    return Stamp(append_s=record.timestamp / 1000, began_s=began_s, ended_s=ended_s, fresh=fresh)


def judge_clock(settings: Settings, stamp: Stamp | None) -> list[Finding]:
    """Judge how far this machine's clock is from the brokers'; says so where that cannot be known."""
    again = "run this again while responses flow, to know more"
    if stamp is None:
        text = f"nothing to compare with: no record has an append time yet; {again}"
        return [Finding(check=_CHECK, level="ok", text=text)]
    behind_s = stamp.append_s - stamp.ended_s
    ahead_s = stamp.began_s - stamp.append_s
    if behind_s > _NOTICEABLE_S:
        return [_off(settings, behind_s, f"behind the brokers' by {behind_s:.1f} s or more")]
    if not stamp.fresh:
        age_s = stamp.ended_s - stamp.append_s
        text = f"not behind the brokers' (last record {age_s:.0f} s ago); whether it is ahead nothing shows: {again}"
        return [Finding(check=_CHECK, level="ok", text=text)]
    if ahead_s > _NOTICEABLE_S:
        return [_off(settings, ahead_s, f"ahead of the brokers' by {ahead_s:.1f} s or more")]
    text = f"within {max(abs(behind_s), abs(ahead_s)):.1f} s of the brokers'"
    return [Finding(check=_CHECK, level="ok", text=text)]


def _off(settings: Settings, off_s: float, text: str) -> Finding:
    beyond = off_s > settings.clock_skew_max
    more = (
        f"; beyond {settings.clock_skew_max:.0f} s (NPS_CLOCK_SKEW_MAX) a worker here would end itself"
        if beyond
        else ""
    )
    return Finding(
        check=_CHECK,
        level="error" if beyond else "warning",
        text=f"this machine's clock is {text}{more}",
        mend="let NTP set the clocks of this machine and of the brokers (chronyc tracking shows how far off one is)",
    )
