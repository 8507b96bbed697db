import getpass
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, get_args
from uuid import uuid4

import click

from streams.cli.alerts.reading import read_cases, the_case
from streams.cli.alerts.show import COMMANDS, moves_of
from streams.cli.alerts.words import happened, short
from streams.cli.format import printable
from streams.cli.kafka import NoKafka, run, settings_here
from streams.cluster.case_story import Case
from streams.cluster.outcome import Outcome, act
from streams.domain.arrival import FUTURE_MS_MAX
from streams.events.action import NOTE_CHARACTERS_MAX, Action, Channel, Dismissal, Doing, decode_action, encode_action
from streams.events.alert import encode_alert
from streams.events.rejected import Rejected
from streams.events.time import epoch_ms
from streams.settings import Settings

_WAIT_S: Final = 10.0
"""Several times what a worker needs, and less than what makes a person press Ctrl-C."""
_STATUSES: Final = {"moved": 0, "duplicate": 0, "refused": 1, "unanswered": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was typed."""

    alert_id: str
    doing: Doing
    actor: str
    at: datetime
    action_id: str
    channel: Channel | None
    reason: Dismissal | None
    note: str | None
    quality: int | None

    def action(self, case: Case, alert_id: str) -> Action | None:
        """The action, as it will be read; None where a worker would not take it."""
        action = Action(
            action_id=self.action_id,
            alert_id=alert_id,
            brand=case.brand,
            store=case.store,
            action=self.doing,
            at=self.at,
            actor=self.actor,
            channel=self.channel,
            reason=self.reason,
            note=self.note or None,
            quality=self.quality,
        )
        read = decode_action(encode_action(action))
        return None if isinstance(read, Rejected) else read


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of it: `outcome` is moved, duplicate, refused or unanswered, `words` say it to people."""

    outcome: str
    words: str
    case: Case
    action_id: str
    event: Any = None
    reason: str | None = None

    def document(self) -> dict[str, Any]:
        """The same for programs."""
        event = None if self.event is None else json.loads(encode_alert(self.event))
        return {
            "outcome": self.outcome,
            "action_id": self.action_id,
            "case_id": self.case.case_id,
            "status": self.case.status if self.event is None else self.event.status,
            "reason": self.reason,
            "event": event,
        }


def _instant(_context: click.Context, parameter: click.Parameter, value: str | None) -> datetime:
    """Read when it happened: with its offset, and not ahead of this machine's clock; now where nothing is said."""
    if value is None:
        return datetime.fromtimestamp(time.time(), UTC)
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        message = f"{value!r} is no instant with an offset such as 2026-11-22T17:41:05+01:00"
        raise click.BadParameter(message, param=parameter)
    if epoch_ms(at) > time.time() * 1000 + FUTURE_MS_MAX:
        message = f"{value} is more than five minutes ahead of this machine's clock"
        raise click.BadParameter(message, param=parameter)
    return at


def _text(characters_max: int) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    def check(_context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
        if value is not None and not 1 <= len(value) <= characters_max:
            message = f"1 to {characters_max:,} characters"
            raise click.BadParameter(message, param=parameter)
        return value

    return check


def _someone() -> str:
    return getpass.getuser()


_NOTE = "What is to be known about it; kept with the case, so name no customer."
_COMMON: Final = (
    click.option(
        "--actor", metavar="WHO", default=_someone, callback=_text(256), help="Who did it; else the login name."
    ),
    click.option("--at", metavar="TIME", callback=_instant, help="When, with an offset (RFC 3339); else now."),
    click.option(
        "--action-id",
        metavar="ID",
        callback=_text(256),
        help="Tells this action from all others: the same one sent twice counts once. Else a new one.",
    ),
    click.option(
        "--wait", "wait_s", metavar="SECONDS", type=click.FloatRange(min=0), default=_WAIT_S, show_default=True,
        help="How long to wait for the answer of a worker.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Say what became of it as one JSON document."),
)  # fmt: skip
_HELP: Final = """\b
Example:  {example}

ALERT_ID is that of any alert of the case; its first characters are enough where no other alert has them.

Exit status: 0 it is done, or was done already by an action of this id; 1 refused, the case does not allow it now; 2 not
sent, or no answer in time: it may be done yet, and the same --action-id makes sure that it is done once.
"""


def _command(doing: Doing, help_text: str, example: str, *options: Callable[[Any], Any]) -> click.Command:
    """Make the command for a move of the life of a case."""

    def run_it(*, alert_id: str, wait_s: float, as_json: bool, action_id: str | None, **words: Any) -> None:
        asked = Asked(
            alert_id=alert_id,
            doing=doing,
            action_id=action_id or str(uuid4()),
            **{"channel": None, "reason": None, "quality": None, "note": None, **words},
        )
        _act(asked, wait_s, as_json=as_json)

    name = COMMANDS[doing]
    for option in reversed((*options, *_COMMON)):
        run_it = option(run_it)
    run_it = click.argument("alert_id")(run_it)
    return click.command(name, help=f"{help_text}\n\n{_HELP.format(example=example)}")(run_it)


def _act(asked: Asked, wait_s: float, *, as_json: bool) -> None:
    settings = settings_here()
    try:
        case, alert_id = the_case(run(settings, read_cases(settings)), asked.alert_id)
        answer = _settled(asked, case) or _ask(settings, asked, case, alert_id, wait_s)
    except click.ClickException as error:
        error.exit_code = 2  # not sent, or not known to be
        raise
    if as_json:
        sys.stdout.write(json.dumps(answer.document(), ensure_ascii=False) + "\n")
    else:
        click.echo(answer.words, err=bool(_STATUSES[answer.outcome]))
    sys.exit(_STATUSES[answer.outcome])


def _settled(asked: Asked, case: Case) -> Answer | None:
    """Answer what needs no worker: what was done already, and what the case does not allow as it stands."""
    here = _here(case)
    if asked.action_id in case.actions:
        words = f"{here}: an action of this id was taken already; the case is {case.status}."
        return Answer(outcome="duplicate", words=words, case=case, action_id=asked.action_id)
    if COMMANDS[asked.doing] not in moves_of(case):
        words = f"{here} is {case.status}: {_instead(case)}"
        return Answer(outcome="refused", words=words, case=case, action_id=asked.action_id, reason="illegal_transition")
    return None


def _ask(settings: Settings, asked: Asked, case: Case, alert_id: str, wait_s: float) -> Answer:
    """Send the action, and see what became of it."""
    action = asked.action(case, alert_id)
    if action is None:
        raise click.UsageError("a worker would not take this: is there a character in it that no text may hold?")
    try:
        outcome = run(settings, act(settings, action, wait_s))
    except NoKafka as error:
        error.message += f" It may be sent; with --action-id {action.action_id} it can be repeated, and is done once."
        raise
    return _answer(outcome, case, action)


def _here(case: Case) -> str:
    return f"{short(case.case_id)} ({printable(case.brand)} | {printable(case.store)})"


def _answer(outcome: Outcome, case: Case, action: Action) -> Answer:
    here = _here(case)
    if outcome.event is not None:
        words = f"{here}: {happened(outcome.event)}. The case is {outcome.event.status}."
        return Answer(outcome="moved", words=words, case=case, action_id=action.action_id, event=outcome.event)
    if outcome.refused is not None:
        words = f"{here}: refused, {_REFUSALS.get(outcome.refused, outcome.refused)}."
        return Answer(outcome="refused", words=words, case=case, action_id=action.action_id, reason=outcome.refused)
    words = (
        f"{here}: sent, but no worker has answered yet. It is done when one reads it; to be sure, repeat it with "
        f"--action-id {action.action_id}."
    )
    return Answer(outcome="unanswered", words=words, case=case, action_id=action.action_id)


_REFUSALS: Final = {
    "illegal_transition": "the case does not allow it any more: see `nps alerts show`",
    "timestamp_in_future": "the time is ahead of Kafka's clock",
}


def _instead(case: Case) -> str:
    moves = moves_of(case)
    return f"what it allows now is {', '.join(moves)}." if moves else "nothing more can be done with it."


_note = click.option("--note", metavar="TEXT", callback=_text(NOTE_CHARACTERS_MAX), help=_NOTE)
ACTIONS: Final = (
    _command("acknowledged", "Say that somebody looks after a case.", "nps alerts ack 3f2a9c1e", _note),
    _command(
        "contacted",
        "Say that the customer was contacted: this is what the 48 hours are for.",
        'nps alerts contact 3f2a9c1e --channel call --note "Apologised for the queue"',
        click.option("--channel", type=click.Choice(get_args(Channel)), required=True, help="How."),
        _note,
    ),
    _command("resolved", "Say that a case is settled.", "nps alerts resolve 3f2a9c1e", _note),
    _command(
        "dismissed",
        "End a case without contacting the customer, for a reason.",
        "nps alerts dismiss 3f2a9c1e --reason not_reachable",
        click.option("--reason", type=click.Choice(get_args(Dismissal)), required=True, help="Why."),
        _note,
    ),
    _command("reopened", "Take up again a case that had ended.", "nps alerts reopen 3f2a9c1e", _note),
    _command(
        "noted",
        "Add a note to a case.",
        'nps alerts note 3f2a9c1e --note "Asked the store manager for the receipt"',
        click.option("--note", metavar="TEXT", callback=_text(NOTE_CHARACTERS_MAX), required=True, help=_NOTE),
    ),
    _command(
        "rated",
        "Say how the customer rated the reply, 1 (bad) to 5 (good).",
        "nps alerts rate 3f2a9c1e --quality 4",
        click.option("--quality", type=click.IntRange(1, 5), required=True, help="1 to 5."),
        _note,
    ),
)
"""One command for each thing that people do."""
