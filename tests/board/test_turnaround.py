"""What is told of how the unhappy are answered, to anybody: nothing that says what became of single customers."""

from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from streams.board.standing import standing_of
from streams.board.turnaround import Withheld, withheld
from streams.events.score import NO_CASES, FollowUp, Score
from tests.board.builders import Served, a_served_board, a_standing, follow_up


@pytest.mark.parametrize(
    ("total", "cases", "stores", "brand"),
    [
        (30, {"a": 10, "b": 20}, "", False),
        (30, {"a": 10, "b": 20, "none": 0}, "", False),
        (4, {"a": 4}, "a", True),
        (4, {"a": 2, "b": 2}, "ab", True),
        (33, {"a": 3, "b": 10, "c": 20}, "ab", False),  # the next larger one hides it
        (34, {"a": 4, "b": 4, "c": 26}, "ab", False),
        (24, {"a": 1, "b": 3, "c": 20}, "abc", False),  # two, but four cases in all
        (13, {"a": 3, "b": 10}, "ab", False),
        (33, {"a": 10, "b": 20}, "a", False),  # three cases of a store that is closed by now
        (53, {"a": 3, "b": 10, "c": 20}, "a", False),  # a closed store with twenty hides it
        (0, {}, "", False),
        (3, {}, "", True),
        (40, {}, "", False),
    ],
)
def test_what_is_withheld_is_more_than_one_store_and_more_than_four_cases(
    total: int, cases: dict[str, int], stores: str, brand: bool
) -> None:
    """Whatever of a brand is not told does not follow from what is."""
    assert Withheld(frozenset(stores), brand) == withheld(total, cases)


@given(st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.integers(0, 12), max_size=6), st.integers(0, 9))
def test_no_difference_of_what_is_told_is_of_few(cases: dict[str, int], elsewhere: int) -> None:
    """Where a brand is told, what its told stores leave of it is nothing, or two stores and five cases at least."""
    total = sum(cases.values()) + elsewhere
    hidden = withheld(total, cases)

    assert all(store in hidden.stores for store, n in cases.items() if 0 < n < 5)
    if not hidden.brand and total:
        left = total - sum(n for store, n in cases.items() if store not in hidden.stores)
        assert left == 0 or left >= 5
        assert total >= 5
        assert left == 0 or len(hidden.stores) + bool(elsewhere) >= 2 or not hidden.stores


async def _get(http: aiohttp.ClientSession, served: Served, path: str, **headers: str) -> Any:
    async with http.get(served.address + path, headers=headers) as response:
        return await response.json(content_type=None)


async def test_brands_and_stores_say_how_the_unhappy_are_answered(http: aiohttp.ClientSession) -> None:
    """Share in time, time to contact with those who wait, how many; unrounded, and the same with the token."""
    async with a_served_board(board_token="secret") as served:
        served.show(
            a_standing("Maison", None)._replace(follow_up=follow_up(33)),
            a_standing("Maison", "Annecy")._replace(follow_up=follow_up(3)),
            a_standing("Maison", "Lyon")._replace(follow_up=follow_up(10)),
            a_standing("Maison", "Paris")._replace(follow_up=follow_up(20)),
            a_standing("Maison", "Vichy")._replace(follow_up=NO_CASES),
        )
        bearer = "Bearer secret"
        every = await _get(http, served, "v1/turnaround", Authorization=bearer)
        one = await _get(http, served, "v1/turnaround/Maison", Authorization=bearer)

    (brand,) = every["brands"]
    assert ("30d", "Maison", 33, False, 29, 23, 23 / 29) == (
        every["window"],
        *(brand[name] for name in ("brand", "cases", "withheld", "contactable", "in_time", "in_time_share")),
    )
    assert {"n": 25, "waiting": 4, "median_s": 5_400, "p90_s": 90_000} == brand["contact"]
    assert [("Annecy", 3, True, None), ("Lyon", 10, True, None), ("Paris", 20, False, 18)] == [
        (store["store"], store["cases"], store["withheld"], store["contactable"]) for store in one["stores"]
    ]
    assert one["stores"][0]["contact"] is None
    assert (3, "Maison", 33) == (one["total"], one["brand"], one["cases"])


async def test_a_record_that_followed_up_nothing_has_no_turnaround(http: aiohttp.ClientSession, served: Served) -> None:
    """A brand of an earlier release is there, without figures; an unknown one is not."""
    served.show(a_standing("Maison", None), a_standing("Maison", "Lyon"))

    every = await _get(http, served, "v1/turnaround")
    unknown = await _get(http, served, "v1/turnaround/Nobody")

    assert [("Maison", 0, False, None)] == [
        (brand["brand"], brand["cases"], brand["withheld"], brand["in_time_share"]) for brand in every["brands"]
    ]
    assert 404 == unknown["status"]


@pytest.mark.parametrize(
    "changes", [{"contactable": 11}, {"in_time": -1}, {"in_time_share": None}, {"in_time_share": 1.5}, {"open": -1}]
)
def test_figures_that_contradict_themselves_are_malformed(changes: dict[str, Any]) -> None:
    """Nothing of such a score is shown."""
    good = follow_up(10)
    fields = {name: getattr(good, name) for name in good.__struct_fields__}
    windows = a_standing().windows
    score = Score(brand="Maison", store=None, as_of="2026-03-14T12:00:00Z", windows=windows, follow_up=good)

    assert standing_of(score) is not None
    assert standing_of(replace(score, follow_up=FollowUp(**(fields | changes)))) is None
