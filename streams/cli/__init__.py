"""The `nps` command. Each subcommand lives in a module of its own and is imported when it is called."""

import sys
from importlib import import_module
from typing import Any

import click

from streams.settings import BadSetting

SECTIONS = {
    "Try it": {
        "demo": "Everything on this machine: Kafka, workers, simulated shops, the board.",
        "broker": "A real Kafka on this machine, for trying and testing.",
    },
    "Run it": {
        "topics": "Create the topics.",
        "worker": "Count responses and raise alerts: run one per core.",
        "board": "Serve the live board.",
    },
    "Use it": {
        "send": "Send responses from a file, one JSON document a line.",
        "scores": "Show the present NPS of brands and stores.",
        "explain": "Show what is behind a number: answers, corrections, exclusions and why.",
        "alerts": "Follow up detractor alerts: list and show cases, say what was done, watch.",
        "rules": "Show and publish who is alerted how urgently, and who is to act.",
        "stores": "Publish what is known of stores: region, owner, whether one closed.",
    },
    "Look after it": {
        "doctor": "Check everything, and say how to mend what is not well.",
        "resume": "Let a shard go on that stopped at too many dead letters.",
        "digest": "Print a fingerprint of all that is counted, to compare.",
        "forget": "Forget a customer: cut what leads to the person, and take the votes out if told to.",
    },
}
"""Subcommands by what one wants to do, each with its line of help: here, so that `nps --help` imports nothing.
The module is `streams.cli.<name>`, the click command in it is its attribute `command`."""

_INTERRUPTED = 130
"""128 + SIGINT, as a shell says it."""


class Group(click.Group):
    """A group whose subcommands, those of SECTIONS, are imported when they are called.

    What a person can mend, or did on purpose, is no traceback: a bad setting is one line and exit status 2, Ctrl-C is
    quiet, and so is a reader of the output that went away.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Names in the order of SECTIONS."""
        return [name for section in SECTIONS.values() for name in section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the subcommand; None where there is none of that name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command = import_module(f"streams.cli.{cmd_name}").command
        assert isinstance(command, click.Command), f"streams.cli.{cmd_name}.command is no click command"
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands from SECTIONS alone."""
        width = max(len(name) for name in self.list_commands(ctx))
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(width), line) for name, line in commands.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the subcommand."""
        try:
            return super().invoke(ctx)
        except BadSetting as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(2)
        except KeyboardInterrupt:
            if sys.stderr.isatty():
                click.echo(err=True)  # the terminal shows ^C; the prompt belongs on a line of its own
            ctx.exit(_INTERRUPTED)


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Rolling NPS per brand and store, and detractor alerts, from survey responses on Kafka.

    \b
    New here?          nps demo
    On your own Kafka: export NPS_BROKERS=kafka:9092
                       nps topics create && nps worker

    Settings are NPS_* variables; `nps doctor` shows and checks them. Exit status: 0 done, 1 not done or not well,
    2 wrong arguments or settings; where a command means more by it, its own help says so.
    """  # noqa: D301 (\b keeps click from folding the lines)
