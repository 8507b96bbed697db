"""The simulation bites: with one thing wrong in the product, an invariant breaks within two hundred seeds."""

import pytest

from tests.simulation.invariants import INVARIANTS
from tests.simulation.mutants import SEEDS, hunt
from tests.simulation.mutations import MUTANTS, Mutant


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_caught_by_an_invariant_that_is_there_for_it(mutant: Mutant) -> None:
    """And by its name one knows what is wrong."""
    caught = hunt(mutant)
    assert caught is not None, f"nothing noticed it in {SEEDS} seeds"
    assert caught.invariant in mutant.caught_by, caught


def test_mutants_name_invariants_that_there_are() -> None:
    """Else they could never be caught."""
    assert set() == {name for mutant in MUTANTS for name in mutant.caught_by} - INVARIANTS.keys()
