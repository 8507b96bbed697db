"""The `nps` command. Each subcommand lives in a module of its own and is imported when it is called."""

from importlib import import_module

import click

# Name of the subcommand: its line of help, here so that `nps --help` imports nothing. The module is
# `streams.cli.<name>`, the click command in it is its attribute `command`.
COMMANDS = {
    "broker": "A real Kafka on this machine, for trying and testing.",
}


class LazyGroup(click.Group):
    """A group whose subcommands, those of COMMANDS, are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Names in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (click's signature)
        """Import the subcommand; None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"streams.cli.{cmd_name}").command
        assert isinstance(command, click.Command), f"streams.cli.{cmd_name}.command is no click command"
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (click's signature)
        """List the subcommands from COMMANDS alone."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Rolling NPS per brand and store, and detractor alerts, from survey responses on Kafka."""
