"""How often the rule of alarms is wrong, and how much it finds: the simulation that it was chosen by, run again."""

import math
import random
from collections.abc import Callable, Iterator
from statistics import fmean, median
from typing import NamedTuple

import pytest

from streams.domain.alarm import (
    BASELINE_N,
    CURRENT_N,
    Episode,
    ScoreRule,
    change_of,
    is_on,
    judge,
    windows_of,
)
from streams.domain.comparison import compare
from streams.domain.tally import ONE
from streams.domain.window import DAY_S, HOUR_S, HOURS, Rolling

ANSWERS = 500
"""How many each store gives, the rule being tried after each of them."""
PER_DAY = 10
FIRST_DAY = 20_000
DETRACTOR, PASSIVE, PROMOTER = ONE[3], ONE[8], ONE[10]

Answers = Iterator[int]
Simulation = Callable[[random.Random, int, int, ScoreRule], "Outcome"]


class Outcome(NamedTuple):
    """After how many answers an alarm was raised first (None: never), and how many were."""

    first: int | None
    alarms: int


def _answers(chance: random.Random, nps: int) -> Answers:
    """Answers of a population with this NPS, 30 % of them passive: 20, 30 and 50 % at an NPS of 30."""
    promoters = (70 + nps) / 200
    while True:
        share = chance.random()
        yield PROMOTER if share < promoters else PASSIVE if share < promoters + 0.3 else DETRACTOR


def _outcome(verdicts: Iterator[bool]) -> Outcome:
    """Count the episodes in what the rule said after each answer."""
    episode, first = Episode(), None
    for number, on in enumerate(verdicts, 1):
        if on != episode.is_open:
            episode = episode.turned()
            first = number if first is None else first
    return Outcome(first, episode.number)


def by_answers(chance: random.Random, before: int, after: int, rule: ScoreRule) -> Outcome:
    """A store judged by its last 50 answers against 400 from before: the windows that the rule was made with."""

    def verdicts() -> Iterator[bool]:
        old, new = _answers(chance, before), _answers(chance, after)
        baseline = sum(next(old) for _ in range(BASELINE_N))
        last = [next(old) for _ in range(CURRENT_N)]
        current, on = sum(last), False
        for number in range(ANSWERS):
            answer = next(new)
            current += answer - last[number % CURRENT_N]
            last[number % CURRENT_N] = answer
            on = is_on(rule, compare(current, baseline), CURRENT_N, BASELINE_N, was_on=on)
            yield on

    return _outcome(verdicts())


def by_days(chance: random.Random, before: int, after: int, rule: ScoreRule) -> Outcome:
    """A store with ten answers a day, judged by the windows of the product."""
    days = (2 * BASELINE_N + CURRENT_N) // PER_DAY + 10
    old, new = _answers(chance, before), _answers(chance, after)
    rolling = Rolling()
    for answer in range(days * PER_DAY):
        rolling.add(_hour(answer), next(old))

    def verdicts() -> Iterator[bool]:
        on = False
        for answer in range(days * PER_DAY, days * PER_DAY + ANSWERS):
            hour = _hour(answer)
            rolling.add(hour, next(new))
            windows = windows_of(rolling, hour * HOUR_S)
            on = judge(rule, windows, change_of(windows), was_on=on)
            yield on

    return _outcome(verdicts())


def _hour(answer: int) -> int:
    day, number = divmod(answer, PER_DAY)
    return (FIRST_DAY + day) * HOURS + 8 + number


def _margin(share: float, stores: int) -> float:
    """Two standard errors of a share that so many stores were asked for."""
    return 2 * math.sqrt(share * (1 - share) / stores)


@pytest.mark.parametrize(("simulate", "stores"), [(by_answers, 600), (by_days, 300)])
def test_healthy_stores_are_seldom_said_to_fall(simulate: Simulation, stores: int) -> None:
    """4 % of them within 500 answers; two standard errors may come on top, 1.6 points with 600 stores."""
    chance = random.Random(2026)
    wrong = sum(simulate(chance, 30, 30, "drop").alarms > 0 for _ in range(stores))
    assert wrong / stores <= 0.04 + _margin(0.04, stores)


@pytest.mark.parametrize(("simulate", "stores"), [(by_answers, 300), (by_days, 100)])
@pytest.mark.parametrize(("after", "found", "half", "alarms"), [(0, 0.98, 86, 1.3), (-20, 1.0, 40, 1.1)])
def test_falls_are_found(simulate: Simulation, stores: int, after: int, found: float, half: int, alarms: float) -> None:
    """From 30 to 0 in 98 % of the stores, half of them after 86 answers; to -20 in all, half after 40.

    Each is said 1.3 times at most. Allowed are two standard errors of the share, and a tenth of the others.
    """
    chance = random.Random(2026)
    outcomes = [simulate(chance, 30, after, "drop") for _ in range(stores)]
    caught = [outcome for outcome in outcomes if outcome.first is not None]
    assert len(caught) / stores >= found - _margin(found, stores)
    assert median(outcome.first or 0 for outcome in caught) <= 1.1 * half
    assert fmean(outcome.alarms for outcome in caught) <= 1.1 * alarms


@pytest.mark.parametrize("per_day", [40, 300, 3_000])
def test_the_habits_of_a_day_are_no_alarm(per_day: int) -> None:
    """Mornings 40 points above evenings, every day: whoever compares a morning with whole days says so every day."""
    chance = random.Random(2026)
    mornings, evenings = _answers(chance, 50), _answers(chance, 10)
    rolling = Rolling()
    raised = 0
    for hour in range(12 * HOURS):
        half = mornings if hour % HOURS < HOURS / 2 else evenings
        many = (hour + 1) * per_day // HOURS - hour * per_day // HOURS
        rolling.add(FIRST_DAY * HOURS + hour, sum(next(half) for _ in range(many)))
        if hour >= 8 * HOURS:
            windows = windows_of(rolling, FIRST_DAY * DAY_S + hour * HOUR_S)
            raised += sum(judge(rule, windows, change_of(windows), was_on=False) for rule in ("drop", "rise"))
    assert raised == 0
