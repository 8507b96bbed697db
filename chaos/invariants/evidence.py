"""What the oracle looks at, and what it finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from chaos.deployment import RESPONSES, Deployment
from chaos.ledger import Entry
from chaos.reading import Offsets, Reading
from chaos.rules.recount import Recount, recount

Kind = Literal["lost", "double", "wrong"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A counter-example: what is lost, there twice, or otherwise wrong; where, and of whom."""

    invariant: str
    kind: Kind
    text: str
    partition: int | None = None
    offset: int | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything there is. `probes` were taken once a second; `texts` are logs and metrics by their names."""

    reading: Reading
    expected: Recount
    offsets: Offsets
    entries: Mapping[int, Entry] = field(default_factory=dict)
    probes: Sequence[Mapping[str, Any]] = ()
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def deployment(self) -> Deployment:
        """What is looked at."""
        return self.reading.deployment


def expected_of(reading: Reading) -> Recount:
    """The recount of all responses that were read."""
    topic = reading.deployment.topic(RESPONSES)
    return recount(reading.records(RESPONSES), reading.deployment.partitions, topic)
