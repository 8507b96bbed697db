"""What a ledger must be told, and whom it tells how it goes."""

from dataclasses import dataclass
from typing import Protocol


class Counts(Protocol):
    """Who counts; the metrics of the application, in short."""

    def answers(self, brand: str, band: str, n: int) -> None:
        """So many first answers of a band were counted."""

    def alerts(self, brand: str, severity: str, n: int) -> None:
        """So many alerts were raised."""

    def alert_changes(self, brand: str, kind: str, n: int) -> None:
        """So many events of alerts that were raised before: enriched, retracted."""

    def alarms(self, brand: str, rule: str, n: int) -> None:
        """So many alarms about scores or kiosks were raised."""

    def muted(self, brand: str, n: int) -> None:
        """So many detractors raised nothing because they came too late or were imported."""

    def dead_letters(self, reason: str, n: int) -> None:
        """So many records could not be used."""

    def unknown_fields(self, n: int) -> None:
        """So many fields were ignored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a ledger must be told: topics as they are named on the broker, limits, and who counts."""

    responses: str
    dead_letters: str
    alerts: str
    actions: str
    actions_dead: str
    rules: str
    stores: str
    scores: str
    brand_tallies: str
    trends: str
    alarms: str
    audit: str
    partitions: int
    score_partitions: int
    """Partitions of the topic of scores, which alone need not have as many as the others."""
    input_bytes_max: int
    output_bytes_max: int
    alert_max_age_s: float
    score_interval_s: float
    trend_interval_s: float
    freeze_after_s: float
    customer_url: str
    counts: Counts
