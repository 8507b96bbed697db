"""What every test may ask for: one Kafka for the whole run, one of its own to break, and a name nobody else uses."""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from streams.broker import Broker, start_broker
from tests.tools import PACKAGES, find_tool

_missing = pytest.StashKey[Counter[str]]()


@dataclass(frozen=True, slots=True)
class Kafka:
    """A broker tests share: use names of your own there, and leave it running."""

    bootstrap: str


@pytest.fixture(scope="session")
def kafka() -> Iterator[Kafka]:
    """The broker of NPS_BROKERS, or an embedded one for the whole run; an error, not a skip, where it cannot start."""
    given = os.environ.get("NPS_BROKERS")
    if given:
        yield Kafka(given)
        return
    with start_broker() as broker:
        yield Kafka(broker.bootstrap)
        broker.kill()  # an orderly stop writes out a thousand partitions that nobody will read


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[Callable[..., Broker]]:
    """Start brokers of this test's own, to stop or to damage; the arguments are those of `start_broker`."""
    started: list[Broker] = []

    def start(data_dir: Path | None = None, **options: Any) -> Broker:
        broker = start_broker(data_dir or tmp_path / f"kafka-{len(started)}", **options)
        started.append(broker)
        return broker

    yield start
    for broker in started:
        broker.stop()


@pytest.fixture
def unique() -> str:
    """A short name for the topics, groups and ids of this test, new in every run: a shared broker remembers."""
    return f"t{uuid4().hex[:10]}"


def pytest_configure(config: pytest.Config) -> None:
    """Start counting what cannot be tested here."""
    config.stash[_missing] = Counter()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Hold back a test whose program is missing; on CI nothing may be missing."""
    for mark in item.iter_markers("needs"):
        for tool in mark.args:
            if find_tool(tool) is not None:
                continue
            if os.environ.get("CI") == "true":
                pytest.fail(f"{tool} is missing", pytrace=False)
            item.config.stash[_missing][tool] += 1
            pytest.skip(f"{tool} is missing")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was not tested for want of a program, and how to get it."""
    missing = config.stash[_missing]
    if missing:
        terminalreporter.section("not tested here")
    for tool, tests in missing.items():
        terminalreporter.line(f"{tests} tests need {tool}, which is missing; on Debian: apt install {PACKAGES[tool]}")
