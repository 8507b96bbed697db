"""The follow-up desk by its commands, around a worker that works, on a real broker."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from streams.settings import Settings
from tests.cli.conftest import Nps, environment

pytestmark = pytest.mark.kafka
DEADLINE_S = 60


def an_answer(number: int, **fields: Any) -> bytes:
    """A detractor's answer of now."""
    document = {
        "response_id": f"r-{number}",
        "brand": "Aurelia",
        "store": "Lyon",
        "submitted_at": datetime.now(UTC).isoformat(),
        "score": 3,
        **fields,
    }
    return json.dumps(document).encode() + b"\n"


def cases(nps: Nps, settings: Settings, *args: str) -> list[Any]:
    """What `nps alerts list` says."""
    return [json.loads(line) for line in nps(settings, "alerts", "list", "--json", *args).stdout.splitlines()]


def until_listed(nps: Nps, settings: Settings, number: int) -> list[Any]:
    """Wait until there are so many cases."""
    until_s = time.monotonic() + DEADLINE_S
    while len(found := cases(nps, settings, "--all")) < number:
        assert time.monotonic() < until_s, f"{len(found)} of {number} cases are there after {DEADLINE_S} s"
    return found


def act(nps: Nps, settings: Settings, *args: str) -> tuple[int, Any]:
    """Do something to a case; gives exit status and answer."""
    done = nps(settings, "alerts", *args, "--wait", str(DEADLINE_S), "--json")
    return done.returncode, json.loads(done.stdout)


def test_a_case_is_followed_up_by_commands(nps: Nps, deployment: Settings, worker: subprocess.Popen[bytes]) -> None:
    """Acknowledged, called, resolved, rated, reopened, each once; the story tells it; the worker has the last word."""
    assert 0 == nps(deployment, "send", "-", stdin=an_answer(1, comment="Trop d'attente")).returncode
    (case,) = until_listed(nps, deployment, 1)
    assert ("open", "P2", "brand:Aurelia") == (case["status"], case["severity"], case["owner"])
    name = case["case_id"][:8]
    done, answer = act(nps, deployment, "resolve", name)
    assert (1, "refused") == (done, answer["outcome"])
    steps = [
        (["ack", name, "--action-id", "k-1", "--actor", "Inès"], "acknowledged"),
        (["contact", name, "--channel", "call", "--note", "rappelée, bon d'achat"], "contacted"),
        (["resolve", name], "resolved"),
        (["rate", name, "--quality", "5"], "resolved"),
        (["reopen", name], "reopened"),
    ]
    for args, status in steps:
        done, answer = act(nps, deployment, *args)
        assert (0, "moved", status) == (done, answer["outcome"], answer["status"]), answer
    done, answer = act(nps, deployment, "ack", name, "--action-id", "k-1")
    assert (0, "duplicate") == (done, answer["outcome"])
    shown = json.loads(nps(deployment, "alerts", "show", name, "--json").stdout)
    kinds = ["raised", "acknowledged", "contacted", "resolved", "enriched", "reopened"]
    assert kinds == [event["kind"] for event in shown["story"]]
    assert [*range(1, 7)] == [event["sequence"] for event in shown["story"]]
    assert ("reopened", 5, 1) == (shown["status"], shown["quality"], shown["reopened"])
    story = nps(deployment, "alerts", "show", name).stdout.decode()
    assert "contacted by telephone by" in story
    assert "“rappelée, bon d'achat”" in story


def test_what_a_worker_refuses_is_said(nps: Nps, deployment: Settings, worker: subprocess.Popen[bytes]) -> None:
    """Two people act on what both saw: the second one is told that the case does not allow it any more."""
    assert 0 == nps(deployment, "send", "-", stdin=an_answer(1)).returncode
    (case,) = until_listed(nps, deployment, 1)
    begun = [
        subprocess.Popen(
            [sys.executable, "-m", "streams", "alerts", "ack", case["case_id"], "--json", "--wait", str(DEADLINE_S)],
            stdout=subprocess.PIPE,
            env=environment(deployment),
        )
        for _ in range(2)
    ]
    answers = [json.loads(process.communicate(timeout=DEADLINE_S)[0]) for process in begun]
    assert ["moved", "refused"] == sorted(answer["outcome"] for answer in answers)
    assert {None, "illegal_transition"} == {answer["reason"] for answer in answers}


def test_rules_and_facts_hold_for_what_comes_after_them(
    nps: Nps, deployment: Settings, worker: subprocess.Popen[bytes]
) -> None:
    """The owner of the region is to act, the rule and its version are named, and so is the time that it gives."""
    rules = {
        "brand": "Aurelia",
        "version": 4,
        "contact_s": 3_600,
        "rules": [{"id": "any", "when": {}, "severity": "P1"}],
        "owners": {"regions": {"Rhône": "Zoé"}},
    }
    facts = {"brand": "Aurelia", "store": "Lyon", "region": "Rhône"}
    assert 0 == nps(deployment, "rules", "apply", "-", stdin=json.dumps(rules).encode()).returncode
    assert 0 == nps(deployment, "stores", "apply", "-", stdin=json.dumps(facts).encode()).returncode
    until_s, number = time.monotonic() + DEADLINE_S, 0
    while not (ruled := cases(nps, deployment, "--owner", "Zoé", "--severity", "P1")):
        assert time.monotonic() < until_s, cases(nps, deployment)
        number += 1
        assert 0 == nps(deployment, "send", "-", stdin=an_answer(number)).returncode
    assert ("any", 4) == (ruled[0]["rule_id"], ruled[0]["rule_version"])
    submitted, due = (datetime.fromisoformat(ruled[0][name]) for name in ("submitted_at", "due_at"))
    assert 3_600 == (due - submitted).total_seconds()
