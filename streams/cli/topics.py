import sys

import click
from rich.table import Table
from rich.text import Text

from streams.cli.format import console
from streams.cli.kafka import run, settings_here
from streams.cluster.topics import Report, TopicReport, create_topics

_STYLES = {"created": "green", "exists": "", "missing": "red", "refused": "red"}


@click.group()
def command() -> None:
    """The topics on the broker."""


@command.command()
def create() -> None:
    """Create the topics that are missing; may be called again at any time.

    NPS_PARTITIONS (8) is fixed here for good: it is the ceiling on workers. NPS_REPLICATION says how many copies (by
    default 3, or as many as there are brokers), NPS_TOPIC_PREFIX goes before every name. A topic that exists is never
    changed: what is not as it should be is said, and how to mend it.

    \b
    Example:  NPS_BROKERS=kafka-1:9092,kafka-2:9092 NPS_PARTITIONS=24 nps topics create

    Exit status: 0 a worker can use all topics as they are, 1 it cannot, or Kafka cannot be reached, 2 wrong settings.
    """  # noqa: D301 (\b keeps click from folding the lines)
    settings = settings_here()
    report = run(settings, create_topics(settings))
    _print(report)
    sys.exit(0 if report.good else 1)


def _print(report: Report) -> None:
    table = Table("topic", "", "partitions", "copies", "", box=None, pad_edge=False, header_style="dim")
    for topic in report.topics:
        counts = (str(topic.partitions), str(topic.replication)) if topic.partitions else ("-", "-")
        table.add_row(topic.name, Text(topic.outcome, style=_STYLES[topic.outcome]), *counts, _remark(topic))
    out = console()
    out.print(table)
    for reason in dict.fromkeys(topic.reason for topic in report.topics if topic.reason):
        out.print(f"\nThe broker refused: {reason}", soft_wrap=True)
    mends = dict.fromkeys(each.mend for topic in report.topics for each in topic.differences)
    if mends:
        out.print("\nNothing that exists was changed. To mend it:")
    for mend in mends:
        out.print(f"  {mend}", soft_wrap=True)


def _remark(topic: TopicReport) -> str:
    """Say what is not as it should be."""
    return "; ".join(f"{each.setting} is {each.found}, should be {each.wanted}" for each in topic.differences)
