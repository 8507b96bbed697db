"""How far a response may be dated from its arrival, and until when somebody calls back. All in ms."""

from streams.domain.store import RETENTION_DAYS
from streams.domain.window import DAY_S

FUTURE_MS_MAX = 300_000
"""Ahead of its arrival by this much at most: the clocks of tills are off."""

AGE_MS_MAX = RETENTION_DAYS * DAY_S * 1000
"""Behind its arrival by this much at most: identities are kept no longer."""

DUE_MS = 48 * 3_600_000
"""A customer is to be called back within this much of submission."""
