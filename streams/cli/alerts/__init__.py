import click

from streams.cli.alerts.act import ACTIONS
from streams.cli.alerts.listing import list_cases
from streams.cli.alerts.show import show
from streams.cli.alerts.tail import tail


@click.group()
def command() -> None:
    """Detractor alerts, the cases that they open, and what people do about them.

    An alert opens a case, or is attached to the open case of the same customer at the same store. The case is open
    until somebody acknowledges it, contacts the customer and resolves it, or dismisses it; the customer is to be
    contacted within 48 hours of the answer.

    \b
    In the morning:  nps alerts list
                     nps alerts show 3f2a9c1e
                     nps alerts contact 3f2a9c1e --channel call --note "Till 3 was broken, voucher sent"
                     nps alerts resolve 3f2a9c1e
    """  # noqa: D301 (\b keeps click from folding the lines)


for each in (tail, list_cases, show, *ACTIONS):
    command.add_command(each)
