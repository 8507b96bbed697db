"""The rule of alarms at its limits, the windows it looks at, and its episodes."""

from typing import Any, NamedTuple, get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.domain.alarm import (
    SCORE_LIMITS,
    Episode,
    Rule,
    ScoreRule,
    Span,
    Windows,
    answers_in,
    change_of,
    could_judge,
    is_on,
    judge,
    unpack_episode,
    windows_of,
)
from streams.domain.burst import BURST_LIMITS
from streams.domain.comparison import Change
from streams.domain.page import NewerRow
from streams.domain.tally import ONE
from streams.domain.window import DAY_S, HOUR_S, HOURS, Rolling
from tests.contracts.contracts import ALARM

TODAY = 20_513
NOON = 12
RULES: tuple[ScoreRule, ...] = get_args(ScoreRule)


def _change(difference: float, z: float) -> Change:
    return Change(difference, z, 0.001)


@pytest.mark.parametrize(
    ("difference", "z", "current_n", "baseline_n", "expected"),
    [
        (-10.0, -3.3, 50, 100, True),
        (-10.0, -3.299, 50, 100, False),
        (-9.999, -3.3, 50, 100, False),
        (-10.0, -3.3, 49, 100, False),
        (-10.0, -3.3, 50, 99, False),
        (30.0, 9.0, 500, 900, False),
    ],
)
def test_an_alarm_asks_for_all_of_it(
    difference: float, z: float, current_n: int, baseline_n: int, *, expected: bool
) -> None:
    """z, points, answers now and answers before: each limit is met where it is reached. A rise is the mirror image."""
    assert expected == is_on("drop", _change(difference, z), current_n, baseline_n, was_on=False)
    assert expected == is_on("rise", _change(-difference, -z), current_n, baseline_n, was_on=False)


@pytest.mark.parametrize(
    ("difference", "z", "current_n", "baseline_n", "expected"),
    [
        (-1.0, -0.5, 50, 100, True),
        (-1.0, -0.499, 50, 100, False),
        (30.0, 9.0, 50, 100, False),
        (-10.0, -3.3, 25, 50, True),
        (-10.0, -3.3, 24, 100, False),
        (-10.0, -3.3, 50, 49, False),
    ],
)
def test_an_open_alarm_asks_for_less(
    difference: float, z: float, current_n: int, baseline_n: int, *, expected: bool
) -> None:
    """It holds while z has not come down to 0.5 and there are half the answers."""
    assert expected == is_on("drop", _change(difference, z), current_n, baseline_n, was_on=True)
    assert expected == is_on("rise", _change(-difference, -z), current_n, baseline_n, was_on=True)


@pytest.mark.parametrize("was_on", [False, True])
@pytest.mark.parametrize("rule", RULES)
def test_nothing_holds_of_nothing(rule: ScoreRule, *, was_on: bool) -> None:
    """An empty window says neither."""
    assert is_on(rule, Change(None, None, None), 0, 400, was_on=was_on) is False


def test_old_answers_raise_nothing() -> None:
    """Unless somebody answered within a week; what is open stays."""
    windows = Windows(Span(0, 1, 60 * ONE[0]), Span(0, 1, 400 * ONE[10]), recent=False)
    change = change_of(windows)
    assert judge("drop", windows, change, was_on=False) is False
    assert judge("drop", windows._replace(recent=True), change, was_on=False) is True
    assert judge("drop", windows, change, was_on=True) is True


def test_fifty_and_a_hundred_answers_are_the_least() -> None:
    """Whoever has fewer in all need not be looked at."""
    assert [False, True] == [could_judge(n * ONE[10]) for n in (149, 150)]


@given(st.lists(st.integers(0, 2**26), min_size=11, max_size=11))
def test_the_answers_of_a_tally_are_the_sum_of_its_counts(counts: list[int]) -> None:
    """Whatever their scores."""
    assert sum(counts) == answers_in(sum(map(int.__mul__, counts, ONE)))


def test_episodes_are_counted_for_ever() -> None:
    """One begins, ends, and the next has the next number; its row brings it back."""
    episode = Episode()
    for expected in ((1, True), (1, False), (2, True), (2, False)):
        episode = episode.turned()
        assert expected == episode == unpack_episode(episode.pack())


def test_the_row_of_an_episode_stays_readable() -> None:
    """Version, open or not, number: it is kept for ever, so its form is fixed."""
    assert bytes.fromhex("010107000000") == Episode(7, is_open=True).pack()
    with pytest.raises(NewerRow):
        unpack_episode(bytes.fromhex("020107000000"))


def test_the_schema_names_the_limits() -> None:
    """Those of each rule and no others; and says how many answers a raised one has at least."""
    burst, raised_score, raised_burst = ALARM.schema["allOf"]
    names = {"burst": burst["then"]["properties"]["limits"]["required"]}
    names |= dict.fromkeys(RULES, burst["else"]["properties"]["limits"]["required"])
    assert {**SCORE_LIMITS, "burst": BURST_LIMITS}.keys() == names.keys() == set(get_args(Rule))
    for rule, limits in {**SCORE_LIMITS, "burst": BURST_LIMITS}.items():
        assert list(limits) == names[rule]
    least = {name: one["properties"]["n"]["minimum"] for name, one in raised_score["then"]["properties"].items()}
    assert {"current": SCORE_LIMITS["drop"]["current_n"], "baseline": SCORE_LIMITS["drop"]["baseline_n"]} == least
    assert BURST_LIMITS["n"] == raised_burst["then"]["properties"]["current"]["properties"]["n"]["minimum"]


