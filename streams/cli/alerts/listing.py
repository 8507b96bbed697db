import json
import sys
import time
from collections.abc import Mapping
from typing import Any, Final, get_args
from unicodedata import normalize

import click
from rich.table import Table
from rich.text import Text

from streams.cli.alerts.reading import read_cases
from streams.cli.alerts.words import ID_CHARACTERS, STYLES, dismissal
from streams.cli.format import console, printable
from streams.cli.kafka import run, settings_here
from streams.cluster.case_story import Case, by_time_left
from streams.domain.life import STATUSES
from streams.domain.score import Severity

_MINUTE_MS: Final = 60_000
_HOUR_MS: Final = 60 * _MINUTE_MS
_DAY_MS: Final = 24 * _HOUR_MS
_COMMENT_CHARACTERS: Final = 40


@click.command(name="list")
@click.option("--brand", metavar="B", help="Only cases of this brand.")
@click.option("--store", metavar="S", help="Only cases of stores of this name.")
@click.option("--severity", type=click.Choice(get_args(Severity)), help="Only cases as urgent as this.")
@click.option("--owner", metavar="O", help="Only cases on which this one is to act.")
@click.option("--status", type=click.Choice(STATUSES), help="Only cases in this status, those that ended too.")
@click.option("--overdue", is_flag=True, help="Only cases whose customers should have been contacted by now.")
@click.option("--all", "with_ended", is_flag=True, help="Also cases that have ended.")
@click.option("--json", "as_json", is_flag=True, help="One document a line for each case, without a table.")
def list_cases(*, overdue: bool, with_ended: bool, as_json: bool, **wanted: str | None) -> None:
    """List the cases that wait for somebody, by the time that is left to contact the customer.

    Customers who are still to be contacted come first, the most overdue one on top; then the cases whose customers were
    contacted but that nobody has resolved. A case that did not interrupt anybody, because its store had its share of
    the hour, is marked as held. What is known of a case goes back as far as followup.alerts keeps it: 90 days.

    \b
    Example:  nps alerts list --brand Aurelia --severity P1
              nps alerts list --overdue --json | jq -r '[.case_id, .store, .owner] | @tsv'

    Exit status: 0 done, 1 Kafka cannot be reached, 2 wrong arguments or settings.
    """  # noqa: D301 (\b keeps click from folding the lines)
    settings = settings_here()
    wanted |= {name: normalize("NFC", wanted[name] or "") or None for name in ("brand", "store")}
    with_ended = with_ended or wanted["status"] is not None
    known = by_time_left(run(settings, read_cases(settings)))
    now_ms = round(time.time() * 1000)
    cases = [
        case
        for case in known
        if (with_ended or case.is_active)
        and (not overdue or case.is_overdue(now_ms))
        and all(getattr(case, name) == value for name, value in wanted.items() if value is not None)
    ]
    if as_json:
        for case in cases:
            sys.stdout.write(json.dumps(document_of(case, now_ms), ensure_ascii=False) + "\n")
    elif cases:
        console().print(_table(cases, now_ms))
    else:
        click.echo("No such case." if any(wanted.values()) or overdue else "No case waits for anybody.", err=True)


def document_of(case: Case, now_ms: int) -> Mapping[str, Any]:
    """Return a case as a document; `time_left_s` is negative where it is overdue, null where nobody is waiting."""
    own = case.own
    return {
        "case_id": case.case_id,
        "brand": case.brand,
        "store": case.store,
        "status": case.status,
        "severity": case.severity,
        "score": own.score,
        "owner": case.owner,
        "held": own.held,
        "rule_id": own.rule_id,
        "rule_version": own.rule_version,
        "reasons": own.reasons,
        "submitted_at": own.submitted_at,
        "due_at": own.due_at,
        "time_left_s": (case.due_ms - now_ms) // 1000 if case.waits else None,
        "overdue": case.is_overdue(now_ms),
        "breached": case.breached,
        "escalation": case.level,
        "acknowledged_at": case.acknowledged_at,
        "contacted_at": case.contacted_at,
        "ended_at": case.ended_at,
        "dismissed": case.dismissal,
        "reopened": case.reopened,
        "quality": case.quality,
        "contactable": own.contactable,
        "customer_ref": own.customer_ref,
        "link": own.link,
        "comment": own.comment,
        "alerts": [*case.alerts],
        "events": case.events,
    }


def time_left(case: Case, now_ms: int) -> str:
    """Return how long is left to contact the customer, or what there is to say instead."""
    if not case.is_active:
        return dismissal(case.dismissal) if case.status == "dismissed" else ""
    if not case.waits:
        return "contacted: to be resolved"
    left_ms = case.due_ms - now_ms
    return f"{span(left_ms)} left" if left_ms > 0 else f"{span(-left_ms)} overdue"


def span(span_ms: int) -> str:
    """Return a span of time as people say it: minutes below two hours, hours below two days.

    >>> span(95 * 60_000), span(47 * 3_600_000), span(50 * 3_600_000)
    ('95 min', '47 h', '2 d 2 h')
    """
    if span_ms < 2 * _HOUR_MS:
        return f"{span_ms // _MINUTE_MS} min"
    if span_ms < 2 * _DAY_MS:
        return f"{span_ms // _HOUR_MS} h"
    return f"{span_ms // _DAY_MS} d {span_ms % _DAY_MS // _HOUR_MS} h"


def _table(cases: list[Case], now_ms: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("case", no_wrap=True, min_width=ID_CHARACTERS)
    table.add_column("how bad", no_wrap=True)
    for title in ("where", "status", "time", "who is to act", "what they said"):
        table.add_column(title, overflow="fold")
    digits = _digits([case.case_id for case in cases])
    for case in cases:
        own = case.own
        style = STYLES.get(case.severity, "") if case.is_active else "dim"
        number = f" and {len(case.alerts) - 1} more" if len(case.alerts) > 1 else ""
        table.add_row(
            Text(case.case_id[:digits]),
            Text(f"{case.severity} {own.score:>2}{number}", style),
            Text(f"{printable(case.brand)} | {printable(case.store)}", "bold"),
            Text(f"{case.status}{', held' if own.held else ''}"),
            Text(time_left(case, now_ms), "bold red" if case.is_overdue(now_ms) else ""),
            Text(printable(case.owner)),
            _words(own.comment),
        )
    return table


def _digits(case_ids: list[str]) -> int:
    """Return how many characters of these ids tell each from all others."""
    digits = ID_CHARACTERS
    while len({case_id[:digits] for case_id in case_ids}) < len(case_ids):
        digits += 1
    return digits


def _words(comment: str | None) -> Text:
    if comment is None:
        return Text("no comment", "dim")
    words = printable(comment)
    return Text(f"“{words if len(words) <= _COMMENT_CHARACTERS else words[:_COMMENT_CHARACTERS].rstrip() + '…'}”")
