from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from streams.board.basis import PRIME, Basis
from tests.board.algebra import Known, Vector

SIZE = 6
sets = st.integers(1, (1 << SIZE) - 1)


def _vector(one: int) -> Vector:
    return [Fraction(one >> index & 1) for index in range(SIZE)]


def _basis(known: list[int]) -> Basis:
    basis = Basis(SIZE)
    basis.add_all(known)
    return basis


@given(st.lists(sets, max_size=8), sets)
def test_what_follows_from_sets_is_what_follows_from_their_vectors(known: list[int], wanted: int) -> None:
    """A set follows modulo the prime where it follows over fractions, and nowhere else."""
    follows = _vector(wanted) in Known(_vector(one) for one in known)

    assert follows == (_basis(known).weights_against(wanted) is None)


@given(st.lists(sets, max_size=8), sets)
def test_weights_cancel_on_all_that_is_known_and_not_on_what_does_not_follow(known: list[int], wanted: int) -> None:
    """What shows that a set does not follow: a sum that is zero on every known set, but not on this one."""
    weights = _basis(known).weights_against(wanted)

    if weights is not None:
        sums = [
            sum(weight for index, weight in weights.items() if one >> index & 1) % PRIME for one in [*known, wanted]
        ]
        assert [0] * len(known) == sums[:-1]
        assert sums[-1]


def test_a_basis_is_full_when_every_set_follows() -> None:
    """Six sets that are independent, and no five, say everything about six elements; a copy grows by itself."""
    sets_of_two = [0b000011, 0b000110, 0b001100, 0b011000, 0b110000]
    basis = _basis(sets_of_two)
    copy = basis.copy()
    copy.add_all([0b000001, 0b101010])

    assert (False, True) == (basis.is_full, copy.is_full)
