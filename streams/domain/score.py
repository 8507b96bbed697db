"""Scores and their bands (0-6 detractor, 7-8 passive, 9-10 promoter), the same on both scales."""

from typing import Literal

SCORE_MAX = 10
DETRACTOR_MAX = 6
PASSIVE_MAX = 8

Band = Literal["detractor", "passive", "promoter"]
Severity = Literal["P1", "P2", "P3"]

BANDS: tuple[Band, ...] = ("detractor",) * 7 + ("passive",) * 2 + ("promoter",) * 2
"""The band of each score, by index."""

SEVERITIES: tuple[Severity, ...] = ("P1", "P1", "P1", "P2", "P2", "P3", "P3")
"""The severity of a detractor's alert, by score: P1 for 0-2, P2 for 3-4, P3 for 5-6."""
