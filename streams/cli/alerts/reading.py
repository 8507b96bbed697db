"""Reads the cases that the commands speak of."""

from collections.abc import Callable
from typing import Any

import click

from streams.cli.alerts.words import short
from streams.cli.format import printable
from streams.cluster.case_story import Case, Cases
from streams.cluster.reading import read_topic
from streams.events.alert import decode_alert
from streams.events.rejected import Rejected
from streams.settings import Settings
from streams.topology import ALERTS

_NAMED_MAX = 5


class NoSuchCase(click.ClickException):
    """The id that was given is that of no case, or begins those of several; exit status 1 where nothing else is set."""


async def read_cases(settings: Settings, with_story: Callable[[str], bool] = lambda _: False) -> Cases:
    """Return all cases that `followup.alerts` tells of now. KafkaError without Kafka or topic."""
    cases = Cases(with_story)

    def take(record: Any) -> None:
        event = None if record.value is None else decode_alert(record.value)
        if event is not None and not isinstance(event, Rejected):
            cases.take(record.timestamp, event)

    await read_topic(settings, settings.topic(ALERTS.name), take)
    return cases


def the_case(cases: Cases, prefix: str) -> tuple[Case, str]:
    """Return the one case of the alert whose id begins so, and that alert's id. Raises NoSuchCase."""
    found = cases.find(prefix)
    if len(found) == 1:
        (alert_id,) = found
        case = cases.get(alert_id)
        assert case is not None
        return case, alert_id
    if not found:
        raise NoSuchCase(f"no case has an alert whose id begins with {printable(prefix)!r}; `nps alerts list --all`")
    named = ", ".join(sorted(found)[:_NAMED_MAX])
    more = " and others" if len(found) > _NAMED_MAX else ""
    raise NoSuchCase(f"the ids of {len(found):,} alerts begin with {short(prefix)}: {named}{more}")
