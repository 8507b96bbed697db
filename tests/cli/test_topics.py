"""`nps topics create` against a real broker."""

import pytest

from streams.settings import Settings
from streams.topology import TOPICS
from tests.cli.conftest import Nps

pytestmark = pytest.mark.kafka


def test_it_says_what_it_created_and_what_was_there(nps: Nps, settings: Settings) -> None:
    """The second time nothing is left to do; both times the exit status is 0."""
    for word in ("created", "exists"):
        done = nps(settings, "topics", "create")
        assert (0, b"") == (done.returncode, done.stderr)
        lines = done.stdout.decode().splitlines()[1:]
        assert [[settings.topic(topic.name), word, "3", "1"] for topic in TOPICS] == [line.split() for line in lines]


def test_what_differs_is_said_and_not_changed(nps: Nps, deployment: Settings) -> None:
    """Exit status 1, how to mend it, and the same again the next time."""
    for _ in range(2):
        done = nps(deployment, "topics", "create", NPS_PARTITIONS="5")
        assert 1 == done.returncode
        shown = done.stdout.decode()
        assert "partitions is 3, should be 5" in shown
        assert "set NPS_PARTITIONS to the number that all topics were made with (here 3)" in shown
