"""A partition that nobody fetches any more ends the process."""

import pytest
from faust.types import TP

from streams.engine.failure import Broken
from streams.engine.watchdog import SILENCE_S_MAX, Watchdog

QUIET, BUSY = TP("responses", 0), TP("responses", 1)


def test_a_partition_without_an_answer_for_a_minute_is_noticed() -> None:
    """The others going on does not hide it."""
    watchdog = Watchdog()
    watchdog.check({QUIET: 7, BUSY: 1}, 0.0)
    watchdog.check({QUIET: 7, BUSY: 2}, SILENCE_S_MAX)

    with pytest.raises(Broken, match=r"responses\[0\]"):
        watchdog.check({QUIET: 7, BUSY: 3}, SILENCE_S_MAX + 1)


def test_a_partition_that_was_held_meanwhile_starts_afresh() -> None:
    """Only partitions that should deliver are watched."""
    watchdog = Watchdog()
    watchdog.check({QUIET: 7}, 0.0)
    watchdog.check({}, 30.0)
    watchdog.check({QUIET: 7}, 100.0)
    watchdog.check({QUIET: 7}, 100.0 + SILENCE_S_MAX)


def test_an_answer_without_data_is_a_sign_of_life() -> None:
    """What counts is the answer, not a record in it."""
    watchdog = Watchdog()
    for second in range(0, 600, 30):
        watchdog.check({QUIET: second}, float(second))
