"""Hypothesis strategies that several tests share."""

from typing import get_args

from hypothesis import strategies as st

from streams.domain.vote import Event

SCORES = st.integers(0, 10)
COUNTS_BY_SCORE = st.lists(st.integers(0, 2**20), min_size=11, max_size=11)
"""The eleven counts of a tally; so small that a thousand of them still fit into their bins."""
EVENTS: st.SearchStrategy[Event] = st.sampled_from(get_args(Event))
