"""Making a failing story small: leave out whatever it fails without."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from tests.simulation.story import Story

_TRIES_MAX = 400


def shrink(story: Story, fails: Callable[[Story], bool]) -> Story:
    """The smallest story found that fails still, by leaving out faults, events, records and workers."""
    tries = _TRIES_MAX
    smaller = True
    while smaller and tries > 0:
        smaller = False
        for candidate in _smaller(story):
            tries -= 1
            if fails(candidate):
                story, smaller = candidate, True
                break
            if tries <= 0:
                break
    return story


def _smaller(story: Story) -> Iterator[Story]:
    yield from (replace(story, faults=left) for left in _without(story.faults))
    yield from (replace(story, events=left) for left in _without(story.events))
    yield from (replace(story, records=left) for left in _without(story.records))
    if story.slots > 1:
        yield replace(story, slots=1)


def _without(items: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    """Halves left out first, then quarters, in the end one by one."""
    size = len(items)
    while size >= 1:
        for start in range(0, len(items), size):
            yield items[:start] + items[start + size :]
        size = size // 2 if size > 1 else 0
