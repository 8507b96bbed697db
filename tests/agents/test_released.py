"""State that a former release wrote is read to the end of days; the marker's rows are kept in tests/engine/golden."""

from pathlib import Path
from typing import Any

import pytest

from streams.agents.interruptions import Interruptions
from streams.agents.ledger import Ledger
from streams.domain.store import BrandShare, Store
from tests.agents.desk import a_policy
from tests.agents.released import END_S, FOLDER, a_life, rows_of

RELEASED = sorted(FOLDER.glob("state.*.txt"))


def _said(ledger: Ledger) -> dict[str, Any]:
    """The figures, finals and episodes of everybody at the end."""
    stores = [store for share in ledger.brands.values() for store in share.stores.values()]
    subjects = [*stores, *ledger.totals.values()]
    kept = {subject.key: (dict(subject.kept.slots), dict(subject.kept.tallies)) for subject in stores}
    return {
        "windows": {subject.key: subject.windows(int(END_S)) for subject in subjects},
        "day tallies": {store.key: dict(store.day_tallies) for store in stores},
        "finals": kept,
        "episodes": dict(ledger.alarming._episodes),
        "parts": {name: total.parts for name, total in ledger.totals.items()},
    }


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
def test_the_state_of_a_former_release_says_what_this_one_would(path: Path) -> None:
    """Every figure, as of the end of the same life."""
    ledger = Ledger(0, a_policy())
    for row in rows_of(path):
        ledger.restore(row.key, row.value, row.offset)
    ledger.restored({}, END_S)
    said = _said(ledger)
    assert all(said.values())
    assert _said(a_life().crashed(END_S).ledger) == said


def test_every_kind_and_version_of_a_row_is_kept() -> None:
    """What this release writes is in one of the files; a new version needs a new file (tests/agents/released.py)."""

    def versions(rows: Any) -> set[tuple[str, int]]:
        return {(row.key[:1].decode(), row.value[0]) for row in rows if row.value}

    written = versions(a_life().changelog)
    assert set("pdlbfa") <= {kind for kind, _ in written}
    assert set() == written - versions(row for path in RELEASED for row in rows_of(path))


def test_the_row_of_a_digest_says_which_hour_was_listed() -> None:
    """As it was written from the first release with a desk on: a version, and the hour since the epoch."""
    interruptions, store = Interruptions(), Store(BrandShare("Maison Lavande"), "Lyon", [])
    interruptions.restore(store, bytes.fromhex("01 b09c0700"))
    assert interruptions.hold(store, 498_864, "belated")
    assert not interruptions.hold(store, 498_865, "in its hour")
