"""A brand with a store of four answers, and what its score looks like wherever it might be found."""

from streams.domain.tally import figures
from streams.events.alert import StoreNps
from tests.board.builders import NOON, Served, a_standing, a_tally, a_trend, raised

FOUR = (2, 1, 1)
"""The answers of the small store."""
ELEVEN = (7, 1, 3)
"""Those of the smallest of the others: withheld, so that the total does not tell the four."""
STORES = {"Small": FOUR, "Next": ELEVEN, "Large": (10, 30, 60)}


def traces(counts: tuple[int, int, int]) -> list[str]:
    """How the score of so many answers is written: its numbers in documents, and as people see it."""
    said = figures(a_tally(*counts))
    assert said.nps is not None
    assert said.low is not None
    assert said.high is not None
    shown = f"{said.nps:.1f}".replace("-", "\N{MINUS SIGN}")
    return [*(repr(number) for number in (said.nps, said.low, said.high)), f">{shown}<"]


def fill(served: Served) -> None:
    """Show the brand: its stores have answered today alone, so every window and period says the same."""
    everybody = tuple(sum(each) for each in zip(*STORES.values(), strict=True))
    assert len(everybody) == 3
    for store, counts in (*STORES.items(), (None, everybody)):
        served.trend("Maison", store, a_trend("Maison", store, {0: counts}))
        served.show(a_standing("Maison", store, counts))
    said = figures(a_tally(*FOUR))
    of_store = StoreNps("30d", said.nps, said.low, said.high, said.n)
    served.alert(raised(1, store="Small", store_nps=of_store, submitted_at=NOON))
