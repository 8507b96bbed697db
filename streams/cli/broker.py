import click


@click.group()
def command() -> None:
    """A real Kafka on this machine, for trying and testing. Not for production."""
