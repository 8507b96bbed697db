"""`python -m chaos.oracle`: was every promise kept? Judged from topics and ledger; nothing of the product helps.

The verdict is one JSON document with the first counter-example of each invariant. Exit status 1 where there is any.
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from chaos.deployment import ALERTS, RESPONSES, Deployment
from chaos.invariants.alerts import alerts, audits, clocks, order
from chaos.invariants.conservation import conservation
from chaos.invariants.evidence import Evidence, Finding, expected_of
from chaos.invariants.letters import letters
from chaos.invariants.privacy import privacy
from chaos.invariants.progress import liveness, offsets
from chaos.invariants.scores import totals, windows
from chaos.invariants.sent import sent
from chaos.ledger import read_ledger
from chaos.reading import group_offsets, open_reading

Verdict = dict[str, Any]

INVARIANTS: dict[str, tuple[Callable[[Evidence], Iterator[Finding]], ...]] = {
    "I1": (conservation,),
    "I2": (totals,),
    "I3": (windows,),
    "I4": (alerts,),
    "I5": (letters,),
    "I6": (order, offsets),
    "I7": (sent,),
    "I10": (privacy,),
    "I12": (liveness,),
    "I13": (audits,),
    "I14": (clocks,),
}


@dataclass(frozen=True, slots=True)
class Files:
    """What is known beside the topics: what was sent, what was seen once a second, logs and metrics (`*.log`)."""

    ledger: Path | None = None
    probes: Path | None = None
    logs: Path | None = None

    def probed(self) -> list[dict[str, Any]]:
        """The probes, in order."""
        return [json.loads(line) for line in self.probes.read_text().splitlines()] if self.probes else []

    def texts(self) -> dict[str, str]:
        """Logs and metrics, by their names."""
        paths = sorted(self.logs.glob("*.log")) if self.logs else []
        return {path.name: path.read_text(errors="replace") for path in paths}


async def judge_deployment(deployment: Deployment, files: Files) -> Verdict:
    """Read all topics to their ends and hold them against the recount of the input."""
    async with open_reading(deployment) as reading:
        await reading.refresh()
        evidence = Evidence(
            reading=reading,
            expected=expected_of(reading),
            offsets=await group_offsets(deployment),
            entries=read_ledger(files.ledger) if files.ledger else {},
            probes=files.probed(),
            texts=files.texts(),
        )
        return verdict(evidence)


def verdict(evidence: Evidence) -> Verdict:
    """The verdict: of each invariant whether it held, how many counter-examples there are, and the first one."""
    findings = [finding for checks in INVARIANTS.values() for check in checks for finding in check(evidence)]
    held: dict[str, Any] = {name: {"held": True, "findings": 0, "first": None} for name in INVARIANTS}
    for finding in findings:
        of = held[finding.invariant]
        of["findings"] += 1
        of["first"] = of["first"] or {name: value for name, value in asdict(finding).items() if value is not None}
        of["held"] = False
    dispositions = evidence.expected.dispositions.values()
    return {
        "held": not findings,
        "records": len(evidence.reading.records(RESPONSES)),
        "alerts": len(evidence.reading.records(ALERTS)),
        "lost": sum(finding.kind == "lost" for finding in findings),
        "double": sum(finding.kind == "double" for finding in findings),
        "duplicates": sum(each["duplicate"] for each in dispositions),
        "kinds": dict(evidence.expected.kinds),
        "dispositions": dict(sum(dispositions, start=Counter())),
        "invariants": held,
    }


@click.command(context_settings={"show_default": True})
@click.option("--brokers", default="127.0.0.1:9092", help="Where Kafka is.")
@click.option("--app", "app_id", default="nps", help="The application: its consumer group.")
@click.option("--prefix", default="", help="What goes before every topic name.")
@click.option("--partitions", type=click.IntRange(1, 1000), default=8)
@click.option(
    "--ledger", type=click.Path(exists=True, path_type=Path), help="What was sent; without it I7 is not asked."
)
@click.option("--probes", type=click.Path(exists=True, path_type=Path), help="What was seen once a second.")
@click.option("--logs", type=click.Path(exists=True, path_type=Path), help="Directory of logs and metrics (*.log).")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where the verdict goes; default stdout.")
def main(
    *,
    brokers: str,
    app_id: str,
    prefix: str,
    partitions: int,
    ledger: Path | None,
    probes: Path | None,
    logs: Path | None,
    out: Path | None,
) -> None:
    """Judge a deployment that is at rest: its workers have handled everything and were stopped."""
    deployment = Deployment(brokers=brokers, app_id=app_id, prefix=prefix, partitions=partitions)
    found = asyncio.run(judge_deployment(deployment, Files(ledger, probes, logs)))
    text = json.dumps(found, indent=2) + "\n"
    if out:
        out.write_text(text)
    else:
        print(text, end="")
    sys.exit(0 if found["held"] else 1)


if __name__ == "__main__":
    main()
