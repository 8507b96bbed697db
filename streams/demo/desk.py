"""The simulated desk: people who read alerts, acknowledge, call, resolve, dismiss, reopen, and forget some.

It knows of alerts what a subscriber knows, and takes the next step of a case when it has seen the one before come true.
Now and then something goes wrong, as it does: a button is pressed twice, a CRM keys its records by the wrong thing,
writes nonsense, or resolves what nobody has looked at.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import Final, NamedTuple
from uuid import UUID

import orjson

from streams.demo.deeds import Deed
from streams.demo.desk_faults import spoil_action
from streams.demo.desk_words import a_note, somebody
from streams.demo.records import Document
from streams.demo.strays import stray_key

AT_ONCE: Final = 4
"""Steps that are taken at one look: the desk looks ten times a second, and has so many people."""
PLANS_MAX: Final = 2_000
"""More cases than that nobody can keep in mind: the others are forgotten."""

_FORGOTTEN, _DISMISSED = 0.15, 0.1
_PRESSED_TWICE, _MISROUTED, _SPOILT, _TOO_EARLY, _UNKNOWN = 0.06, 0.03, 0.02, 0.02, 0.01
_DISMISSALS: Final = {"not_reachable": 5, "duplicate": 2, "not_genuine": 2, "not_ours": 1, "other": 1}
_CHANNELS: Final = {"call": 6, "message": 3, "visit": 1}
_OVER: Final = frozenset({"retracted", "expired"})
"""Nobody at the desk ends a case like that: whoever has plans for one gives them up."""


class _Step(NamedTuple):
    """What is done, with which words, and how long after the step before, in ms."""

    action: str
    words: Document
    after_ms: int


@dataclass(slots=True)
class _Plan:
    """What is still to be done about a case. `awaited` is the action that must have come true before it goes on."""

    about: Document
    language: str
    steps: list[_Step]
    awaited: str = ""


@dataclass(slots=True, kw_only=True)
class Desk:
    """Decides by chance, from a generator of its own; `followup.actions` has so many partitions."""

    random: Random
    partitions: int
    _plans: dict[str, _Plan] = field(default_factory=dict)
    _later: list[tuple[int, int, str | Deed]] = field(default_factory=list)
    """By time the cases whose next step is due, and what is sent once more."""
    _order: Iterator[int] = field(default_factory=count)

    def see(self, event: Document, now_ms: int) -> None:
        """Read an event of `followup.alerts`, as it comes."""
        case_id = event.get("case_id")
        if case_id is None:
            return
        if event["kind"] == "raised" and event["alert_id"] == case_id:
            self._begin(case_id, event, now_ms)
            return
        plan = self._plans.get(case_id)
        if plan is None:
            return
        if event["status"] in _OVER:
            del self._plans[case_id]
        elif event["action"] is not None and event["action"]["action_id"] == plan.awaited:
            self._schedule(case_id, plan, now_ms)

    def due(self, now_ms: int) -> list[Deed]:
        """What is done now, at most AT_ONCE steps and what goes wrong with them."""
        deeds: list[Deed] = []
        for _ in range(AT_ONCE):
            if not self._later or self._later[0][0] > now_ms:
                break
            what = heapq.heappop(self._later)[2]
            if isinstance(what, Deed):
                deeds.append(what)
            elif what in self._plans:
                deeds += self._step(self._plans[what], now_ms)
        return deeds

    def _begin(self, case_id: str, event: Document, now_ms: int) -> None:
        random = self.random
        if random.random() < _FORGOTTEN or len(self._plans) >= PLANS_MAX:
            return
        about = {"alert_id": case_id, "brand": event["brand"], "store": event["store"]}
        language = event["language"] if event["language"] in {"fr", "en"} else "en"
        plan = self._plans[case_id] = _Plan(about, language, self._steps(language, event))
        if random.random() < _TOO_EARLY:
            too_early = self._deed(plan, _Step("resolved", {}, 0), now_ms)
            self._push(now_ms, too_early._replace(reason="illegal_transition"))
        self._schedule(case_id, plan, now_ms)

    def _steps(self, language: str, event: Document) -> list[_Step]:
        """What will be done about a case, if nothing comes in between."""
        random = self.random
        hurry = 0.4 if event["severity"] == "P1" else 1.0
        steps = [self._said("acknowledged", language, round(random.randint(800, 4_000) * hurry), chance=0.3)]
        if random.random() < 0.12:
            steps.append(self._said("noted", language, 1_000))
        if random.random() < (_DISMISSED if event["contactable"] else 0.5):
            drawn = random.choices([*_DISMISSALS], [*_DISMISSALS.values()])[0]
            reason = drawn if event["contactable"] else "no_contact_wanted"
            return [*steps, self._said("dismissed", language, 1_500, chance=0.4, reason=reason)]
        steps += self._call(language, hurry)
        if random.random() < 0.85:
            steps.append(self._said("resolved", language, random.randint(1_000, 3_000), chance=0.6))
            if random.random() < 0.3:
                steps.append(_Step("rated", {"quality": random.choices(range(1, 6), (1, 1, 3, 6, 6))[0]}, 2_000))
            if random.random() < 0.12:
                steps.append(self._said("reopened", language, 1_500, chance=0.9))
                steps += [*self._call(language, 1.0), self._said("resolved", language, 1_500, chance=0.5)]
        return steps

    def _call(self, language: str, hurry: float) -> list[_Step]:
        """Contact the customer: a second time where the first one was but a message."""
        channel = self.random.choices([*_CHANNELS], [*_CHANNELS.values()])[0]
        after_ms = round(self.random.randint(1_000, 4_000) * hurry)
        calls = [self._said("contacted", language, after_ms, chance=0.7, channel=channel)]
        if channel == "message" and self.random.random() < 0.4:
            calls.append(self._said("contacted", language, 1_500, chance=0.7, channel="call"))
        return calls

    def _said(self, action: str, language: str, after_ms: int, *, chance: float = 1.0, **words: str) -> _Step:
        """A step, perhaps with a note."""
        if self.random.random() < chance:
            return _Step(action, {**words, "note": a_note(self.random, language, action)}, after_ms)
        return _Step(action, dict(words), after_ms)

    def _schedule(self, case_id: str, plan: _Plan, now_ms: int) -> None:
        if plan.steps:
            self._push(now_ms + plan.steps[0].after_ms, case_id)
        else:
            del self._plans[case_id]

    def _push(self, at_ms: int, what: str | Deed) -> None:
        heapq.heappush(self._later, (at_ms, next(self._order), what))

    def _step(self, plan: _Plan, now_ms: int) -> Iterator[Deed]:
        """Take the next step of a case; with it goes wrong what does."""
        random = self.random
        deed = self._deed(plan, plan.steps.pop(0), now_ms)
        plan.awaited = deed.action_id
        seen = _Step("acknowledged", {}, 0)
        if random.random() < _SPOILT:
            yield spoil_action(random, self._deed(plan, seen, now_ms), now_ms)
        if random.random() < _UNKNOWN:
            never_raised = replace(plan, about={**plan.about, "alert_id": self._uuid()})
            yield self._deed(never_raised, seen, now_ms)._replace(reason="illegal_transition")
        if random.random() < _MISROUTED and self.partitions > 1:
            yield deed._replace(key=stray_key(self.partitions, random, deed.key), is_stray=True)
            return
        yield deed
        if random.random() < _PRESSED_TWICE:
            self._push(now_ms + random.randint(100, 2_000), deed)

    def _deed(self, plan: _Plan, step: _Step, now_ms: int) -> Deed:
        action_id, about = self._uuid(), plan.about
        document = {
            "action_id": action_id,
            **about,
            "action": step.action,
            "at": datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(timespec="milliseconds"),
            "actor": somebody(self.random, plan.language),
            **step.words,
        }
        key = f"{about['brand']}|{about['store']}".encode()
        return Deed(now_ms, key, orjson.dumps(document), action_id, about["alert_id"])

    def _uuid(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))