class Answers(NamedTuple):
    """So many answers of one score in one hour; `age` in days."""

    age: int
    hour: int
    n: int
    score: int


def _rolling(answers: list[Answers]) -> Rolling:
    rolling = Rolling()
    for one in answers:
        rolling.add((TODAY - one.age) * HOURS + one.hour, one.n * ONE[one.score])
    return rolling


def _recount(answers: list[Answers], hour: int) -> Windows:
    """The windows as the words of the module say, tried one after the other."""
    end_s = (TODAY + 1) * DAY_S

    def tally(from_s: int, to_s: int) -> int:
        hours = ((((TODAY - one.age) * HOURS + one.hour) * HOUR_S, one.n * ONE[one.score]) for one in answers)
        return sum(one for at_s, one in hours if from_s <= at_s < to_s)

    def n(from_s: int, to_s: int) -> int:
        return answers_in(tally(from_s, to_s))

    until_s = (TODAY * HOURS + hour + 1) * HOUR_S
    if n(until_s - DAY_S, until_s) >= 50:
        from_s, to_s = until_s - DAY_S, until_s
    else:
        to_s = end_s
        ninety = [end_s - days * DAY_S for days in range(2, 91)]
        from_s = next((day_s for day_s in ninety if n(day_s, end_s) >= 50), ninety[-1])
    year_s = end_s - 365 * DAY_S
    days = [day_s for day_s in range(from_s // DAY_S * DAY_S, year_s - 1, -DAY_S) if day_s < from_s]
    gap_s = next((day_s for day_s in days if n(day_s, from_s) >= 400), year_s)
    first_s = next((day_s for day_s in days if n(day_s, gap_s) >= 400), None)
    if first_s is None:
        first_s = year_s
        gap_s = next((day_s for day_s in reversed(days) if n(year_s, day_s) >= 400), from_s)
    else:
        first_s = max(min(first_s, gap_s - 7 * DAY_S), year_s)
    recent = n(end_s - 7 * DAY_S, end_s) > 0
    return Windows(Span(from_s, to_s, tally(from_s, to_s)), Span(first_s, gap_s, tally(first_s, gap_s)), recent)


ONE_HOUR = st.builds(
    Answers,
    st.integers(0, 12) | st.integers(0, 100) | st.integers(0, 380),
    st.integers(0, 23),
    st.integers(1, 30) | st.integers(1, 500),
    st.sampled_from((0, 8, 10)),
)


@settings(deadline=None)
@given(st.lists(ONE_HOUR, max_size=40), st.integers(0, 23))
@example([Answers(0, NOON, 50, 0)], NOON)
@example([Answers(0, NOON + 1, 50, 0), Answers(1, 0, 400, 9)], NOON)  # dated ahead
@example([Answers(1, 3, 500, 8), Answers(1, 20, 60, 0)], NOON)  # a day that both windows share
@example([Answers(age, 5, 1, 10) for age in range(0, 380, 1)], NOON)
@example([Answers(age, 5, 2, 10) for age in range(0, 380, 1)], NOON)  # the year ends before the baseline
@example([Answers(age, 5, 2_000, 10) for age in range(30)], NOON)
@example([Answers(age, 5, 500, 10) for age in (1, 360, 361, 366)], NOON)  # a week would begin before the year
@example([Answers(91, 0, 400, 0)], NOON)  # all that there is, long ago
def test_windows_are_those_of_a_recount(answers: list[Answers], hour: int) -> None:
    """Whatever the days, the gaps between them and the hour."""
    now_s = TODAY * DAY_S + hour * HOUR_S + 59
    assert _recount(answers, hour) == windows_of(_rolling(answers), now_s)


@settings(deadline=None)
@given(st.lists(ONE_HOUR, min_size=1, max_size=20), st.integers(0, 23), st.data())
def test_windows_follow_corrections(answers: list[Answers], hour: int, data: Any) -> None:
    """What was taken out again was never there."""
    rolling = _rolling(answers)
    windows_of(rolling, TODAY * DAY_S)
    kept = data.draw(st.lists(st.sampled_from(range(len(answers))), unique=True))
    for number, one in enumerate(answers):
        if number not in kept:
            rolling.add((TODAY - one.age) * HOURS + one.hour, -one.n * ONE[one.score])
    left = [answers[number] for number in kept]
    assert windows_of(_rolling(left), TODAY * DAY_S + hour * HOUR_S) == windows_of(
        rolling, TODAY * DAY_S + hour * HOUR_S
    )


@given(st.lists(ONE_HOUR, max_size=40), st.integers(0, 23))
def test_windows_never_overlap(answers: list[Answers], hour: int) -> None:
    """Nor do they reach further back than a year."""
    current, baseline, _ = windows_of(_rolling(answers), TODAY * DAY_S + hour * HOUR_S)
    assert (TODAY - 364) * DAY_S <= baseline.from_s <= baseline.to_s <= current.from_s < current.to_s
    assert current.to_s <= (TODAY + 1) * DAY_S
