"""`nps --help` and what all commands have in common."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from streams.cli import SECTIONS, main

NAMES = [name for section in SECTIONS.values() for name in section]


def leaves(command: click.Command, *path: str) -> list[tuple[str, click.Command]]:
    """All commands that do something, with their full names."""
    if not isinstance(command, click.Group):
        return [(" ".join(path), command)]
    context = click.Context(command)
    subcommands = [(name, command.get_command(context, name)) for name in command.list_commands(context)]
    return [leaf for name, sub in subcommands if sub is not None for leaf in leaves(sub, *path, name)]


def test_every_command_is_listed_with_what_it_is_for() -> None:
    """The first page names each command, under what one wants to do."""
    shown = CliRunner().invoke(main, ["--help"])
    assert 0 == shown.exit_code
    for title, commands in SECTIONS.items():
        assert f"{title}:" in shown.output
        for name in commands:
            assert f"\n  {name} " in shown.output


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_help_worth_reading(name: str) -> None:
    """Each says what it does, shows an example where it takes arguments, and what its exit status means."""
    command = main.get_command(click.Context(main), name)
    assert command is not None
    for path, leaf in leaves(command, name):
        shown = CliRunner().invoke(main, [*path.split(), "--help"])
        assert 0 == shown.exit_code, path
        assert leaf.help is not None, path
        if not path.startswith("broker"):
            assert "Exit status:" in shown.output, path


def test_help_imports_no_kafka_and_no_faust() -> None:
    """`nps --help` answers at once."""
    script = (
        "import sys; from click.testing import CliRunner; from streams.cli import main;"
        "CliRunner().invoke(main, ['--help']); print([m for m in ('aiokafka', 'faust', 'rich') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert "[]\n" == shown.stdout


@pytest.mark.parametrize(
    "args",
    [
        ["topics", "create"],
        ["scores"],
        ["explain", "--brand", "B"],
        ["send", "-"],
        ["resume", "--shard", "0"],
        ["forget", "C", "--yes"],
        ["alerts", "list"],
        ["alerts", "ack", "a"],
        ["rules", "show"],
        ["stores", "apply", "-"],
    ],
)
def test_a_bad_setting_is_one_line_and_no_traceback(args: list[str]) -> None:
    """It names the variable and what is allowed; exit status 2."""
    shown = CliRunner(env={"NPS_PARTITIONS": "many"}).invoke(main, args)
    assert 2 == shown.exit_code
    assert "Error: NPS_PARTITIONS must be a plain decimal number (partitions), not 'many'\n" == shown.stderr
    assert "" == shown.stdout


@pytest.mark.parametrize(
    ("args", "status"),
    [
        (["topics", "create"], 1),
        (["scores"], 1),
        (["explain", "--brand", "B"], 1),
        (["alerts", "tail"], 1),
        (["alerts", "list"], 1),
        (["alerts", "show", "a"], 1),
        (["alerts", "ack", "a"], 2),
        (["rules", "show"], 1),
        (["stores", "apply", "-"], 2),
        (["forget", "C", "--yes"], 1),
        (["resume", "--shard", "0"], 1),
        (["send", "-"], 2),
    ],
)
def test_a_missing_kafka_is_one_line_and_no_traceback(args: list[str], status: int) -> None:
    """It says where Kafka was looked for."""
    environ = {"NPS_BROKERS": "127.0.0.1:1"}  # nobody listens on port 1
    shown = CliRunner(env=environ).invoke(main, args, input="{}\n")
    assert status == shown.exit_code
    last = shown.stderr.splitlines()[-1]
    assert "Error: no Kafka answers at 127.0.0.1:1. Is it running? NPS_BROKERS says where it is." == last
