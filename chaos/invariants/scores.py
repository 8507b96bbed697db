"""I2 and I3: what is published of stores and brands is what the responses come to."""

import json
from collections.abc import Iterator
from typing import Any

from chaos.deployment import SCORES
from chaos.invariants.evidence import Evidence, Finding, Kind
from chaos.rules.near import in_ms, otherwise

Scores = dict[tuple[str, str | None], dict[str, Any]]


def totals(evidence: Evidence) -> Iterator[Finding]:
    """I2: each histogram of all time is the recount's, and a brand's is the sum of its stores'."""
    scores = _scores(evidence)
    sums: dict[str, list[int]] = {}
    for (brand, store), score in scores.items():
        if store is not None:
            before = sums.get(brand, [0] * 11)
            sums[brand] = [a + b for a, b in zip(before, score["windows"]["all"]["histogram"], strict=True)]
    for brand, store in sorted(evidence.expected.subjects(), key=str):
        found = scores.get((brand, store))
        histogram = found["windows"]["all"]["histogram"] if found else None
        wanted = [0] * 11
        for (each_brand, each_store), votes in evidence.expected.stores.items():
            if each_brand == brand and store in (None, each_store):
                for (_hour, vote), n in votes.items():
                    wanted[vote] += n
        if histogram != wanted:
            n = sum(histogram or [])
            kind: Kind = "lost" if n < sum(wanted) else "double" if n > sum(wanted) else "wrong"
            text = f"the histogram is {histogram}, not {wanted}"
            yield Finding(invariant="I2", kind=kind, text=text, id=_name(brand, store))
        elif store is None and sums.get(brand) != histogram:
            text = f"the stores add up to {sums.get(brand)}, the brand has {histogram}"
            yield Finding(invariant="I2", kind="wrong", text=text, id=brand)


def windows(evidence: Evidence) -> Iterator[Finding]:
    """I3: every window of every last score, as of its own instant; none missing, none for nothing."""
    scores = _scores(evidence)
    for brand, store in sorted(evidence.expected.subjects(), key=str):
        name = _name(brand, store)
        score = scores.pop((brand, store), None)
        if score is None:
            yield Finding(invariant="I3", kind="lost", text="there is no score", id=name)
            continue
        wanted = evidence.expected.windows(brand, store, in_ms(score["as_of"]))
        for window, figures in wanted.items():
            found = score["windows"].get(window, {})
            for field in otherwise(found, figures):
                text = f"{window} as of {score['as_of']}: {field} is {found.get(field)}, not {figures.get(field)}"
                yield Finding(invariant="I3", kind="wrong", text=text, id=name)
    for (brand, store), score in scores.items():
        if not any(window["n"] for window in score["windows"].values()):
            continue  # of a store that was only ever told of answers that do not count
        yield Finding(invariant="I3", kind="wrong", text="a score without answers", id=_name(brand, store))


def _scores(evidence: Evidence) -> Scores:
    documents = (json.loads(record.value) for record in evidence.reading.latest(SCORES).values())
    return {(document["brand"], document["store"]): document for document in documents}


def _name(brand: str, store: str | None) -> str:
    return brand if store is None else f"{brand}|{store}"
