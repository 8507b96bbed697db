"""How the unhappy are answered, as a table for people."""

from rich.table import Table
from rich.text import Text

from streams.cli.changes import NOTHING
from streams.cli.format import one_decimal
from streams.events.score import FollowUp, Wait

LEGEND = (
    "cases of 30 days; in time: contacted until due, of those who can be contacted; median / p90 from submission, "
    "with those who still wait"
)
_HOUR_S = 3_600
_DAY_S = 86_400


def wide_table(rows: list[tuple[Text, FollowUp]]) -> Table:
    """One row for each brand and store that had a case."""
    table = _table("cases", "open", "overdue", "in time", "acknowledged", "contacted", "resolved")
    for name, said in rows:
        numbers = f"{said.cases:,}", f"{said.open:,}", _overdue(said)
        table.add_row(name, *numbers, _in_time(said), *map(_wait, (said.acknowledge, said.contact, said.resolve)))
    return table


def narrow_table(rows: list[tuple[Text, FollowUp]]) -> Table:
    """A line for each figure: for terminals that are too narrow for the other."""
    table = _table("")
    for name, said in rows:
        table.add_row(name, f"{said.cases:,} cases")
        table.add_row("    open", f"{said.open:,}")
        table.add_row("    overdue", _overdue(said))
        table.add_row("    in time", _in_time(said))
        table.add_row("    acknowledged", _wait(said.acknowledge))
        table.add_row("    contacted", _wait(said.contact))
        table.add_row("    resolved", _wait(said.resolve), end_section=True)
    return table


def duration(seconds: int) -> str:
    """Return a duration as people say it.

    >>> duration(2_700), duration(23_250), duration(345_600)
    ('45 min', '6.5 h', '4.0 d')
    """
    if seconds < 2 * _HOUR_S:
        return f"{seconds // 60} min"
    if seconds < 3 * _DAY_S:
        return f"{one_decimal(seconds / _HOUR_S)} h"
    return f"{one_decimal(seconds / _DAY_S)} d"


def _table(*titles: str) -> Table:
    table = Table("", box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in titles:
        table.add_column(title, justify="right", no_wrap=True)
    return table


def _overdue(said: FollowUp) -> Text:
    return Text(f"{said.overdue:,}", "bold" if said.overdue else "")


def _in_time(said: FollowUp) -> str:
    if said.in_time_share is None:
        return NOTHING
    share = f"{one_decimal(100 * said.in_time_share)} % of {said.contactable:,}"
    return f"{share}, {said.pending:,} pending" if said.pending else share


def _wait(wait: Wait) -> str:
    """Return median and p90, a dash for what too few have come to."""
    if wait.median_s is None:
        return NOTHING
    return f"{duration(wait.median_s)} / {NOTHING if wait.p90_s is None else duration(wait.p90_s)}"
