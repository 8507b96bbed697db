"""`nps rules` and `nps stores` against a real broker."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from streams.cluster.reading import read_topic
from streams.settings import Settings
from streams.topology import RULES, STORES
from tests.cli.conftest import Nps

pytestmark = pytest.mark.kafka

_SET = {"brand": "Aurelia", "version": 3, "contact_s": 86_400, "owners": {"regions": {"Rhône": "zoe"}}}


def records(settings: Settings, topic: str) -> list[Any]:
    """All records of a topic."""
    found: list[Any] = []
    asyncio.run(read_topic(settings, settings.topic(topic), found.append))
    return found


def apply(nps: Nps, settings: Settings, *sets: dict[str, Any], dry: bool = False) -> tuple[int, str]:
    """Publish rule sets; gives exit status and all that was said."""
    document = json.dumps(sets[0] if len(sets) == 1 else sets).encode()
    done = nps(settings, "rules", "apply", "-", *(["--dry-run"] if dry else []), stdin=document)
    return done.returncode, (done.stdout + done.stderr).decode()


def test_rules_are_published_once(nps: Nps, deployment: Settings) -> None:
    """As they are written, under the key of their brand; the same again sends nothing, another one needs a version."""
    assert (0, "the rules of Aurelia, version 3, is right.\n") == apply(nps, deployment, _SET, dry=True)
    assert [] == records(deployment, RULES.name)
    for said in ("is sent", "holds already"):
        status, words = apply(nps, deployment, _SET)
        assert 0 == status
        assert f"the rules of Aurelia, version 3, {said}" in words
    (record,) = records(deployment, RULES.name)
    assert (b"Aurelia", _SET) == (record.key, json.loads(record.value))
    status, words = apply(nps, deployment, _SET | {"contact_s": 3_600})
    assert (1, True) == (status, "give it a version above 3" in words)
    assert 0 == apply(nps, deployment, _SET | {"contact_s": 3_600, "version": 4})[0]
    assert [3, 4] == [json.loads(record.value)["version"] for record in records(deployment, RULES.name)]


def test_of_a_list_with_a_fault_nothing_is_sent(nps: Nps, deployment: Settings) -> None:
    """All that is wrong is said, and of which one."""
    bad = {"brand": "Boreal", "version": 1, "calendar": {"time_zone": "Lyon", "hours": {}}}
    status, words = apply(nps, deployment, _SET, bad, {"brand": "Coral"})
    assert 1 == status
    assert "rule set 2: `$.calendar`: there is no time zone 'Lyon'" in words
    assert "rule set 3: Object missing required field `version`" in words
    assert [] == records(deployment, RULES.name)


def test_the_rules_that_hold_are_shown(nps: Nps, deployment: Settings) -> None:
    """The built-in ones, ready to be published, until a brand has its own, and again when they are taken back."""
    built_in = nps(deployment, "rules", "show", "--json").stdout
    assert 1 == json.loads(built_in)["version"]
    assert 0 == nps(deployment, "rules", "apply", "-", stdin=built_in).returncode
    assert 0 == apply(nps, deployment, _SET)[0]
    both = nps(deployment, "rules", "show").stdout.decode()
    assert both.index("all brands without their own, version 1") < both.index("Rules of Aurelia, version 3")
    assert "the customer to be contacted within 24 h" in both
    assert "Rhône: zoe" in both
    assert 0 == nps(deployment, "rules", "withdraw", "--brand", "Aurelia").returncode
    shown = nps(deployment, "rules", "show", "--brand", "Aurelia").stdout.decode()
    assert "all brands without their own, version 1" in shown
    assert 1 == nps(deployment, "rules", "withdraw", "--brand", "Aurelia").returncode


def test_facts_of_stores_are_sent_line_by_line(nps: Nps, deployment: Settings, tmp_path: Path) -> None:
    """Under the key of the store; what no worker would take is said and not sent."""
    lines = [
        {"brand": "Aurelia", "store": "Lyon", "region": "Rhône", "vip": True},
        {"brand": "Aurelia", "store": "Paris", "time_zone": "Paris"},
        {"brand": "Aurelia", "store": "Nice", "moved_to": "Cannes"},
    ]
    file = tmp_path / "stores.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    done = nps(deployment, "stores", "apply", str(file))
    assert 1 == done.returncode
    expected = "line 2: there is no time zone 'Paris'; it wants a name such as Europe/Paris\n"
    assert expected == done.stderr.decode()
    found = {record.key: json.loads(record.value) for record in records(deployment, STORES.name)}
    assert {b"Aurelia|Lyon": lines[0], b"Aurelia|Nice": lines[2]} == found
