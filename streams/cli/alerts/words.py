"""Events of alerts and cases in the words of people, one line each."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from rich.text import Text

from streams.cli.format import printable
from streams.events.alert import Alert

STYLES: Final = {"P1": "bold red", "P2": "red", "P3": "yellow"}
ID_CHARACTERS: Final = 8
"""Of an alert's id are shown so many; they are enough to tell some 10,000 cases apart."""

_CHANGES: Final = {"comment": "a comment came", "contact": "contact data came"}
_RETRACTIONS: Final = {
    "not_detractor": "no detractor any more",
    "deleted": "the response was deleted",
    "excluded": "the response was excluded",
    "forgotten": "the customer is to be forgotten, erase what you hold of them",
}
_DISMISSALS: Final = {
    "not_reachable": "the customer cannot be reached",
    "no_contact_wanted": "the customer wants no contact",
    "duplicate": "it is a duplicate",
    "not_genuine": "it is no customer's answer",
    "not_ours": "it is not ours",
    "other": "for another reason",
}
_CHANNELS: Final = {"call": "by telephone", "message": "by message", "visit": "in person"}
_LEVELS: Final = {
    "acknowledge": "nobody acknowledged it in time",
    "warning": "half of the time is gone",
    "breach": "the customer was not contacted in time",
    "second": "the customer still was not contacted",
    "store_closed": "the store closed",
    "store_moved": "the store moved",
}
_ENDED: Final = frozenset({"resolved", "dismissed", "retracted", "expired"})


def describe(alert: Alert, written_s: float) -> Text:
    """Return an event as one line: when, how bad, where, what happened, until when to call whom, and what was said."""
    text = Text(f"{local(datetime.fromtimestamp(written_s, UTC))}  ", "dim")
    if alert.severity is None:
        text.append("     ")
    else:
        style = "dim" if alert.status in _ENDED or alert.kind == "retracted" else STYLES[alert.severity]
        text.append(f"{alert.severity} {'' if alert.score is None else alert.score:>2}", style)
    text.append(f"  {printable(alert.brand)} | {printable(alert.store)}", "bold")
    said = happened(alert)
    if said:
        text.append(f"  {said}")
    if alert.action is not None and alert.action.note is not None:
        text.append(f"  “{printable(alert.action.note)}”", "italic")
    if alert.kind != "retracted" and alert.response_id is not None:
        _append_customer(text, alert)
    return text


def happened(alert: Alert) -> str:
    """Return what happened to the alert, in words; nothing for one that is raised for the first time."""
    of = f" (alert {alert.generation + 1} of this response)" if alert.generation else ""
    return f"{_what(alert, again=bool(of))}{of}".strip()


def dismissal(reason: str | None) -> str:
    """Return why a case was dismissed, in words."""
    return _DISMISSALS.get(reason or "", printable(reason or "no reason given"))


def short(alert_id: str) -> str:
    """Return what people call an alert."""
    return alert_id[:ID_CHARACTERS]


def local(instant: datetime) -> str:
    """Return an instant in the time of this machine, to the minute."""
    return f"{instant.astimezone():%Y-%m-%d %H:%M}"


def _append_customer(text: Text, alert: Alert) -> None:
    if alert.due_at is not None:
        due = local(datetime.fromisoformat(alert.due_at))
        text.append(f"  {'was due' if alert.late else 'call back by'} {due}")
    if alert.customer_ref is not None:
        refused = "" if alert.contactable else " (no consent to contact)"
        text.append(f"  customer {printable(alert.customer_ref)}{refused}")
    if alert.link is not None:
        text.append(f"  {printable(alert.link)}", "underline")
    if alert.comment is not None:
        text.append(f"  “{printable(alert.comment)}”", "italic")
    elif alert.reason_missing:
        text.append("  no comment: ask why", "dim")


def _what(alert: Alert, *, again: bool) -> str:
    if alert.kind == "raised":
        return _raised(alert, again=again)
    words = _WORDS.get(alert.kind)
    return f"{printable(alert.kind)}{_by(alert)}" if words is None else words(alert)


def _raised(alert: Alert, *, again: bool) -> str:
    words = ["raised again"] if again else []
    if alert.case_id not in {None, alert.alert_id}:
        words.append(f"attached to {short(alert.case_id or '')}")
    if alert.held:
        words.append("held for the digest")
    return ", ".join(words)


def _change(alert: Alert, change: str) -> str:
    if change == "score":
        return f"score was {alert.previous_score}"
    if change == "note":
        return "a note"
    if change == "quality":
        quality = None if alert.action is None else alert.action.quality
        return f"the customer gave the reply {quality} of 5"
    return _CHANGES.get(change, printable(change))


def _retracted(alert: Alert) -> str:
    return f"retracted: {_RETRACTIONS.get(alert.reason or '', printable(alert.reason or 'no reason given'))}"


def _enriched(alert: Alert) -> str:
    return f"enriched: {', '.join(_change(alert, each) for each in alert.changes)}{_by(alert)}"


def _attached(alert: Alert) -> str:
    others = ", ".join(short(one.alert_id) for one in alert.alerts)
    return f"the same customer again: alert {others} is attached to {short(alert.alert_id)}"


def _contacted(alert: Alert) -> str:
    channel = None if alert.action is None else alert.action.channel
    return f"contacted{f' {_CHANNELS.get(channel, printable(channel))}' if channel else ''}{_by(alert)}"


def _escalated(alert: Alert) -> str:
    level = "" if alert.escalation is None else alert.escalation.level
    return f"{alert.kind}: {_LEVELS.get(level, printable(level))}, {printable(alert.owner)} is to act"


def _digest(alert: Alert) -> str:
    number = len(alert.alerts)
    return f"digest: {number:,} alert{'s' * (number != 1)} held in the last hour, for {printable(alert.owner)}"


def _by(alert: Alert) -> str:
    return "" if alert.action is None else f" by {printable(alert.action.actor)}"


_WORDS: Final[Mapping[str, Callable[[Alert], str]]] = {
    "retracted": _retracted,
    "enriched": _enriched,
    "attached": _attached,
    "contacted": _contacted,
    "dismissed": lambda alert: f"dismissed{_by(alert)}: {dismissal(alert.reason)}",
    "escalated": _escalated,
    "breached": _escalated,
    "expired": lambda _: "expired: nobody ended it",
    "digest": _digest,
}
