"""What is said at the end: the figures, and whether everything adds up."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from streams.demo.deeds import Deeds
from streams.demo.ledger import Ledger
from streams.demo.observed import Observed, percentile
from streams.demo.screen import milliseconds
from streams.demo.sum import Sum
from streams.demo.sums import WORDS


def summarise(ledger: Ledger, deeds: Deeds, observed: Observed) -> RenderableType:
    """The figures of the run."""
    dispositions = observed.dispositions()
    latencies = list(observed.latencies_ms)
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right", style="bold")
    table.add_column(style="dim")
    table.add_row("responses in", f"{ledger.acked.total():,}", "acknowledged by Kafka")
    for each, word in WORDS.items():
        table.add_row(f"  {word}", f"{dispositions[each]:,}", _REMARKS[each])
    said = observed.said
    table.add_row("alerts raised", f"{said['raised']:,}", "as a read_committed subscriber saw them")
    table.add_row("  enriched", f"{said['enriched']:,}", "a comment, contact data or another score came later")
    table.add_row("  retracted", f"{said['retracted']:,}", "no detractor any more, deleted or excluded")
    table.add_row("  forgotten", f"{said['forgotten']:,}", f"persons in the audit: {observed.audits.total():,}")
    table.add_row("  muted", f"{len(ledger.lives.muted):,}", "imported, or more than a week old, by our own recount")
    _append_desk(table, deeds, observed)
    alarms = observed.raised_alarms()
    by_rule = ", ".join(f"{words}: {alarms[rule]:,}" for rule, words in _RULES.items())
    table.add_row("score alarms", f"{alarms.total():,}", by_rule)
    table.add_row("response to visible alert", milliseconds(percentile(latencies, 0.5)), "half of them within (p50)")
    table.add_row("", milliseconds(percentile(latencies, 0.99)), "99 % of them within (p99)")
    return table


def _append_desk(table: Table, deeds: Deeds, observed: Observed) -> None:
    """The follow-up desk: its cases, what people did, and what they did not."""
    book, ends = observed.casebook, observed.dispositions(observed.actions)
    cases = book.cases.values()
    contacted = sum(case.contacted_ms is not None for case in cases)
    in_time = sum(case.in_time for case in cases)
    kinds = book.kinds
    table.add_row(
        "cases", f"{len(cases):,}", f"alerts of a customer who had one open, attached to it: {kinds['attached']:,}"
    )
    table.add_row("  open", f"{sum(case.is_active for case in cases):,}", "somebody still has to do something")
    table.add_row("  contacted", f"{contacted:,}", f"within 48 hours, or business hours where they count: {in_time:,}")
    table.add_row("  breached", f"{kinds['breached']:,}", "nobody had contacted the customer in time")
    table.add_row("  escalated", f"{kinds['escalated']:,}", "somebody else is to look")
    table.add_row("actions in", f"{deeds.acked:,}", "of the simulated desk, acknowledged by Kafka")
    table.add_row("  taken", f"{ends['counted']:,}", "moved a case, added a note or a rating")
    table.add_row("  repeated", f"{ends['duplicate']:,}", "a button pressed twice, taken once")
    table.add_row("  refused", f"{ends['dead_letter']:,}", "could not be used or not now, kept with a reason")


_RULES = {"drop": "scores fell", "rise": "scores rose", "burst": "bursts at kiosks"}
_REMARKS = {
    "counted": "answers in the figures, corrected ones included",
    "duplicate": "sent again by a till, counted once",
    "correction": "comments, edits, exclusions, deletions and the like that came later",
    "dead_letter": "could not be used, kept with a reason",
    "rehomed": "came under a wrong key, brought to their store's partition",
}


def verdict(sums: Sequence[Sum]) -> RenderableType:
    """Whether it adds up, and which sum does not."""
    bad = [each for each in sums if not each.good]
    if not bad:
        return Text(f"Everything adds up: {len(sums)} sums, all equal.", style="bold green")
    lines = [Text(f"{len(bad)} of {len(sums)} sums do not add up:", style="bold red")]
    lines += [Text(f"  {each.claim}: should be {each.expected:,}, is {each.actual:,}", style="red") for each in bad]
    return Group(*lines)
