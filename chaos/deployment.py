"""A deployment as seen from outside: where it is, and what its topics are called."""

from dataclasses import dataclass

RESPONSES = "survey.responses"
DEAD_LETTERS = "survey.responses.dead"
ALERTS = "followup.alerts"
ACTIONS = "followup.actions"
ACTIONS_DEAD = "followup.actions.dead"
RULES = "followup.rules"
STORES = "nps.stores"
SCORES = "nps.scores"
TRENDS = "nps.trends"
ALARMS = "nps.alarms"
AUDIT = "nps.audit"
BRAND_TALLIES = "nps.brand-tallies"
CONTROL = "nps.control"
STATE = "nps.state"
SOURCES = (RESPONSES, BRAND_TALLIES, ACTIONS, RULES, STORES, CONTROL)
"""What the worker reads."""
TOPICS = (*SOURCES, DEAD_LETTERS, ALERTS, ACTIONS_DEAD, SCORES, TRENDS, ALARMS, AUDIT, STATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Which broker, which prefix of its topics, which application, how many partitions."""

    brokers: str
    app_id: str
    prefix: str = ""
    partitions: int = 8

    def topic(self, name: str) -> str:
        """The name on the broker of a topic."""
        return self.prefix + name
