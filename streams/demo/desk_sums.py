"""The sums of the follow-up desk: what people did, what the clocks did, and what became of each case."""

from collections import Counter
from collections.abc import Iterator

from streams.demo.deeds import Deeds
from streams.demo.observed import Observed
from streams.demo.sum import Sum

_SLACK_MS = 5_000
"""A clock that has run out since may not have rung yet."""


def desk_adds_up(deeds: Deeds, observed: Observed, in_topic: int, now_ms: int) -> Iterator[Sum]:
    """All sums of the desk, `in_topic` being the records read back from `followup.actions`."""
    ends, book = observed.dispositions(observed.actions), observed.casebook
    yield Sum("every record in followup.actions ended as exactly one of the five", in_topic, sum(ends.values()))
    yield Sum("refused actions in their topic are those the shards sent", ends["dead_letter"], observed.refused.total())
    yield Sum("actions taken, each as one event of its case", ends["counted"], book.taken.total())
    yield Sum("no action was taken twice", len(book.taken), book.taken.total())
    yield Sum("what people did to a case is what its status allows", 0, book.disallowed)
    yield Sum("alerts attached to a case, as told to the case", 0, sum(map(abs, book.attached.values())))
    yield Sum("customers with two open cases at one store", 0, book.doubled)
    yield Sum("alerts judged by the rules that hold", 0, book.ruled_otherwise)
    yield Sum("alerts due 48 hours after the answer", 0, book.due_wrong)
    yield Sum("no clock rang twice", 0, book.rung_again)
    yield Sum("no clock rang too early, or for nothing", 0, book.rung_early)
    yield Sum("cases overdue that are not breached", 0, book.overlooked(now_ms - _SLACK_MS))
    if deeds.sure:
        yield from _as_done(deeds, observed, in_topic, ends)


def desk_is_quiet(deeds: Deeds, observed: Observed, now_ms: int) -> bool:
    """Whether everything that people did has come out, and every clock that must have rung rang."""
    book = observed.casebook
    return (
        observed.taken(observed.actions) >= deeds.acked
        and observed.refused.total() >= observed.dispositions(observed.actions)["dead_letter"]
        and book.taken.total() >= observed.dispositions(observed.actions)["counted"]
        and not book.overlooked(now_ms)
    )


def _as_done(deeds: Deeds, observed: Observed, in_topic: int, ends: dict[str, int]) -> Iterator[Sum]:
    taken, refused = observed.casebook.taken, Counter[str]()
    for (_, action_id), number in observed.refused.items():
        refused[action_id] += number
    yield Sum(
        "followup.actions holds what was sent and a copy of each re-homed record", deeds.acked + deeds.strays, in_topic
    )
    yield Sum("actions re-homed, against what was sent", deeds.strays, ends["rehomed"])
    again = sum(number - 1 for action_id, number in deeds.good.items() if taken[action_id])
    yield Sum("actions repeated, against what was sent", again, ends["duplicate"])
    lost = sum(not taken[action_id] and not refused[action_id] for action_id in deeds.good)
    yield Sum("actions that nothing is wrong with and nothing became of", 0, lost)
    yield Sum("actions that nobody sent", 0, len(taken.keys() - deeds.good.keys()))
    bad = Counter[str]()
    for (reason, action_id), number in observed.refused.items():
        bad[reason] += 0 if action_id in deeds.good else number
    yield Sum("refused actions give the reason they must", 0, _unequal(deeds.reasons, bad))
    yield Sum("actions refused for nothing", 0, sum(_for_nothing(deeds, observed)))


def _for_nothing(deeds: Deeds, observed: Observed) -> Iterator[int]:
    """Refused actions that nothing is wrong with: only a case that was retracted or expired meanwhile refuses them."""
    for (reason, action_id), number in observed.refused.items():
        if action_id in deeds.good:
            case = observed.casebook.cases.get(deeds.alerts[action_id])
            if reason != "illegal_transition" or case is None or not case.was_retracted:
                yield number


def _unequal(wanted: Counter[str], found: Counter[str]) -> int:
    return (wanted - found).total() + (found - wanted).total()
