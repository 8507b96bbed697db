"""The processes of the run: started with their settings, started again when they die, never left behind."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from streams.demo.part import STARTS_MAX, Hopeless, Part, end_all

_DEADLINE_S = 30
_SLEEPS = "import time; print('up', flush=True); time.sleep(600)"
_STAYS = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {_SLEEPS}"


@pytest.fixture
async def parts() -> AsyncIterator[list[Part]]:
    """Parts put in here are ended after the test."""
    started: list[Part] = []
    yield started
    await end_all(started, 0)


def _a_part(tmp_path: Path, program: str, **env: str) -> Part:
    return Part("worker 1", [sys.executable, "-c", program], env, tmp_path / "log")


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(_DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_killed_part_is_started_again(tmp_path: Path, parts: list[Part]) -> None:
    """After kill -9 it runs again, under another pid, and what happened is said."""
    part = _a_part(tmp_path, _SLEEPS)
    parts.append(part)
    part.start()
    first, said = part.pid, list[str]()
    keeping = asyncio.create_task(part.keep(said.append))
    os.kill(first, signal.SIGKILL)
    await _until(lambda: part.pid != first and part.alive)
    keeping.cancel()

    assert f"worker 1 (pid {first}) was ended by SIGKILL; starting it again in 1 s" == said[0]
    assert 2 == part.starts


async def test_a_part_that_cannot_start_is_given_up(tmp_path: Path) -> None:
    """Dying again and again at once is hopeless, and its last words are told."""
    part = _a_part(tmp_path, "raise SystemExit('no luck')")
    part.start()
    with pytest.raises(Hopeless, match="no luck"):
        await asyncio.wait_for(part.keep(lambda _: None, pauses_s=[0.01]), _DEADLINE_S)

    assert STARTS_MAX == part.starts


async def test_a_part_that_does_not_end_is_killed(tmp_path: Path, parts: list[Part]) -> None:
    """Whoever ignores SIGTERM is killed after the time it gets."""
    part = _a_part(tmp_path, _STAYS)
    parts.append(part)
    part.start()
    await _until(lambda: "up" in part.tail())
    await end_all([part], 0.1)

    assert not part.alive
    assert not psutil.pid_exists(part.pid)


async def test_settings_reach_the_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: list[Part]) -> None:
    """Variables given are set, `NPS_*` ones not given are not inherited, others are."""
    monkeypatch.setenv("NPS_APP_ID", "inherited")
    monkeypatch.setenv("ANOTHER", "kept")
    program = "import os; print([os.environ.get(n) for n in ('NPS_BROKERS', 'NPS_APP_ID', 'ANOTHER')])"
    part = _a_part(tmp_path, program, NPS_BROKERS="127.0.0.1:1")
    parts.append(part)
    part.start()
    await _until(lambda: not part.alive)

    assert "['127.0.0.1:1', None, 'kept']" == part.tail()


async def test_no_part_outlives_a_killed_run(tmp_path: Path) -> None:
    """When the run itself is killed by SIGKILL, its parts go with it."""
    program = (
        "import pathlib, sys, time\n"
        "from streams.demo.part import Part\n"
        f"part = Part('p', [sys.executable, '-c', {_STAYS!r}], {{}}, pathlib.Path({str(tmp_path / 'log')!r}))\n"
        "part.start(); print(part.pid, flush=True); time.sleep(600)"
    )
    run = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE)
    try:
        assert run.stdout is not None
        pid = int(await asyncio.wait_for(run.stdout.readline(), _DEADLINE_S))
    finally:
        run.kill()
        await run.wait()

    with suppress(psutil.NoSuchProcess):
        await _until(lambda: psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
